import type { Readable, Writable } from "node:stream";

/** A command to start. */
export interface Command {
  /** The program and its arguments, or a script for /bin/sh. */
  command: string | readonly string[];
  /** Working folder; absolute. */
  cwd: string;
  /** The whole environment; the supervisor adds the token. */
  env: Readonly<Record<string, string | undefined>>;
  /** Standard input: an open file descriptor, or a stream that is piped to the command; empty by default. */
  stdin?: number | Readable;
  /** Open file descriptors. The caller closes them once `run` has returned. */
  stdout: number;
  stderr: number;
  /** Receives pipes to the command's input and output; `stdin` and `stdout` are then ignored. */
  onPipes?: (pipes: { stdin: Writable; stdout: Readable }) => void;
}

/** How a command's first process ended; both fields are null when that is unknown. */
export interface LeaderEnd {
  exit_code: number | null;
  signal: string | null;
}

/** A command's first process. */
export interface Leader {
  pid: number;
  /** Calls the listener once, when the process has ended; one listener only. */
  onExit(listener: (end: LeaderEnd) => void): void;
  /** Lets dispatch exit before this process ends. */
  unref(): void;
}

/** Returns the program that a command starts, and its arguments. */
export function programOf({ command }: Command): [file: string | undefined, args: readonly string[]] {
  return typeof command === "string" ? ["/bin/sh", ["-c", command]] : [command[0], command.slice(1)];
}
