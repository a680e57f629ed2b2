import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PlannedTask } from "#events";
import type { RunFolder } from "./run-folder.ts";

/** The names in a folder; none where it cannot be read. */
export function namesIn(path: string): Set<string> {
  try {
    return new Set(readdirSync(path));
  } catch {
    return new Set();
  }
}

/** What is left over is no reason to fail: who reads the run does not take it for anything. */
function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A disk that refuses this refuses the journal too, which is told.
  }
}

/** Tasks that had succeeded and whose trace is not there. */
export function withoutTrace(folder: RunFolder, tasks: readonly PlannedTask[]): PlannedTask[] {
  const there = namesIn(join(folder.path, "tasks"));
  return tasks.filter(({ task_id }) => !there.has(`${task_id}.json`));
}

/** Removes what a write that was never finished has left; the owner of the run alone may do that. */
export function removeTempFiles(folder: RunFolder): void {
  for (const room of ["", "logs", "tasks", "io", "context"]) {
    const place = join(folder.path, room);
    for (const name of namesIn(place)) if (/\.\d+\.tmp$/.test(name)) remove(join(place, name));
  }
}

/**
 * Removes what is derived from ends that are to be none any more: if this start is killed too, nobody must find a failure
 * where the journal has a success, or a result of the whole that is no longer true.
 */
export function removeStaleResults(folder: RunFolder, tasks: readonly PlannedTask[], reused: ReadonlySet<string>): void {
  if (reused.size === tasks.length) return;
  const there = namesIn(join(folder.path, "tasks"));
  for (const { task_id } of tasks) if (!reused.has(task_id) && there.has(`${task_id}.json`)) remove(folder.trace(task_id));
  for (const path of [folder.index, folder.result]) remove(path);
}

/** Making a run's folder takes milliseconds; who has not come to an end with it after an hour never will. */
const stale_ms = 3_600_000;

/**
 * Removes what dispatches that were killed while they made a run's folder have left in a trace directory. One that lives
 * and was stopped for so long finds its folder gone, says so, and has run nothing.
 */
export function removeAbandonedRuns(trace_dir: string, now: number): void {
  for (const name of namesIn(trace_dir)) {
    if (!/^\.(latest-)?\d{8}T\d{9}-[0-9a-f]{6}$/.test(name)) continue;
    const path = join(trace_dir, name);
    try {
      if (now - lstatSync(path).mtimeMs > stale_ms) remove(path);
    } catch {
      // Somebody else has removed it.
    }
  }
}
