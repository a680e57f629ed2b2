import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { systemCode } from "#errors";

/**
 * Whether /proc can be asked. Not on macOS; and not where it belongs to another pid namespace (`unshare --pid` without
 * `--mount-proc`), because its numbers would be those of other processes.
 */
export const has_proc = process.platform === "linux" && readSelf() === String(process.pid);

function readSelf(): string | undefined {
  try {
    return readlinkSync("/proc/self");
  } catch {
    return undefined;
  }
}

/** How /proc/PID/stat tells of a process; `start` is in ticks since the machine's. */
export interface ProcessStat {
  state: string;
  group: number;
  session: number;
  start: number;
}

/** Reads what Linux tells of its processes. */
export interface Proc {
  /** Set by a look for which dispatch had no file descriptor left; who begins a look clears it. */
  is_blind: boolean;
  /** All processes; threads are not listed. */
  pids(): number[];
  /** A file of a process; undefined where it is gone, or another user's. */
  read(pid: number, file: "environ" | "cmdline" | "stat" | "status"): string | undefined;
  stat(pid: number): ProcessStat | undefined;
  /** Threads have folders in /proc too. */
  isProcess(pid: number): boolean;
  /**
   * The newest process id, with which /proc/loadavg ends: ids are given out in rising order until they wrap. Containers
   * that put a file of their own over it (lxcfs) show one that lags behind, so there it is not used.
   */
  newestPid(): number | undefined;
  /** Gives back what it holds open. */
  close(): void;
}

/** Makes a reader of /proc. */
export function createProc(): Proc {
  const buffer = Buffer.alloc(128);
  /** /proc/loadavg; `undefined` until it is first asked for, `null` where it cannot be used. */
  let loadavg: number | null | undefined;

  function readPath(path: string): string | undefined {
    try {
      // Node reads UTF-8 in one step and other encodings in four.
      return readFileSync(path, "utf8");
    } catch (error) {
      // Gone meanwhile, or another user's: neither can be told to be ours.
      if (["EMFILE", "ENFILE"].includes(systemCode(error) ?? "")) proc.is_blind = true;
      return undefined;
    }
  }

  function openLoadavg(): number | null {
    if (!has_proc || readPath("/proc/self/mounts")?.includes("/proc/loadavg") !== false) return null;
    try {
      return openSync("/proc/loadavg", "r");
    } catch {
      return null;
    }
  }

  const proc: Proc = {
    is_blind: false,
    pids() {
      try {
        return readdirSync("/proc").map(Number).filter(Number.isInteger);
      } catch {
        proc.is_blind = true;
        return [];
      }
    },
    read: (pid, file) => readPath(`/proc/${pid}/${file}`),
    stat(pid) {
      const stat = proc.read(pid, "stat");
      if (stat === undefined) return undefined;
      // The command's name, second in it, may hold anything.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ", 20);
      const [state = ""] = fields;
      return { state, group: Number(fields[2]), session: Number(fields[3]), start: Number(fields[19]) };
    },
    isProcess: (pid) => existsSync(`/proc/${pid}`) && proc.read(pid, "status")?.includes(`\nTgid:\t${pid}\n`) === true,
    newestPid() {
      if (loadavg === undefined) loadavg = openLoadavg();
      if (loadavg === null) return undefined;
      const bytes = readSync(loadavg, buffer, 0, buffer.length, 0);
      const newest = Number(buffer.toString("latin1", buffer.lastIndexOf(" ", bytes) + 1, bytes));
      return Number.isInteger(newest) ? newest : undefined;
    },
    close() {
      if (typeof loadavg === "number") closeSync(loadavg);
      loadavg = undefined;
    },
  };
  return proc;
}
