import { existsSync, readlinkSync, statSync } from "node:fs";
import { createProc, has_proc, type Proc } from "./proc.ts";

/** Name of the environment variable that marks the members of a tree. */
export const token_variable = "DISPATCH_TOKEN";

/** What identifies the processes of a tree. */
export interface TreeIdentity {
  /** The first process; also the id of its process group and of its session. */
  leader: number;
  /** In the environment of every member, and of no other process. */
  token: string;
  /** Keys of the files that only this command writes to; see `outputKey`. */
  outputs: readonly string[];
}

/** Returns a key that identifies a file while it is open. */
export const outputKey = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`;

/** A live process of a tree. */
export interface Member {
  pid: number;
  group: number;
}

/**
 * All processes that may belong to dispatch. Reading them takes milliseconds; processes that start or end meanwhile make
 * the result uncertain.
 */
export interface ProcessSnapshot {
  /** By `performance.now()`. */
  taken_at: number;
  /** Live processes by session. */
  by_session: ReadonlyMap<number, Member[]>;
  /** Live processes by each token they carry. */
  by_token: ReadonlyMap<string, Member[]>;
  /** Live processes without a token, by each file that they write output to; see `outputKey`. */
  by_output: ReadonlyMap<string, Member[]>;
  /** Sessions of live processes and zombies. */
  sessions: ReadonlySet<number>;
  /**
   * Why a process may be missing. `exec`: one was inside exec and showed no environment. `fork`: a listed process may
   * have started another and ended before it was read. `blind`: dispatch had no file descriptor left to read /proc, so
   * no process can be called gone.
   */
  uncertainty: "none" | "fork" | "exec" | "blind";
}

/** Reads the machine's processes; callers share a snapshot while it is recent. */
export interface ProcessTable {
  /** Whether /proc is usable. */
  readonly has_proc_fs: boolean;
  /** Returns a snapshot taken now or, if `moment` is `recent`, a moment ago; never one older than the time `not_before`. */
  snapshot(moment: "now" | "recent", not_before: number): ProcessSnapshot;
  /**
   * Returns whether no process started after the leader belongs to its tree. Much cheaper than a snapshot, but returns
   * `false` if unsure. `running` are other leaders, which carry their own tokens.
   */
  isEmptySince(tree: TreeIdentity, running: ReadonlyMap<number, unknown>): boolean;
  /** Opens the files that every snapshot needs, so that the first one is as fast as the rest. */
  prepare(): void;
  /** Closes open files. */
  close(): void;
}

/** How many process ids are read one by one; above this, a snapshot is cheaper. */
const max_single_lookups = 64;

/** Largest share of one CPU that snapshots may take while thousands of callers wait. */
const max_load = 0.2;

/** Creates a process table. */
export function createProcessTable(): ProcessTable {
  let latest: ProcessSnapshot | undefined;
  let cost_ms = 0;
  let is_from_this_turn = false;
  const proc = createProc();

  function refresh(): ProcessSnapshot {
    latest = takeSnapshot(proc);
    cost_ms = performance.now() - latest.taken_at;
    if (!is_from_this_turn) setImmediate(() => (is_from_this_turn = false));
    is_from_this_turn = true;
    return latest;
  }

  return {
    has_proc_fs: has_proc,
    snapshot(moment, not_before) {
      if (latest === undefined || latest.taken_at < not_before) return refresh();
      const is_new = is_from_this_turn || (moment === "recent" && performance.now() - latest.taken_at < cost_ms / max_load);
      return is_new ? latest : refresh();
    },
    isEmptySince({ leader, token, outputs }, known) {
      let next = leader + 1;
      proc.is_blind = false;
      // A process may start another and end while it is read, so new ids are read as well.
      for (let checked = 0; ; ) {
        const newest = proc.newestPid();
        if (newest === undefined || newest < leader || newest - next + checked > max_single_lookups) return false;
        if (newest < next) return true;
        for (; next <= newest; next++, checked++) {
          if (known.has(next) || !existsSync(`/proc/${next}`)) continue;
          const environ = proc.read(next, "environ");
          if (environ === "" || proc.is_blind) return false;
          const tokens = environ === undefined ? [] : tokensOf(environ);
          if (tokens.includes(token) || proc.read(next, "stat")?.includes(` ${leader} `)) return false;
          if (tokens.length === 0 && outputsOf(next).some((output) => outputs.includes(output))) return false;
        }
      }
    },
    prepare: () => void proc.newestPid(),
    close: () => proc.close(),
  };
}

/** Reads every process started after this one; an older process cannot be a descendant. */
function takeSnapshot(proc: Proc): ProcessSnapshot {
  const taken_at = performance.now();
  const by_session = new Map<number, Member[]>();
  const by_token = new Map<string, Member[]>();
  const by_output = new Map<string, Member[]>();
  const sessions = new Set<number>();
  const oldest = proc.stat(process.pid)?.start ?? 0;
  let uncertainty: ProcessSnapshot["uncertainty"] = "none";
  proc.is_blind = false;

  function visit(pid: number): void {
    const stat = proc.stat(pid);
    if (stat === undefined || stat.start < oldest || pid === process.pid) return;
    sessions.add(stat.session);
    if (stat.state === "Z" || stat.state === "X") return;
    const member = { pid, group: stat.group };
    addMember(by_session, stat.session, member);
    const environ = proc.read(pid, "environ");
    if (environ === undefined) return;
    // With arguments, the process was started with an empty environment; without, it is inside exec.
    if (environ === "" && proc.read(pid, "cmdline") === "") uncertainty = "exec";
    const tokens = tokensOf(environ);
    for (const token of tokens) addMember(by_token, token, member);
    if (tokens.length === 0) for (const output of outputsOf(pid)) addMember(by_output, output, member);
  }

  let newest = proc.newestPid();
  for (const pid of proc.pids()) visit(pid);
  // A listed process may have started another and ended before it was read; the new one has a higher id.
  for (let round = 0; ; round++) {
    const now = proc.newestPid();
    if (now !== undefined && now === newest) break;
    if (
      now === undefined ||
      newest === undefined ||
      now < newest ||
      now - newest > max_single_lookups ||
      round >= max_single_lookups
    ) {
      if (uncertainty === "none") uncertainty = "fork";
      break;
    }
    // Threads have ids too; they are skipped because their process is visited by its own id.
    for (let pid = newest + 1; pid <= now; pid++) if (proc.isProcess(pid)) visit(pid);
    newest = now;
  }
  return { taken_at, by_session, by_token, by_output, sessions, uncertainty: proc.is_blind ? "blind" : uncertainty };
}

function addMember<Key>(map: Map<Key, Member[]>, key: Key, member: Member): void {
  const members = map.get(key);
  if (members === undefined) map.set(key, [member]);
  else members.push(member);
}

/** Returns the tokens in an environment block. A nested dispatch appends its token to the outer one: `OUTER/INNER`. */
export function tokensOf(environ: string): string[] {
  const name = `${token_variable}=`;
  let at = environ.startsWith(name) ? 0 : environ.indexOf(`\0${name}`);
  if (at === -1) return [];
  at = environ.indexOf("=", at) + 1;
  const end = environ.indexOf("\0", at);
  return environ.slice(at, end === -1 ? undefined : end).split("/");
}

/** Returns whether a process writes output to a file in this folder, given by its real path. */
export const outputsUnder = (pid: number, folder: string): boolean =>
  [1, 2].some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  });

/** Returns the keys of the files that a process writes output to. */
function outputsOf(pid: number): string[] {
  return [1, 2].flatMap((descriptor) => {
    try {
      return outputKey(statSync(`/proc/${pid}/fd/${descriptor}`));
    } catch {
      // The descriptor is closed, or the process has ended or belongs to another user.
      return [];
    }
  });
}
