import { systemCode } from "#errors";
import { createProc, has_proc } from "./proc.ts";
import { outputsUnder, tokensOf } from "./process-table.ts";
import { watcher_name } from "./watcher.ts";

/** How long processes of a dispatch that is gone may take to go; milliseconds. Its watcher needs less than one second. */
const max_wait_ms = 10_000;

/** Looks that must find nobody: one that is between two programs does not show its token. */
const looks_needed = 5;

/**
 * Ends what earlier starts of a run have left: who carries one of their tokens, or prints into the run's logs, and their
 * watchers, which would do the same; nothing of a new start may begin before that is done. Resolves to those who are still
 * there after ten seconds. Without /proc it is the watchers' word alone.
 */
export async function killStaleProcesses(tokens: readonly string[], output_folder: string): Promise<number[]> {
  if (!has_proc || tokens.length === 0) return [];
  const proc = createProc();
  const until = performance.now() + max_wait_ms;
  const prefixes = tokens.map((token) => `${token}.`);
  const isOurs = (pid: number): boolean => {
    const state = proc.stat(pid)?.state;
    if (state === undefined || state === "Z" || state === "X") return false;
    // Its watcher would end what the new start prints into the same folder: what it is there for is done here.
    const [, , , name, token = ""] = (proc.read(pid, "cmdline") ?? "").split("\0");
    if (name === watcher_name) return tokens.includes(token);
    const carried = tokensOf(proc.read(pid, "environ") ?? "");
    if (carried.length > 0) return carried.some((token) => prefixes.some((prefix) => token.startsWith(prefix)));
    return outputsUnder(pid, output_folder);
  };
  try {
    for (let empty = 0; empty < looks_needed; ) {
      const found = proc.pids().filter((pid) => pid !== process.pid && isOurs(pid));
      if (found.length === 0) empty++;
      else if (performance.now() > until) return found;
      else empty = 0;
      for (const pid of found) end(pid);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return [];
  } finally {
    proc.close();
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has gone by itself, or belongs to another user, which the time limit tells.
    if (systemCode(error) !== "ESRCH" && systemCode(error) !== "EPERM") throw error;
  }
}
