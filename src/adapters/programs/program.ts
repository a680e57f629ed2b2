import type { AgentEvent } from "#agents";
import type { Permissions } from "../turn/permissions.ts";
import type { ReportedFailure, TurnState } from "../turn/turn-state.ts";
import type { Fields } from "../turn/untyped-json.ts";

/** One start of an agent's program. */
export interface Turn {
  /** The session to continue. */
  session_id: string | undefined;
  model: string | undefined;
  permissions: Permissions;
  /** What the output must fit, and a file that holds it. */
  schema: { value: unknown; file: string } | undefined;
  /** Most that the turn may spend. */
  budget_usd: number | undefined;
  /** Folders whose own settings, hooks and servers the user trusts. */
  trusted: readonly string[];
}

/** A file of a program's own: in the folder that a variable names, else in one below the user's home. */
export interface OwnFile {
  variable: string;
  folder: string;
  name: string;
}

/** A vendor's program that works without a terminal and prints one JSON object a line. */
export interface Program {
  name: string;
  /** As people call it. */
  title: string;
  /** Its file on PATH, and the npm package that it comes in. */
  file: string;
  package_name: string;
  /** The first version that knows every flag that is used here. */
  least_version: string;
  /** Variables of the environment that are its own start with these. */
  env_prefixes: readonly string[];
  /** Whether it tells what it has spent; for the others the user's price table does. */
  tells_cost: boolean;
  /** How to sign in, as a sentence. */
  sign_in: string;
  /** What tells that somebody has: a variable that is set, or a file. */
  credentials: { variables: readonly string[]; file: OwnFile };
  /** What its first start makes: two at once would break each other's. */
  first_start_makes?: OwnFile;
  capabilities: readonly string[];
  /** Whether it can hold the model to this schema; others are asked for in the prompt. */
  enforces(schema: unknown): boolean;
  /** The prompt is its standard input. */
  start(turn: Turn): { args: readonly string[]; env?: Readonly<Record<string, string>> };
  /** Enters one line of the stream; what it does not know it passes over. */
  take(event: Fields, account: TurnState): AgentEvent[];
  /** What it says on stderr of a failure that the stream does not explain. */
  explain?(failure: ReportedFailure, stderr: string): string | undefined;
}
