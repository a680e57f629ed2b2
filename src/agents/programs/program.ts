import type { Usage } from "#events";
import type { AgentEvent } from "../agent.ts";
import type { MessageStream } from "./message-stream.ts";
import type { Fields } from "./untyped-json.ts";

/** What an agent may do: look; change files inside the workspace; everything. */
export const permissions = ["read-only", "edit", "full"] as const;

/** One of `permissions`. */
export type Permissions = (typeof permissions)[number];

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

/** What an agent says of its own failure. */
export interface ReportedFailure {
  message: string;
  /** Of the model's endpoint. */
  http_status?: number | undefined;
  /** When it may be asked again; milliseconds since 1970. */
  retry_at?: number | undefined;
  /** Where the agent itself names the kind: what it might spend is spent, or it found nothing that fits the schema. */
  error_kind?: "budget" | "invalid_output" | undefined;
  /** By which its log says more of it. */
  reference?: string | undefined;
}

/** What the stream has told so far. */
export interface TurnState extends MessageStream {
  session_id: string | undefined;
  model: string | undefined;
  /** The model has said something, or called a tool; some tell the number of its turns only at the end. */
  has_spoken: boolean;
  usage: Usage | undefined;
  /** What the session that it goes on with had spent before, and has spent now; of those that count by session. */
  session_before: Usage | undefined;
  session_usage: Usage | undefined;
  /** Output that the agent itself has fitted to the schema. */
  structured: { value: unknown } | undefined;
  /** It has said that its turn is completed. */
  is_completed: boolean;
  failure: ReportedFailure | undefined;
  /** Tools that it was not allowed to use. */
  refused: Set<string>;
  /** As the agent names them. */
  files_changed: Set<string>;
  /** Files that a tool was called to change, by the call's id; whether it did is told later. */
  changing: Map<string, string>;
}

/** An account of nothing. */
export const createTurnState = (): TurnState => ({
  session_id: undefined,
  model: undefined,
  turns: 0,
  has_spoken: false,
  usage: undefined,
  session_before: undefined,
  session_usage: undefined,
  text: undefined,
  is_speaking: false,
  unsaid: "",
  structured: undefined,
  is_completed: false,
  failure: undefined,
  refused: new Set(),
  files_changed: new Set(),
  changing: new Map(),
});

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
