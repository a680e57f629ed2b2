import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { messageOf, systemCode } from "#errors";

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

/** A command that never was: why, as the system and as a sentence without its full stop. */
export interface NotStarted {
  type: "not_started";
  code: string | undefined;
  message: string;
}

/** A command that was started, or why it was not. */
export type Started = { child: ChildProcess; leader: number } | { error: unknown };

/**
 * Starts a command in a session and group of its own; stopping it, and what it prints, are the caller's. Node's own
 * `spawn`: a library has nothing to do where nothing passes through Node, and execa costs half as much again as the start
 * itself: 0.5 ms and 30 MB over 1,000 commands; every megabyte makes each further fork slower.
 */
export async function startChild(command: Command, env: Command["env"]): Promise<Started> {
  const [file = "", args] = programOf(command);
  try {
    const { onPipes, stdin = "ignore", stdout, stderr } = command;
    const stdio: StdioOptions =
      onPipes === undefined ? [typeof stdin === "object" ? "pipe" : stdin, stdout, stderr] : ["pipe", "pipe", stderr];
    const child: ChildProcess = spawn(file, args, { cwd: command.cwd, env, stdio, detached: true });
    const { pid } = child;
    if (pid !== undefined) {
      // A signal that could not be sent is an event too, and whether it was is asked elsewhere.
      child.on("error", () => {});
      // Who no longer listens has ended or is about to, and that is told by its end.
      if (typeof stdin === "object" && child.stdin !== null) stdin.pipe(child.stdin.on("error", () => {}));
      if (child.stdin !== null && child.stdout !== null) onPipes?.({ stdin: child.stdin, stdout: child.stdout });
      return { child, leader: pid };
    }
    const [error] = await once(child, "error");
    return { error };
  } catch (error) {
    // Some refusals are thrown: arguments that are too long, a NUL in one of them.
    return { error };
  }
}

function programOf({ command }: Command): [file: string | undefined, args: readonly string[]] {
  return typeof command === "string" ? ["/bin/sh", ["-c", command]] : [command[0], command.slice(1)];
}

/** Says why a command could not be started. The system says ENOENT for more than one missing thing. */
export function notStarted(command: Command, error: unknown): NotStarted {
  const { cwd } = command;
  const [file = ""] = programOf(command);
  const code = systemCode(error);
  const because = (message: string): NotStarted => ({ type: "not_started", code, message });
  const folder = statSync(cwd, { throwIfNoEntry: false });
  if (folder === undefined) return because(`The folder ${cwd} does not exist`);
  if (!folder.isDirectory()) return because(`${cwd} is not a folder`);
  switch (code) {
    case "ENOENT":
      return file.includes("/") && existsSync(resolve(cwd, file))
        ? because(`The program ${file} cannot run, because the interpreter in its first line was not found`)
        : because(`The program ${file} was not found`);
    case "EACCES":
      return because(`The program ${file} may not be executed`);
    case "E2BIG":
      return because(`The arguments and environment of ${file} are too long for the system`);
    default:
      return because(`The program ${file} could not be started: ${messageOf(error)}`);
  }
}
