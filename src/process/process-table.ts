import { existsSync, readlinkSync, statSync } from "node:fs";
import { createProc, has_proc, type Proc } from "./proc.ts";

/** Name of the environment variable by which a tree's members are known. */
export const token_variable = "DISPATCH_TOKEN";

/** What tells to whom a process belongs. */
export interface TreeIdentity {
  /** The first process; also the id of its process group and of its session. */
  leader: number;
  /** Stands in the environment of each member, and of nothing else. */
  token: string;
  /** The files that only this command's output goes to; see `outputKey`. */
  outputs: readonly string[];
}

/** Names an open file for as long as it is open. */
export const outputKey = ({ dev, ino }: { dev: number; ino: number }): string => `${dev}:${ino}`;

/** A live process, as far as it matters to whom it belongs. */
export interface Member {
  pid: number;
  group: number;
}

/** All processes that may be ours. It takes milliseconds to read: what comes and goes meanwhile is why there are doubts. */
export interface ProcessSnapshot {
  /** By `performance.now()`. */
  began: number;
  /** Live ones by their session. */
  by_session: ReadonlyMap<number, Member[]>;
  /** Live ones by each token that they carry. */
  by_token: ReadonlyMap<string, Member[]>;
  /** Live ones without any token, by each file that they write their output to; see `outputKey`. */
  by_output: ReadonlyMap<string, Member[]>;
  /** Sessions of live ones and of zombies. */
  sessions: ReadonlySet<number>;
  /**
   * Why somebody may be missing. `exec`: one was between two programs and showed no environment. `fork`: it cannot be
   * told here whether one was started by another that was gone before its turn came. `blind`: dispatch itself has no file
   * descriptor left to look with, so that nothing can be said to be gone.
   */
  uncertainty: "none" | "fork" | "exec" | "blind";
}

/** Looks at the machine's processes; a look is shared by all who ask while it is new. */
export interface ProcessTable {
  /** Whether there is a /proc to look at. */
  readonly has_proc_fs: boolean;
  /** How things stand now, or stood a moment ago if `moment` allows for it; never before the time `not_before`. */
  snapshot(moment: "now" | "lately", not_before: number): ProcessSnapshot;
  /**
   * Whether nobody who was started after the leader belongs to it. Much cheaper than a census, but it may answer `false`
   * where it does not know. `known` are children of ours with tokens of their own.
   */
  isEmptySince(marks: TreeIdentity, known: ReadonlyMap<number, unknown>): boolean;
  /** Opens what each look needs, so that the first one takes no longer than the others. */
  prepare(): void;
  /** Gives back what it holds open. */
  close(): void;
}

/** How many process ids are looked at one by one before a census is cheaper. */
const max_single_lookups = 64;

/** Part of one processor that looking may take, when thousands are waited for at the same time. */
const max_load = 0.2;

/** Makes an observer. */
export function createProcessTable(): ProcessTable {
  let latest: ProcessSnapshot | undefined;
  let cost_ms = 0;
  let this_turn = false;
  const proc = createProc();

  function take(): ProcessSnapshot {
    latest = takeSnapshot(proc);
    cost_ms = performance.now() - latest.began;
    if (!this_turn) setImmediate(() => (this_turn = false));
    this_turn = true;
    return latest;
  }

  return {
    has_proc_fs: has_proc,
    snapshot(moment, not_before) {
      if (latest === undefined || latest.began < not_before) return take();
      const is_new = this_turn || (moment === "lately" && performance.now() - latest.began < cost_ms / max_load);
      return is_new ? latest : take();
    },
    isEmptySince({ leader, token, outputs }, known) {
      let next = leader + 1;
      proc.is_blind = false;
      // Who is looked at may start another and be gone: what came up meanwhile is looked at too.
      for (let looked = 0; ; ) {
        const newest = proc.newestPid();
        if (newest === undefined || newest < leader || newest - next + looked > max_single_lookups) return false;
        if (newest < next) return true;
        for (; next <= newest; next++, looked++) {
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

/** Everything that was started after this process; what is older cannot be its descendant. */
function takeSnapshot(proc: Proc): ProcessSnapshot {
  const began = performance.now();
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
    put(by_session, stat.session, member);
    const environ = proc.read(pid, "environ");
    if (environ === undefined) return;
    // Without an environment but with arguments it was started so.
    if (environ === "" && proc.read(pid, "cmdline") === "") uncertainty = "exec";
    const tokens = tokensOf(environ);
    for (const token of tokens) put(by_token, token, member);
    if (tokens.length === 0) for (const output of outputsOf(pid)) put(by_output, output, member);
  }

  let newest = proc.newestPid();
  for (const pid of proc.pids()) visit(pid);
  // Who was listed may have started another and gone before its turn came; the other's number is a newer one.
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
    // A thread has a number too, and its process has been visited by its own.
    for (let pid = newest + 1; pid <= now; pid++) if (proc.isProcess(pid)) visit(pid);
    newest = now;
  }
  return { began, by_session, by_token, by_output, sessions, uncertainty: proc.is_blind ? "blind" : uncertainty };
}

function put<Key>(map: Map<Key, Member[]>, key: Key, member: Member): void {
  const members = map.get(key);
  if (members === undefined) map.set(key, [member]);
  else members.push(member);
}

/** A dispatch inside a dispatch adds its token to the outer one's: `OUTER/INNER`. */
export function tokensOf(environ: string): string[] {
  const name = `${token_variable}=`;
  let at = environ.startsWith(name) ? 0 : environ.indexOf(`\0${name}`);
  if (at === -1) return [];
  at = environ.indexOf("=", at) + 1;
  const end = environ.indexOf("\0", at);
  return environ.slice(at, end === -1 ? undefined : end).split("/");
}

/** Whether a process writes its output into a file of this folder; the folder's real path. */
export const outputsUnder = (pid: number, folder: string): boolean =>
  [1, 2].some((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith(`${folder}/`);
    } catch {
      return false;
    }
  });

/** Where a process writes its output to. */
function outputsOf(pid: number): string[] {
  return [1, 2].flatMap((descriptor) => {
    try {
      return outputKey(statSync(`/proc/${pid}/fd/${descriptor}`));
    } catch {
      // Closed, gone meanwhile, or another user's.
      return [];
    }
  });
}
