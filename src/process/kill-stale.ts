import { systemCode } from "#errors";
import { createProc, has_proc } from "./proc.ts";
import { outputsUnder, tokensOf } from "./process-table.ts";
import { watcher_name } from "./watcher.ts";

/** How long to wait for processes of an earlier start to end; milliseconds. Its watcher needs less than one second. */
const max_wait_ms = 10_000;

/** How many scans in a row must find nothing: a process inside exec does not show its token. */
const checks_needed = 5;

/**
 * Kills what earlier starts of a run left running: processes that carry one of their tokens or write to the run's logs,
 * and their watchers. A new start must wait for this. Resolves to the ids of processes still alive after ten seconds.
 * Without /proc it does nothing: only the watchers clean up.
 */
export async function killStaleProcesses(tokens: readonly string[], output_folder: string): Promise<number[]> {
  if (!has_proc || tokens.length === 0) return [];
  const proc = createProc();
  const deadline = performance.now() + max_wait_ms;
  const prefixes = tokens.map((token) => `${token}.`);
  const isStale = (pid: number): boolean => {
    const state = proc.stat(pid)?.state;
    if (state === undefined || state === "Z" || state === "X") return false;
    // The old watcher kills everything that writes to this folder, the new start's processes included.
    const [, , , name, token = ""] = (proc.read(pid, "cmdline") ?? "").split("\0");
    if (name === watcher_name) return tokens.includes(token);
    const carried = tokensOf(proc.read(pid, "environ") ?? "");
    if (carried.length > 0) return carried.some((token) => prefixes.some((prefix) => token.startsWith(prefix)));
    return outputsUnder(pid, output_folder);
  };
  try {
    for (let empty = 0; empty < checks_needed; ) {
      const found = proc.pids().filter((pid) => pid !== process.pid && isStale(pid));
      if (found.length === 0) empty++;
      else if (performance.now() > deadline) return found;
      else empty = 0;
      for (const pid of found) kill(pid);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return [];
  } finally {
    proc.close();
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has already ended, or belongs to another user; the time limit reports the latter.
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}
