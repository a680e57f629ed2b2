import type { ChildProcess } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { execa } from "execa";
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

/** A command that was started, or why it was not. */
export type Started = { child: ChildProcess; leader: number } | { error: unknown };

/** Starts a command in a session and group of its own; stopping it, and what it prints, are the caller's. */
export async function startChild(command: Command, env: Command["env"]): Promise<Started> {
  const [file = "", args] = programOf(command);
  const running = execa(file, args, {
    cwd: command.cwd,
    env,
    extendEnv: false,
    // Any open descriptor does; the types know the standard ones only.
    stdio: [command.stdin ?? "ignore", command.stdout, command.stderr] as unknown as ["ignore", "ignore", "ignore"],
    buffer: false,
    detached: true,
    cleanup: false,
    reject: false,
  });
  const { nodeChildProcess: child, pid } = running;
  if (pid !== undefined) return { child, leader: pid };
  return { error: (await running).cause };
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
