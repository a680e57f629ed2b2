import { randomBytes } from "node:crypto";
import { statSync } from "node:fs";
import { execa } from "execa";
import { messageOf, systemCode } from "#errors";
import { liveMembers, type ProcessTree, signalTree } from "./tree.ts";
import { startWatcher, type Watcher } from "./watcher.ts";

/** Name of the environment variable by which a tree's members are known. */
export const token_variable = "DISPATCH_TOKEN";

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

/** How a command's first process ended; its tree is gone too. */
export type ProcessEnd = (
  | { type: "exited"; exit_code: number }
  | { type: "signalled"; signal: string }
  | { type: "not_started"; code: string | undefined; message: string }
) & {
  /** It ended after dispatch had begun to stop it. */
  stopped: boolean;
  /** Who was left behind, and who could not be ended. */
  warnings: string[];
};

/** Starts commands and answers for their whole trees. */
export interface Supervisor {
  /**
   * Runs a command to the end of its whole tree. When `signal` aborts, the tree is stopped: SIGTERM, the grace, SIGKILL.
   * Never rejects. The descriptors may be closed as soon as this has returned its promise.
   */
  run(command: Command, signal: AbortSignal): Promise<ProcessEnd>;
  /** From now on every stop is a SIGKILL, those under way included. */
  killNow(): void;
  /** Lets the watcher go. Nothing may be running. */
  close(): void;
}

/** Options of `createSupervisor`, in milliseconds. */
export interface SupervisorOptions {
  /** Between SIGTERM and SIGKILL. */
  grace_ms?: number;
  /** How long those may stay whom a leader left behind. */
  linger_ms?: number;
}

/** How long SIGKILL may take before the survivors are named and given up. */
const give_up_ms = 5000;

/** Makes a supervisor; its watcher starts with the first command. */
export function createSupervisor(options: SupervisorOptions = {}): Supervisor {
  const { grace_ms = 5000, linger_ms = 1000 } = options;
  const start_token = randomBytes(9).toString("base64url");
  const kill_now = new AbortController();
  let watcher: Watcher | undefined;
  let started = 0;

  /** Waits until the tree is gone, at most `ms`; a `wake` cuts it short. */
  async function gone(tree: ProcessTree, ms: number, wake?: AbortSignal): Promise<boolean> {
    const until = performance.now() + ms;
    for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
      if (liveMembers(tree).length === 0) return true;
      if (performance.now() >= until || wake?.aborted) return false;
      await pauseFor(pause, wake);
    }
  }

  async function stop(tree: ProcessTree): Promise<string[]> {
    const refused = new Set<number>();
    if (!kill_now.signal.aborted) {
      for (const pid of signalTree(tree, "SIGTERM")) refused.add(pid);
      if (await gone(tree, grace_ms, kill_now.signal)) return [];
    }
    // A tree can grow while it is being killed, so it is killed until nothing is left.
    const until = performance.now() + give_up_ms;
    while (performance.now() < until) {
      for (const pid of signalTree(tree, "SIGKILL")) refused.add(pid);
      if (await gone(tree, 200)) return [];
    }
    const why = refused.size > 0 ? "it belongs to another user" : "SIGKILL did not end it";
    return liveMembers(tree).map((pid) => `Process ${pid} is still there: ${why}. End it by hand.`);
  }

  async function run(command: Command, signal: AbortSignal): Promise<ProcessEnd> {
    const token = `${start_token}.${++started}`;
    const outer = process.env[token_variable];
    const env = { ...command.env, [token_variable]: outer === undefined ? token : `${outer}/${token}` };
    watcher ??= startWatcher(start_token);
    const [file, args] =
      typeof command.command === "string"
        ? ["/bin/sh", ["-c", command.command]]
        : [command.command[0] ?? "", command.command.slice(1)];
    const child = execa(file, args, {
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
    const leader = child.pid;
    if (leader === undefined) {
      const { cause, code } = await child;
      return { type: "not_started", ...whyNotStarted(command.cwd, file, code, cause), stopped: false, warnings: [] };
    }
    watcher.add(leader);
    const tree: ProcessTree = { leader, token };
    let stopping: Promise<string[]> | undefined;
    const end = await new Promise<{ exit_code: number | null; signal: string | null }>((resolve) => {
      const onAbort = (): void => {
        stopping ??= stop(tree);
      };
      child.nodeChildProcess.once("exit", (exit_code, by) => {
        signal.removeEventListener("abort", onAbort);
        resolve({ exit_code, signal: by });
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
    const warnings = stopping === undefined ? await endLeftovers(tree, signal) : await stopping;
    watcher.remove(leader);
    const how = { stopped: stopping !== undefined, warnings };
    return end.exit_code === null
      ? { type: "signalled", signal: end.signal ?? "unknown", ...how }
      : { type: "exited", exit_code: end.exit_code, ...how };
  }

  /** The leader has exited by itself; whoever is left has `linger_ms`. */
  async function endLeftovers(tree: ProcessTree, signal: AbortSignal): Promise<string[]> {
    const left = liveMembers(tree);
    if (left.length === 0) return [];
    const wake = AbortSignal.any([signal, kill_now.signal]);
    if (await gone(tree, linger_ms, wake)) return [];
    const names = left.length === 1 ? `process ${left[0]}` : `processes ${left.join(", ")}`;
    return [`The command exited and left ${names} running, which dispatch ended.`, ...(await stop(tree))];
  }

  return {
    run,
    killNow: () => kill_now.abort(),
    close: () => watcher?.close(),
  };
}

function pauseFor(ms: number, wake: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      wake?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    wake?.addEventListener("abort", done, { once: true });
  });
}

/** The system says ENOENT for a missing program and for a missing folder alike. */
function whyNotStarted(
  cwd: string,
  file: string,
  code: string | undefined,
  cause: unknown,
): { code: string | undefined; message: string } {
  if (!statSync(cwd, { throwIfNoEntry: false })?.isDirectory()) {
    return { code, message: `The folder ${cwd} does not exist` };
  }
  const reason = systemCode(cause) ?? code;
  switch (reason) {
    case "ENOENT":
      return { code: reason, message: `The program ${file} was not found` };
    case "EACCES":
      return { code: reason, message: `The program ${file} may not be executed` };
    case "E2BIG":
      return { code: reason, message: `The arguments and environment of ${file} are too long for the system` };
    default:
      return { code: reason, message: `The program ${file} could not be started: ${messageOf(cause)}` };
  }
}
