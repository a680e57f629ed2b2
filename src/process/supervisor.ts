import { randomBytes } from "node:crypto";
import { fstatSync } from "node:fs";
import type { Command, LeaderEnd } from "./command.ts";
import { openPosixSpawn } from "./posix-spawn.ts";
import { createProcessTable, outputKey, token_variable } from "./process-table.ts";
import { explainStartFailure, type StartFailure, startCommand } from "./start.ts";
import { hasNoSurvivors, inspectTree, type ProcessTree, signalTree, type TreeState } from "./tree.ts";
import { startWatcher, type Watcher } from "./watcher.ts";

/** How a command's first process ended; its tree is gone too. */
export type ProcessEnd = ({ type: "exited"; exit_code: number } | { type: "signalled"; signal: string } | StartFailure) & {
  /** It ended after dispatch had begun to stop it. */
  stopped: boolean;
  /** Who was left behind, and who could not be ended. */
  warnings: string[];
};

/** Starts commands and answers for their whole trees. */
export interface Supervisor {
  /** Does beforehand what the first command would have to wait for. */
  prepare(): void;
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

/** Options of `createSupervisor`; times are milliseconds. */
export interface SupervisorOptions {
  /** Between SIGTERM and SIGKILL. */
  grace_ms?: number;
  /** How long those may stay whom a leader left behind. */
  linger_ms?: number;
  /** Folder of the files that commands print into, and nobody else does. */
  output_folder?: string;
  /** What the token of each command begins with; see `createToken`. */
  token?: string;
}

/** How long SIGKILL may take before the survivors are named and given up. */
const give_up_ms = 5000;

/** A token for one start of dispatch: no other start's processes have it. */
export const createToken = (): string => randomBytes(9).toString("base64url");

/** Makes a supervisor; its watcher starts with the first command, where it was not prepared for that. */
export function createSupervisor(options: SupervisorOptions = {}): Supervisor {
  const { grace_ms = 5000, linger_ms = 1000, output_folder, token: start_token = createToken() } = options;
  const kill_now = new AbortController();
  const observer = createProcessTable();
  /** By their leaders. */
  const running = new Map<number, ProcessTree>();
  let watcher: Watcher | undefined;
  let started = 0;

  /** Waits until the tree is gone, at most `ms`; a `wake` cuts it short. */
  async function stateAfter(tree: ProcessTree, ms: number, wake?: AbortSignal): Promise<TreeState> {
    const until = performance.now() + ms;
    for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
      const state = inspectTree(tree, observer, "lately");
      if (state.gone || performance.now() >= until || wake?.aborted) return state;
      await pauseFor(pause, wake);
    }
  }

  async function stop(tree: ProcessTree): Promise<string[]> {
    const refused = new Set<number>();
    if (!kill_now.signal.aborted) {
      for (const pid of signalTree(tree, observer, "SIGTERM")) refused.add(pid);
      if ((await stateAfter(tree, grace_ms, kill_now.signal)).gone) return [];
    }
    // A tree can grow while it is being killed, so it is killed until nothing is left.
    const until = performance.now() + give_up_ms;
    for (;;) {
      for (const pid of signalTree(tree, observer, "SIGKILL")) refused.add(pid);
      const { gone, members } = await stateAfter(tree, 200);
      if (gone) return [];
      if (performance.now() < until) continue;
      const why = refused.size > 0 ? "it belongs to another user" : "SIGKILL did not end it";
      return members.map(({ pid }) => `Process ${pid} is still there: ${why}. End it by hand.`);
    }
  }

  function prepare(): Watcher {
    if (watcher !== undefined) return watcher;
    observer.prepare();
    watcher = startWatcher(start_token, output_folder);
    openPosixSpawn();
    return watcher;
  }

  async function run(command: Command, signal: AbortSignal): Promise<ProcessEnd> {
    const token = `${start_token}.${++started}`;
    const outer = process.env[token_variable];
    const env = { ...command.env, [token_variable]: outer === undefined ? token : `${outer}/${token}` };
    const { add, remove } = prepare();
    const started_at = performance.now();
    const outputs = ownOutputs(command);
    const begun = await startCommand(command, env);
    if ("error" in begun) return { ...explainStartFailure(command, begun.error), stopped: false, warnings: [] };
    const leader = begun.leader.pid;
    add(leader);
    const tree: ProcessTree = {
      leader,
      token,
      outputs,
      started_at,
      leader_exited_at: undefined,
      session_empty: false,
      empty: { last: undefined, looks: 0 },
      empty_session: { last: undefined, looks: 0 },
    };
    running.set(leader, tree);
    let stopping: Promise<string[]> | undefined;
    const end = await new Promise<LeaderEnd>((resolve) => {
      const onAbort = (): void => {
        stopping ??= stop(tree);
        // Who stays although SIGKILL was sent (a dead network disk) is given up, and must not hold dispatch either.
        void stopping.then(() => {
          begun.leader.unref();
          resolve({ exit_code: null, signal: "SIGKILL" });
        });
      };
      begun.leader.onExit((ended) => {
        tree.leader_exited_at = performance.now();
        signal.removeEventListener("abort", onAbort);
        resolve(ended);
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
    // A child that has not yet left dispatch's group dies of a terminal's Ctrl-C, too, and may be heard of first.
    if (stopping === undefined && group_signals.has(end.signal ?? "")) await drainSignals();
    const stopped = stopping !== undefined || (signal.aborted && group_signals.has(end.signal ?? ""));
    const warnings = stopping === undefined ? await killLeftovers(tree, signal) : await stopping;
    // By now the number may be a later command's.
    if (running.get(leader) === tree) running.delete(leader);
    remove(leader);
    const how = { stopped, warnings };
    return end.exit_code === null
      ? { type: "signalled", signal: end.signal ?? "unknown", ...how }
      : { type: "exited", exit_code: end.exit_code, ...how };
  }

  /** The leader has exited by itself; whoever is left has `linger_ms`. */
  async function killLeftovers(tree: ProcessTree, signal: AbortSignal): Promise<string[]> {
    if (hasNoSurvivors(tree, observer, running)) return [];
    // All who exited in this turn have been heard by the next: one census serves them all.
    await nextTurn();
    const { gone, members } = await stateAfter(tree, linger_ms, AbortSignal.any([signal, kill_now.signal]));
    if (gone) return [];
    const warnings = await stop(tree);
    const pids = members.map(({ pid }) => pid);
    if (pids.length === 0) return warnings;
    const names = pids.length === 1 ? `process ${pids[0]}` : `processes ${pids.join(", ")}`;
    return [`The command exited and left ${names} running, which dispatch ended.`, ...warnings];
  }

  return {
    prepare: () => void prepare(),
    run,
    killNow: () => kill_now.abort(),
    close() {
      watcher?.close(running.size === 0);
      observer.close();
    },
  };
}

/** What a terminal, or `timeout`, sends to a whole group. */
const group_signals: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);

/** A signal that has arrived when this is called has been heard when this resolves. */
async function drainSignals(): Promise<void> {
  // One turn may have read the signals already; the next reads them all.
  for (let turn = 0; turn < 2; turn++) await nextTurn();
}

/** The files of its own that a command prints into; what is shared, as /dev/null is, tells nothing. */
function ownOutputs({ stdout, stderr }: Command): string[] {
  return [stdout, stderr].flatMap((descriptor) => {
    const stat = fstatSync(descriptor);
    return stat.isFile() ? outputKey(stat) : [];
  });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

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
