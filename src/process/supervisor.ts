import { randomBytes } from "node:crypto";
import { fstatSync } from "node:fs";
import type { Command, LeaderEnd } from "./command.ts";
import { openPosixSpawn, type PosixSpawn } from "./posix-spawn.ts";
import { createProcessTable, outputKey, token_variable } from "./process-table.ts";
import { explainStartFailure, type StartFailure, startCommand } from "./start.ts";
import { stopTree, waitUntilGone } from "./stop-tree.ts";
import { createTree, hasNoSurvivors, type ProcessTree } from "./tree.ts";
import { startWatcher, type Watcher } from "./watcher.ts";

/** How a command's first process ended. By then its whole tree has ended. */
export type ProcessEnd = ({ type: "exited"; exit_code: number } | { type: "signalled"; signal: string } | StartFailure) & {
  /** Whether it ended after dispatch had begun to stop it. */
  stopped: boolean;
  /** Processes that the command left behind or that could not be killed; sentences. */
  warnings: string[];
};

/** Starts commands and ends their whole trees. */
export interface Supervisor {
  /** Does the setup that the first command would otherwise wait for. */
  prepare(): void;
  /**
   * Runs a command until its whole tree has ended. When `signal` aborts, the tree is stopped: SIGTERM, then SIGKILL after
   * `grace_ms`. Never rejects. The caller may close the descriptors as soon as the promise is returned.
   */
  run(command: Command, signal: AbortSignal): Promise<ProcessEnd>;
  /** Makes every stop a SIGKILL from now on, including stops in progress. */
  killNow(): void;
  /** Releases the watcher; if processes still run, the watcher kills them. */
  close(): void;
}

/** Options of `createSupervisor`; times are milliseconds. */
export interface SupervisorOptions {
  /** Time between SIGTERM and SIGKILL; default 5000. */
  grace_ms?: number;
  /** How long processes may outlive their leader before they are stopped; default 1000. */
  linger_ms?: number;
  /** Folder of the files that commands write output to; no other process writes there. */
  output_folder?: string;
  /** Prefix of every command's token; see `createToken`. */
  token?: string;
  /**
   * Starts commands by the C library's posix_spawn where it can be opened; default false. It adds a second collector of
   * exits (a SIGCHLD listener that calls waitpid) beside libuv's, which a host process must agree to.
   */
  fast_spawn?: boolean;
}

/** Creates a token that is unique to one start of dispatch. */
export const createToken = (): string => randomBytes(9).toString("base64url");

/** Creates a supervisor; its watcher starts with `prepare` or with the first command. */
export function createSupervisor(options: SupervisorOptions = {}): Supervisor {
  const { grace_ms = 5000, linger_ms = 1000, output_folder, token: start_token = createToken(), fast_spawn = false } = options;
  const kill_now = new AbortController();
  const table = createProcessTable();
  /** Trees by leader. */
  const running = new Map<number, ProcessTree>();
  let watcher: Watcher | undefined;
  let command_count = 0;

  const posixSpawn = (): PosixSpawn | undefined => (fast_spawn ? openPosixSpawn() : undefined);

  const stop = (tree: ProcessTree): Promise<string[]> => stopTree(tree, table, { grace_ms, kill_now: kill_now.signal });

  function prepare(): Watcher {
    if (watcher !== undefined) return watcher;
    table.prepare();
    watcher = startWatcher(start_token, output_folder);
    posixSpawn();
    return watcher;
  }

  async function run(command: Command, signal: AbortSignal): Promise<ProcessEnd> {
    const token = `${start_token}.${++command_count}`;
    const outer_token = process.env[token_variable];
    const env = { ...command.env, [token_variable]: outer_token === undefined ? token : `${outer_token}/${token}` };
    const { add, remove } = prepare();
    const started_at = performance.now();
    const outputs = ownOutputs(command);
    const started = await startCommand(command, env, posixSpawn());
    if ("error" in started) return { ...explainStartFailure(command, started.error), stopped: false, warnings: [] };
    const leader = started.leader.pid;
    add(leader);
    const tree = createTree({ leader, token, outputs, started_at });
    running.set(leader, tree);
    let stopping: Promise<string[]> | undefined;
    const end = await new Promise<LeaderEnd>((resolve) => {
      const onAbort = (): void => {
        stopping ??= stop(tree);
        // A process that survives SIGKILL, as one stuck on a dead network disk does, must not keep dispatch alive.
        void stopping.then(() => {
          started.leader.unref();
          resolve({ exit_code: null, signal: "SIGKILL" });
        });
      };
      started.leader.onExit((ended) => {
        tree.leader_exited_at = performance.now();
        signal.removeEventListener("abort", onAbort);
        resolve(ended);
      });
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
    // Ctrl-C also kills a child that has not left dispatch's process group yet; its end may arrive before the signal.
    if (stopping === undefined && group_signals.has(end.signal ?? "")) await drainSignals();
    const stopped = stopping !== undefined || (signal.aborted && group_signals.has(end.signal ?? ""));
    const warnings = stopping === undefined ? await killLeftovers(tree, signal) : await stopping;
    // The id may already belong to a later command.
    if (running.get(leader) === tree) running.delete(leader);
    remove(leader);
    const details = { stopped, warnings };
    return end.exit_code === null
      ? { type: "signalled", signal: end.signal ?? "unknown", ...details }
      : { type: "exited", exit_code: end.exit_code, ...details };
  }

  /** Stops the processes that outlive a leader which exited by itself, after `linger_ms`. */
  async function killLeftovers(tree: ProcessTree, signal: AbortSignal): Promise<string[]> {
    if (hasNoSurvivors(tree, table, running)) return [];
    // All exits of this turn are reported by the next one, so that one snapshot serves them all.
    await nextTurn();
    const { gone, members } = await waitUntilGone(tree, table, linger_ms, AbortSignal.any([signal, kill_now.signal]));
    if (gone) return [];
    const warnings = await stop(tree);
    const pids = members.map(({ pid }) => pid);
    if (pids.length === 0) return warnings;
    const names = pids.length === 1 ? `process ${pids[0]}` : `processes ${pids.join(", ")}`;
    return [
      `The command exited but left ${names} running; dispatch stopped ${pids.length === 1 ? "it" : "them"}.`,
      ...warnings,
    ];
  }

  return {
    prepare: () => void prepare(),
    run,
    killNow: () => kill_now.abort(),
    close() {
      watcher?.close(running.size === 0);
      table.close();
    },
  };
}

/** Signals that a terminal or `timeout` sends to a whole process group. */
const group_signals: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"]);

/** Resolves when every signal that arrived before the call has been handled. */
async function drainSignals(): Promise<void> {
  // The current turn may have read its signals already; the next one reads the rest.
  for (let turn = 0; turn < 2; turn++) await nextTurn();
}

/** Returns the keys of the regular files that a command writes to. Shared ones, such as /dev/null, identify nothing. */
function ownOutputs({ stdout, stderr }: Command): string[] {
  return [stdout, stderr].flatMap((descriptor) => {
    const stat = fstatSync(descriptor);
    return stat.isFile() ? outputKey(stat) : [];
  });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
