import { readFileSync } from "node:fs";
import { DispatchError, messageOf, systemCode } from "#errors";
import type { RunEvent, RunResult, RunStarted } from "#events";
import { isFolder } from "#files";
import { nearest } from "#tasks";
import { createContextTotals } from "./context-totals.ts";
import { belongsToRun, parseJournalLine, readRunStarted } from "./journal.ts";
import { reopenTasks } from "./replay.ts";
import { createResult } from "./result.ts";
import { listRuns, type RunFolder, runFolder } from "./run-folder.ts";
import { createTaskReducer, resultOf, type TaskTrace } from "./task-trace.ts";

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
  let text: string;
  try {
    text = readFileSync(folder.journal, "utf8");
  } catch (error) {
    const message =
      systemCode(error) === "ENOENT"
        ? `The run ${folder.run_id} has no journal.`
        : `The journal of the run ${folder.run_id} cannot be read: ${messageOf(error)}.`;
    throw new DispatchError("not_found", message, { cause: error });
  }
  const events: RunEvent[] = [];
  let started: (RunEvent & RunStarted) | undefined;
  let skipped_lines = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const event = parseJournalLine(line);
    if (event === undefined || !belongsToRun(event, folder.run_id, started)) skipped_lines++;
    else {
      events.push(event);
      if (event.type === "run.started") started ??= event;
    }
  }
  const known = started ?? readRunStarted(folder);
  return { folder, started: known, events, skipped_lines, ...reduceRun(folder, known, events) };
}

function reduceRun(folder: RunFolder, started: RunEvent & RunStarted, events: readonly RunEvent[]) {
  const reducers = new Map(started.tasks.map((task) => [task.task_id, createTaskReducer(task, folder)]));
  const by_task = new Map<string, RunEvent[]>();
  const context_totals = createContextTotals();
  for (const event of events) {
    context_totals.add(event);
    if (event.type === "run.resumed") reopenTasks(reducers, event.reused);
    if (!("task_id" in event)) continue;
    reducers.get(event.task_id)?.apply(event);
    const list = by_task.get(event.task_id);
    if (list === undefined) by_task.set(event.task_id, [event]);
    else list.push(event);
  }
  const traces = [...reducers].map(([task_id, reducer]) => reducer.trace(by_task.get(task_id) ?? []));
  const ended = new Set([...reducers].flatMap(([task_id, { outcome }]) => (outcome === undefined ? [] : [task_id])));
  // The end of an earlier start does not count once the run was resumed.
  const last_boundary = events.findLast((event) => event.type === "run.finished" || event.type === "run.resumed");
  const end = last_boundary?.type === "run.finished" ? last_boundary : undefined;
  const last = events.at(-1)?.time ?? started.time;
  const about = {
    correlation_id: started.correlation_id,
    max_workers: Number(started.options["max_workers"] ?? 1),
    total_time_ms: Math.max(0, Date.parse(last) - Date.parse(started.time)),
    context: context_totals.total(),
  };
  const rows = traces.map((trace) => resultOf(trace, folder));
  return { traces, ended, finished: end !== undefined, result: end?.result ?? createResult(folder, about, rows) };
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
