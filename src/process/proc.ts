import { closeSync, existsSync, openSync, readdirSync, readFileSync, readlinkSync, readSync } from "node:fs";
import { systemCode } from "#errors";

/**
 * Whether /proc is usable. It is not on macOS, nor if it belongs to another pid namespace (`unshare --pid` without
 * `--mount-proc`), where its ids would be those of other processes.
 */
export const has_proc = process.platform === "linux" && readSelf() === String(process.pid);

function readSelf(): string | undefined {
  try {
    return readlinkSync("/proc/self");
  } catch {
    return undefined;
  }
}

/** Fields of /proc/PID/stat; `start` is in clock ticks since boot. */
export interface ProcessStat {
  state: string;
  group: number;
  session: number;
  start: number;
}

/** Reads process information from /proc. */
export interface Proc {
  /** True when a read failed because dispatch had no file descriptor left; the caller resets it before each scan. */
  is_blind: boolean;
  /** All process ids, threads excluded. */
  pids(): number[];
  /** Reads a file of a process; undefined if the process has ended or belongs to another user. */
  read(pid: number, file: "environ" | "cmdline" | "stat" | "status"): string | undefined;
  stat(pid: number): ProcessStat | undefined;
  /** Returns whether an id is a process; threads have folders in /proc too. */
  isProcess(pid: number): boolean;
  /**
   * The newest process id, the last field of /proc/loadavg; ids rise until they wrap. Undefined in containers that
   * mount their own file over it (lxcfs), because its value lags behind.
   */
  newestPid(): number | undefined;
  /** Closes open files. */
  close(): void;
}

/** Makes a reader of /proc. */
export function createProc(): Proc {
  const buffer = Buffer.alloc(128);
  /** Descriptor of /proc/loadavg; `undefined` before first use, `null` if unusable. */
  let loadavg: number | null | undefined;

  function readPath(path: string): string | undefined {
    try {
      // Node reads UTF-8 in one step and other encodings in four.
      return readFileSync(path, "utf8");
    } catch (error) {
      // The process has ended or belongs to another user; either way it does not count as ours.
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
      // The second field, the command's name, may contain anything, parentheses and spaces included.
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
