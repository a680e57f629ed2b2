import type { AgentEvent } from "#agents";
import type { Permissions } from "../turn/permissions.ts";
import type { ReportedFailure, TurnState } from "../turn/turn-state.ts";
import type { Fields } from "../turn/untyped-json.ts";

/** What one start of an agent's program must do. */
export interface TurnRequest {
  /** The session to continue. */
  session_id: string | undefined;
  model: string | undefined;
  permissions: Permissions;
  /** The output schema, and a file that holds it. */
  schema: { value: unknown; file: string } | undefined;
  /** Most the turn may spend; US dollars. */
  budget_usd: number | undefined;
  /** Folders whose settings, hooks and servers the user trusts. */
  trusted_folders: readonly string[];
}

/** A file that a program keeps: in the folder named by a variable, else in `folder` below the user's home. */
export interface ProgramFile {
  variable: string;
  folder: string;
  name: string;
}

/** A vendor's command-line agent that runs without a terminal and prints one JSON object per line. */
export interface Program {
  name: string;
  /** Name for people. */
  title: string;
  /** Its executable on PATH, and its npm package. */
  file: string;
  package_name: string;
  /** First version that accepts every flag dispatch uses. */
  min_version: string;
  /** Prefixes of its own environment variables. */
  env_prefixes: readonly string[];
  /** Whether it reports its cost; for the others, dispatch computes it from the user's price table. */
  reports_cost: boolean;
  /** How to sign in; a sentence. */
  sign_in: string;
  /** What shows that the user is signed in: any of these variables, or this file. */
  credentials: { variables: readonly string[]; file: ProgramFile };
  /** File that its first start creates; two first starts at once would break each other. */
  first_start_file?: ProgramFile;
  capabilities: readonly string[];
  /** Returns whether it can enforce this schema; a schema that it cannot enforce goes into the prompt. */
  enforces(schema: unknown): boolean;
  /** Returns its arguments and environment. The prompt goes to its standard input. */
  start(request: TurnRequest): { args: readonly string[]; env?: Readonly<Record<string, string>> };
  /** Applies one line of the stream to the turn and returns the events. It ignores unknown types. */
  handle(event: Fields, turn: TurnState): AgentEvent[];
  /** Finds the explanation on stderr of a failure that the stream does not explain. */
  explainFailure?(failure: ReportedFailure, stderr: string): string | undefined;
}
