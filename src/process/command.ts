import type { Readable, Writable } from "node:stream";

/** A command to start. */
export interface Command {
  /** The program and its arguments, or a script for /bin/sh. */
  command: string | readonly string[];
  /** Absolute. */
  cwd: string;
  /** The whole environment; the token is added. */
  env: Readonly<Record<string, string | undefined>>;
  /** What it reads: an open file descriptor, or a stream that is passed on to it as it comes; empty without one. */
  stdin?: number | Readable;
  /** Open file descriptors. They stay the caller's to close, once `run` has returned. */
  stdout: number;
  stderr: number;
  /** Speaks with it instead: its input and output are pipes, `stdin` and `stdout` count for nothing. */
  onPipes?: (pipes: { stdin: Writable; stdout: Readable }) => void;
}

/** How a command's first process ended; without a number and a signal when nobody can tell. */
export interface LeaderEnd {
  exit_code: number | null;
  signal: string | null;
}

/** A command's first process. */
export interface Leader {
  pid: number;
  /** Tells its end, once; one listener. */
  onExit(listener: (end: LeaderEnd) => void): void;
  /** It is given up: dispatch may end before it. */
  unref(): void;
}

/** The program that a command starts, and its arguments. */
export function programOf({ command }: Command): [file: string | undefined, args: readonly string[]] {
  return typeof command === "string" ? ["/bin/sh", ["-c", command]] : [command[0], command.slice(1)];
}
