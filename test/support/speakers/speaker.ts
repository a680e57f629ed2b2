import type { Invocation, Rig } from "../rig.ts";

/** One turn of an agent that the test speaks for. */
export interface Turn {
  prompt: string;
  /** The session that it goes on in. */
  continues: string | undefined;
  /** What was asked of the agent beside the prompt: its command line, or the request. */
  asked: string;
  /** The session begins. */
  begins(): void;
  says(text: string): void;
  /** Calls a tool and waits for it; a model without tools has none. */
  callsTool: (() => void) | undefined;
  /** Says this, and that the turn is completed. */
  completes(text: string): void;
  /** Ends the turn as its endpoint's status and message make it fail. */
  fails(status: number, message: string): void;
  /** Fails when the turn has begun; the agent itself ends as if nothing were wrong. */
  failsMidway(message: string): void;
  /** Everything that means nothing to who reads the stream. */
  babbles(): void;
  /** Prints an event that nobody knows, with so many bytes in it. */
  printsLong(bytes: number): void;
  /** Begins and says this, in pieces that end inside a line and inside a character; `between` is called there. */
  saysSlowly(text: string, between: () => Promise<void>): Promise<void>;
  exit(exit_code: number): void;
  /** Goes as if SIGKILL had hit it. */
  dies(): void;
  gone: Promise<void>;
}

/** An adapter whose agent a test speaks for. */
export interface Speaker {
  /** What `config.agents` says of it. */
  config: object;
  env: Record<string, string>;
  next(): Promise<Turn>;
  close(): Promise<void>;
}

/** What is different from adapter to adapter, and so for the tests. */
export interface Adapter {
  open(rig: Rig): Promise<Speaker>;
  /** It is a process, and not an endpoint. */
  is_process: boolean;
  /** It can go on in a session; the others are told the story again. */
  has_sessions: boolean;
  /** Its messages come in pieces. */
  speaks_in_pieces: boolean;
  /** What it is to be given where `output_schema` is not part of the prompt. */
  enforces?: RegExp;
}

/** Lines that no agent means anything by. */
export const babble = [
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

/** What a process does, whatever it speaks. */
export function processTurn(invocation: Invocation): Pick<Turn, "exit" | "dies" | "gone"> {
  const { pid, gone, exit } = invocation;
  return { gone, exit, dies: () => void process.kill(pid, "SIGKILL") };
}

/** Prints a line in two pieces, cut inside its first character that is no ASCII. */
export async function printSlowly(invocation: Invocation, line: string, between: () => Promise<void>): Promise<void> {
  const bytes = Buffer.from(`${line}\n`);
  const inside = bytes.findIndex((byte) => byte >= 0x80) + 1;
  invocation.print(bytes.subarray(0, inside));
  await between();
  invocation.print(bytes.subarray(inside));
}
