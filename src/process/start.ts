import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf, systemCode } from "#errors";
import { type Command, type Leader, programOf } from "./command.ts";
import { mayExecute } from "./find-program.ts";
import { openPosixSpawn } from "./posix-spawn.ts";

/** A command that never was: why, as the system and as a sentence without its full stop. */
export interface StartFailure {
  type: "not_started";
  code: string | undefined;
  message: string;
}

/** A command that was started, or why it was not. */
export type Started = { leader: Leader } | { error: unknown };

/**
 * Starts a command in a session and group of its own; stopping it, and what it prints, are the caller's. However that is
 * done, it has its descriptors when the promise is returned.
 */
export async function startCommand(command: Command, env: Command["env"]): Promise<Started> {
  const leader = openPosixSpawn()?.(command, env);
  return leader === undefined ? startByNode(command, env) : { leader };
}

/** Node's own `spawn`: a library has nothing to do where nothing passes through Node, and execa adds half as much again. */
export async function startByNode(command: Command, env: Command["env"]): Promise<Started> {
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
      return {
        leader: {
          pid,
          onExit: (listener) => void child.once("exit", (exit_code, signal) => listener({ exit_code, signal })),
          unref: () => child.unref(),
        },
      };
    }
    const [error] = await once(child, "error");
    return { error };
  } catch (error) {
    // Some refusals are thrown: arguments that are too long, a NUL in one of them.
    return { error };
  }
}

/** Says why a command could not be started. The system says ENOENT for more than one missing thing. */
export function explainStartFailure(command: Command, error: unknown): StartFailure {
  const { cwd } = command;
  const [file = ""] = programOf(command);
  const code = systemCode(error);
  const because = (message: string): StartFailure => ({ type: "not_started", code, message });
  const folder = statSync(cwd, { throwIfNoEntry: false });
  if (folder === undefined) return because(`The folder ${cwd} does not exist`);
  if (!folder.isDirectory()) return because(`${cwd} is not a folder`);
  // Not the program's permissions are to be mended.
  if (code === "EACCES" && !mayExecute(cwd))
    return { type: "not_started", code: "ENOTDIR", message: `The folder ${cwd} may not be entered` };
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
