import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { messageOf, systemCode } from "#errors";
import { mayExecute } from "#files";
import { type Command, type Leader, programOf } from "./command.ts";
import type { PosixSpawn } from "./posix-spawn.ts";

/** Why a command could not be started: the system's error code, and a sentence without its full stop. */
export interface StartFailure {
  type: "not_started";
  code: string | undefined;
  message: string;
}

/** A started command, or the error that prevented the start. */
export type Started = { leader: Leader } | { error: unknown };

/**
 * Starts a command in its own session and process group, by `posixSpawn` if given, else by Node. The caller stops it and
 * handles its output.
 * The child holds its descriptors by the time the promise is returned, so the caller may close its copies.
 */
export async function startCommand(
  command: Command,
  env: Command["env"],
  posixSpawn: PosixSpawn | undefined,
): Promise<Started> {
  const leader = posixSpawn?.(command, env);
  return leader === undefined ? startByNode(command, env) : { leader };
}

/** Starts a command with Node's own `spawn`. No output passes through Node, so execa would only add half the cost again. */
export async function startByNode(command: Command, env: Command["env"]): Promise<Started> {
  const [file = "", args] = programOf(command);
  try {
    const { onPipes, stdin = "ignore", stdout, stderr } = command;
    const stdio: StdioOptions =
      onPipes === undefined ? [typeof stdin === "object" ? "pipe" : stdin, stdout, stderr] : ["pipe", "pipe", stderr];
    const child: ChildProcess = spawn(file, args, { cwd: command.cwd, env, stdio, detached: true });
    const { pid } = child;
    if (pid !== undefined) {
      // Node also reports a signal that could not be sent here; the supervisor checks that itself.
      child.on("error", () => {});
      // A broken pipe means that the child has ended or is about to; its exit event reports that.
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
    // Node throws for some errors, such as arguments that are too long or contain a NUL.
    return { error };
  }
}

/** Explains why a command could not be started. The system returns ENOENT for more than one missing thing. */
export function explainStartFailure(command: Command, error: unknown): StartFailure {
  const { cwd } = command;
  const [file = ""] = programOf(command);
  const code = systemCode(error);
  const failure = (message: string): StartFailure => ({ type: "not_started", code, message });
  const folder = statSync(cwd, { throwIfNoEntry: false });
  if (folder === undefined) return failure(`The folder ${cwd} does not exist`);
  if (!folder.isDirectory()) return failure(`${cwd} is not a folder`);
  // The folder's permissions are the problem, not the program's.
  if (code === "EACCES" && !mayExecute(cwd))
    return { type: "not_started", code: "ENOTDIR", message: `The folder ${cwd} cannot be entered: permission denied` };
  switch (code) {
    case "ENOENT":
      return file.includes("/") && existsSync(resolve(cwd, file))
        ? failure(`The program ${file} cannot run: the interpreter named in its first line was not found`)
        : failure(`The program ${file} was not found`);
    case "EACCES":
      return failure(`The program ${file} is not executable`);
    case "E2BIG":
      return failure(`The arguments and environment of ${file} are too long for the system`);
    default:
      return failure(`The program ${file} could not be started: ${messageOf(error)}`);
  }
}
