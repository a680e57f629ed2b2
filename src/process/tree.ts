import { existsSync, readdirSync, readFileSync } from "node:fs";
import { systemCode } from "#errors";

/** How many process ids are looked at one by one before listing /proc is cheaper. */
const few = 64;

const on_linux = process.platform === "linux";

/**
 * /proc/loadavg ends with the newest process id, which bounds where a tree's members can be. Containers that put a
 * file of their own over it (lxcfs) show one that lags behind, so there it is not used.
 */
let newest_is_exact: boolean | undefined;

function newestPid(): number | undefined {
  newest_is_exact ??= on_linux && !(readProc("/proc/self/mounts") ?? "/proc/loadavg").includes("/proc/loadavg");
  if (!newest_is_exact) return undefined;
  const newest = Number(readProc("/proc/loadavg")?.trim().split(" ").at(-1));
  return Number.isInteger(newest) ? newest : undefined;
}

function readProc(path: string): string | undefined {
  try {
    return readFileSync(path, "latin1");
  } catch {
    // Gone meanwhile, or another user's: neither can be one of ours.
    return undefined;
  }
}

/** The ids of all live processes, from /proc; `[]` where there is none. */
function listPids(): number[] {
  try {
    return readdirSync("/proc").map(Number).filter(Number.isInteger);
  } catch {
    return [];
  }
}

/** The processes that may have been started after `leader`: ids are given out in rising order until they wrap. */
function pidsSince(leader: number): number[] {
  const newest = newestPid();
  if (newest === undefined || newest < leader) return listPids();
  if (newest - leader > few) return listPids().filter((pid) => pid >= leader && pid <= newest);
  const pids: number[] = [];
  for (let pid = leader; pid <= newest; pid++) if (existsSync(`/proc/${pid}`)) pids.push(pid);
  return pids;
}

/** State letter and process group from /proc/PID/stat; the command's name before them may hold anything. */
function stateOf(pid: number): { state: string; group: number } | undefined {
  const stat = readProc(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;
  const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return state === undefined ? undefined : { state, group: Number(group) };
}

function groupAnswers(group: number): boolean {
  try {
    process.kill(-group, 0);
    return true;
  } catch (error) {
    return systemCode(error) === "EPERM";
  }
}

/** A started command and everything that it started. */
export interface ProcessTree {
  /** The first process; also the id of its process group. */
  leader: number;
  /** Stands in the environment of each member, and of nothing else. */
  token: string;
}

/**
 * The members that live: those of the process group and, on Linux, every process that carries the token, whatever
 * session it has moved to. A zombie is gone. Elsewhere a group that answers counts as its leader.
 */
export function liveMembers(tree: ProcessTree): number[] {
  const { leader, token } = tree;
  const grouped = groupAnswers(leader);
  if (!on_linux) return grouped ? [leader] : [];
  const members: number[] = [];
  for (const pid of grouped ? listPids() : pidsSince(leader)) {
    if (pid === process.pid) continue;
    const own = (grouped && stateOf(pid)?.group === leader) || readProc(`/proc/${pid}/environ`)?.includes(token);
    if (!own) continue;
    const state = stateOf(pid)?.state;
    if (state !== undefined && state !== "Z" && state !== "X") members.push(pid);
  }
  return members;
}

/** Sends a signal to the group, then to each member outside it. Returns the members that refused it. */
export function signalTree(tree: ProcessTree, signal: NodeJS.Signals): number[] {
  const refused: number[] = [];
  const send = (pid: number): void => {
    try {
      process.kill(pid, signal);
    } catch (error) {
      if (systemCode(error) === "EPERM") refused.push(Math.abs(pid));
    }
  };
  send(-tree.leader);
  if (on_linux) {
    for (const pid of liveMembers(tree)) if (stateOf(pid)?.group !== tree.leader) send(pid);
  }
  return refused;
}
