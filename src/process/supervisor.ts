import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createObserver, type Member, token_variable } from "./census.ts";
import { type Command, type NotStarted, notStarted, startChild } from "./start.ts";
import { leftNobody, liveMembers, type ProcessTree, signalTree } from "./tree.ts";
import { startWatcher, type Watcher } from "./watcher.ts";

/** How a command's first process ended; its tree is gone too. */
export type ProcessEnd = ({ type: "exited"; exit_code: number } | { type: "signalled"; signal: string } | NotStarted) & {
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
  /** Lets the watcher go; where something still runs, the watcher ends it. */
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
  const observer = createObserver();
  /** By their leaders. */
  const running = new Map<number, ProcessTree>();
  let watcher: Watcher | undefined;
  let started = 0;

  /** Waits until the tree is gone, at most `ms`; a `wake` cuts it short. Tells who is left. */
  async function leftAfter(tree: ProcessTree, ms: number, wake?: AbortSignal): Promise<Member[]> {
    const until = performance.now() + ms;
    for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
      const left = liveMembers(tree, observer, "lately");
      if (left.length === 0 || performance.now() >= until || wake?.aborted) return left;
      await pauseFor(pause, wake);
    }
  }

  async function stop(tree: ProcessTree): Promise<string[]> {
    const refused = new Set<number>();
    if (!kill_now.signal.aborted) {
      for (const pid of signalTree(tree, observer, "SIGTERM")) refused.add(pid);
      if ((await leftAfter(tree, grace_ms, kill_now.signal)).length === 0) return [];
    }
    // A tree can grow while it is being killed, so it is killed until nothing is left.
    const until = performance.now() + give_up_ms;
    for (;;) {
      for (const pid of signalTree(tree, observer, "SIGKILL")) refused.add(pid);
      const left = await leftAfter(tree, 200);
      if (left.length === 0) return [];
      if (performance.now() < until) continue;
      const why = refused.size > 0 ? "it belongs to another user" : "SIGKILL did not end it";
      return left.map(({ pid }) => `Process ${pid} is still there: ${why}. End it by hand.`);
    }
  }

  async function run(command: Command, signal: AbortSignal): Promise<ProcessEnd> {
    const token = `${start_token}.${++started}`;
    const outer = process.env[token_variable];
    const env = { ...command.env, [token_variable]: outer === undefined ? token : `${outer}/${token}` };
    watcher ??= startWatcher(start_token);
    const started_at = performance.now();
    let child: ChildProcess;
    try {
      child = startChild(command, env);
    } catch (error) {
      return { ...notStarted(command, error), stopped: false, warnings: [] };
    }
    const leader = child.pid;
    if (leader === undefined) {
      const [error] = await once(child, "error");
      return { ...notStarted(command, error), stopped: false, warnings: [] };
    }
    observer.forget();
    watcher.add(leader);
    const tree: ProcessTree = { leader, token, started_at, leader_exited: false, session_empty: false };
    running.set(leader, tree);
    let stopping: Promise<string[]> | undefined;
    const end = await new Promise<{ exit_code: number | null; signal: string | null }>((resolve) => {
      const onAbort = (): void => {
        stopping ??= stop(tree);
      };
      child.once("exit", (exit_code, by) => {
        tree.leader_exited = true;
        signal.removeEventListener("abort", onAbort);
        resolve({ exit_code, signal: by });
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
    const warnings = stopping === undefined ? await endLeftovers(tree, signal) : await stopping;
    running.delete(leader);
    watcher.remove(leader);
    const how = { stopped: stopping !== undefined, warnings };
    return end.exit_code === null
      ? { type: "signalled", signal: end.signal ?? "unknown", ...how }
      : { type: "exited", exit_code: end.exit_code, ...how };
  }

  /** The leader has exited by itself; whoever is left has `linger_ms`. */
  async function endLeftovers(tree: ProcessTree, signal: AbortSignal): Promise<string[]> {
    if (leftNobody(tree, observer, running)) return [];
    const left = await leftAfter(tree, linger_ms, AbortSignal.any([signal, kill_now.signal]));
    if (left.length === 0) return [];
    const pids = left.map(({ pid }) => pid);
    const names = pids.length === 1 ? `process ${pids[0]}` : `processes ${pids.join(", ")}`;
    return [`The command exited and left ${names} running, which dispatch ended.`, ...(await stop(tree))];
  }

  return {
    run,
    killNow: () => kill_now.abort(),
    close() {
      watcher?.close(running.size === 0);
      observer.close();
    },
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
