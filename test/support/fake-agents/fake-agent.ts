import type { Invocation, Rig } from "../rig.ts";

/** One turn of an agent controlled by the test. */
export interface FakeTurn {
  prompt: string;
  /** The session that it continues. */
  session_id: string | undefined;
  /** What the agent received besides the prompt: its arguments, or the request body. */
  request: string;
  /** Reports the start of the session. */
  startSession(): void;
  say(text: string): void;
  /** Calls a tool and does not finish it; undefined for a model without tools. */
  callTool: (() => void) | undefined;
  /** Sends this message and reports that the turn is completed. */
  complete(text: string): void;
  /** Fails the turn with this status and message of the endpoint. */
  fail(status: number, message: string): void;
  /** Fails the turn after a first message; the agent itself ends normally. */
  failMidTurn(message: string): void;
  /** Prints everything that an adapter must ignore. */
  printNoise(): void;
  /** Prints an unknown event with this many bytes. */
  printLongEvent(bytes: number): void;
  /** Starts the session and sends this message, split inside a line and inside a character; `between` runs at the split. */
  sayInPieces(text: string, between: () => Promise<void>): Promise<void>;
  exit(exit_code: number): void;
  /** Ends as if killed with SIGKILL. */
  die(): void;
  gone: Promise<void>;
}

/** An agent controlled by a test. */
export interface FakeAgent {
  /** Its entry in `config.agents`. */
  config: object;
  env: Record<string, string>;
  next(): Promise<FakeTurn>;
  close(): Promise<void>;
}

/** An adapter, and what differs between adapters in tests. */
export interface TestAdapter {
  open(rig: Rig): Promise<FakeAgent>;
  /** Whether it runs a process; otherwise it calls an endpoint. */
  is_process: boolean;
  /** Whether it can continue a session; the others get the history in the prompt. */
  has_sessions: boolean;
  /** Whether its messages arrive in chunks. */
  streams_chunks: boolean;
  /** How `output_schema` appears in `request`; undefined if it is in the prompt. */
  schema_pattern?: RegExp;
}

/** Lines without a meaning in any format. */
export const noise_lines = [
  "Warning: nothing",
  "{broken",
  "[1]",
  "null",
  "",
  "\u0000\u0007",
  '{"type":7}',
  "{}",
  '{"type":"unheard-of","message":{"content":[{"type":"text","text":"Not me."}]}}',
];

/** Returns the part of a turn that is the same for every process. */
export function processTurn(invocation: Invocation): Pick<FakeTurn, "exit" | "die" | "gone"> {
  const { pid, gone, exit } = invocation;
  return { gone, exit, die: () => void process.kill(pid, "SIGKILL") };
}

/** Prints a line in two pieces, split inside its first non-ASCII character. */
export async function printInPieces(invocation: Invocation, line: string, between: () => Promise<void>): Promise<void> {
  const bytes = Buffer.from(`${line}\n`);
  const inside = bytes.findIndex((byte) => byte >= 0x80) + 1;
  invocation.print(bytes.subarray(0, inside));
  await between();
  invocation.print(bytes.subarray(inside));
}
