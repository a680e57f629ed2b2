import { readFileSync } from "node:fs";
import { DispatchError, nearest } from "#errors";
import type { RunEvent, RunFinished, RunResult, RunStarted } from "#events";
import { isFolder } from "#files";
import { createContextTotals } from "./context-totals.ts";
import { readJournal } from "./journal-reader.ts";
import { createResult } from "./result.ts";
import { listRuns, type RunFolder, runFolder } from "./run-folder.ts";
import { createRunReducer } from "./run-reducer.ts";
import { resultOf, type TaskTrace } from "./task-trace.ts";

/** A run as read from its journal. */
export interface RecordedRun {
  folder: RunFolder;
  started: RunEvent & RunStarted;
  events: RunEvent[];
  /** Whether the journal has the run's end. If not, the run is still running or was killed. */
  finished: boolean;
  /** Tasks that have ended and do not run again. */
  ended: ReadonlySet<string>;
  /** Lines that were torn or foreign. */
  skipped_lines: number;
  /** In the task file's order. */
  traces: TaskTrace[];
  result: RunResult;
}

/** Returns the error for a trace directory without runs. */
export function noRunsError(trace_dir: string): DispatchError {
  const why = isFolder(trace_dir) ? "" : ": the folder does not exist";
  const advice = "Start one with dispatch run TASK-FILE, or name another folder with --trace-dir.";
  return new DispatchError("not_found", `There are no runs in ${trace_dir}${why}.`, { advice });
}

/** Finds a run by its id, by the start of its id, or the newest run. Throws a `DispatchError` if there is none. */
export function findRun(trace_dir: string, wanted?: string): RunFolder {
  const runs = listRuns(trace_dir);
  const [newest] = runs;
  if (newest === undefined) throw noRunsError(trace_dir);
  if (wanted === undefined || wanted === "latest") return runFolder(trace_dir, newest);
  const matches = runs.filter((run) => run.startsWith(wanted));
  const [match] = matches;
  if (match === undefined) {
    const near = nearest(wanted, runs);
    const advice = near === undefined ? `The newest run is ${newest}.` : `Did you mean ${near}?`;
    throw new DispatchError("not_found", `There is no run ${wanted} in ${trace_dir}.`, { advice });
  }
  if (matches.length > 1 && match !== wanted) {
    throw new DispatchError("not_found", `The run id ${wanted} is ambiguous: ${matches.slice(0, 3).join(", ")}.`, {
      advice: "Give more characters of the id.",
    });
  }
  return runFolder(trace_dir, match);
}

/** Reads a run from its journal alone. Throws a `DispatchError` if there is no readable journal. */
export function readRun(folder: RunFolder): RecordedRun {
  const run = createRunReducer(folder);
  const events: RunEvent[] = [];
  const by_task = new Map<string, RunEvent[]>();
  const context_totals = createContextTotals();
  let end: (RunEvent & RunFinished) | undefined;
  const { started, skipped_lines } = readJournal(folder, (event) => {
    events.push(event);
    run.apply(event);
    context_totals.add(event);
    // The end of an earlier start does not count once the run was resumed.
    if (event.type === "run.finished") end = event;
    else if (event.type === "run.resumed") end = undefined;
    if (!("task_id" in event)) return;
    const list = by_task.get(event.task_id);
    if (list === undefined) by_task.set(event.task_id, [event]);
    else list.push(event);
  });
  const traces = [...run.tasks].map(([task_id, task]) => task.trace(by_task.get(task_id) ?? []));
  const ended = new Set([...run.tasks].flatMap(([task_id, { outcome }]) => (outcome === undefined ? [] : [task_id])));
  const last = events.at(-1)?.time ?? started.time;
  const about = {
    correlation_id: started.correlation_id,
    max_workers: Number(started.options["max_workers"] ?? 1),
    total_time_ms: Math.max(0, Date.parse(last) - Date.parse(started.time)),
    context: context_totals.total(),
  };
  const rows = traces.map((trace) => resultOf(trace, folder));
  const finished = end as (RunEvent & RunFinished) | undefined;
  const result = finished?.result ?? createResult(folder, about, rows);
  return { folder, started, events, skipped_lines, traces, ended, finished: finished !== undefined, result };
}

/**
 * Returns how long each task took when it last ran, in milliseconds, by task id. The newest run with an index decides; for
 * tasks that it reused, older runs do.
 */
export function earlierDurations(trace_dir: string): ReadonlyMap<string, number> {
  const durations = new Map<string, number>();
  for (const run of listRuns(trace_dir).slice(0, 5)) {
    try {
      const index: unknown = JSON.parse(readFileSync(runFolder(trace_dir, run).index, "utf8"));
      if (addDurations(index, durations)) return durations;
    } catch {
      // The run was killed before it had an index, or the file was edited: use an older run.
    }
  }
  return durations;
}

/** Adds the durations of an index. Returns false if the run reused tasks, so that their durations are missing. */
function addDurations(index: unknown, durations: Map<string, number>): boolean {
  // An edited index throws here or fails the checks below.
  const { tasks } = index as {
    tasks: { task_id: unknown; status: unknown; attempts: unknown; execution_time_ms: unknown }[];
  };
  let is_complete = true;
  for (const { task_id, status, attempts, execution_time_ms: ms } of tasks) {
    if (status !== "success" || typeof task_id !== "string" || !Number.isFinite(ms)) continue;
    if (attempts === 0) is_complete = false;
    else if (!durations.has(task_id)) durations.set(task_id, Number(ms));
  }
  return is_complete;
}
