import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf, systemCode } from "#errors";

/** A command to start. */
export interface Command {
  /** The program and its arguments, or a script for /bin/sh. */
  command: string | readonly string[];
  /** Absolute. */
  cwd: string;
  /** The whole environment; the token is added. */
  env: Readonly<Record<string, string | undefined>>;
  /** Open file descriptors; `stdin` is empty without one. They stay the caller's to close, once `run` has returned. */
  stdin?: number;
  stdout: number;
  stderr: number;
}

/** A command that never was: why, as the system and as a sentence without its full stop. */
export interface NotStarted {
  type: "not_started";
  code: string | undefined;
  message: string;
}

/**
 * Starts a command in a session and group of its own. It throws, or the child has no `pid` and an `error` event to come,
 * where the system refuses. Node's own `spawn`: execa takes 0.7 ms more to start a child, as long as the child itself,
 * and none of what it adds is wanted where output goes to files and stopping is ours.
 */
export function startChild(command: Command, env: Command["env"]): ChildProcess {
  const [file = "", args] = programOf(command);
  return spawn(file, args, {
    cwd: command.cwd,
    env,
    stdio: [command.stdin ?? "ignore", command.stdout, command.stderr],
    detached: true,
  });
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
