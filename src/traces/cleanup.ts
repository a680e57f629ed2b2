import { lstatSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { PlannedTask } from "#events";
import { safeName } from "#tasks";
import type { RunFolder } from "./run-folder.ts";

/** Returns the names in a folder; empty if the folder cannot be read. */
export function namesIn(path: string): Set<string> {
  try {
    return new Set(readdirSync(path));
  } catch {
    return new Set();
  }
}

/** Removes a path and ignores errors: readers of a run ignore such files anyway. */
function removeQuietly(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // A disk that refuses this refuses the journal too, and that is reported.
  }
}

/** Returns the tasks that have no trace file. */
export function tasksWithoutTrace(folder: RunFolder, tasks: readonly PlannedTask[]): PlannedTask[] {
  const traces = namesIn(join(folder.path, "tasks"));
  return tasks.filter(({ task_id }) => !traces.has(`${safeName(task_id)}.json`));
}

/** Removes temporary files of writes that never finished. Only the holder of the run's lock may call it. */
export function removeTempFiles(folder: RunFolder): void {
  for (const subfolder of ["", "logs", "tasks", "io", "context"]) {
    const path = join(folder.path, subfolder);
    for (const name of namesIn(path)) if (/\.\d+\.tmp$/.test(name)) removeQuietly(join(path, name));
  }
}

/**
 * Removes the traces of tasks that run again, the index and the result. If this start is killed too, no file may
 * contradict the journal.
 */
export function removeStaleResults(folder: RunFolder, tasks: readonly PlannedTask[], reused: ReadonlySet<string>): void {
  if (reused.size === tasks.length) return;
  const traces = namesIn(join(folder.path, "tasks"));
  for (const { task_id } of tasks)
    if (!reused.has(task_id) && traces.has(`${safeName(task_id)}.json`)) removeQuietly(folder.trace(task_id));
  for (const path of [folder.index, folder.result]) removeQuietly(path);
}

/** Creating a run's folder takes milliseconds; one that is still hidden after an hour was abandoned. */
const stale_ms = 3_600_000;

/**
 * Removes hidden run folders and links whose dispatch was killed before it renamed them. A dispatch that was suspended for
 * an hour at that point fails with an error and has run nothing.
 */
export function removeAbandonedRuns(trace_dir: string, now: number): void {
  for (const name of namesIn(trace_dir)) {
    if (!/^\.(latest-)?\d{8}T\d{9}-[0-9a-f]{6}$/.test(name)) continue;
    const path = join(trace_dir, name);
    try {
      if (now - lstatSync(path).mtimeMs > stale_ms) removeQuietly(path);
    } catch {
      // Another process has removed it.
    }
  }
}
