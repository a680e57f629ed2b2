import { readFileSync } from "node:fs";
import { DispatchError, messageOf, systemCode } from "#errors";
import type { RunEvent, RunResult, RunStarted } from "#events";
import { nearest } from "#tasks";
import { createContextTotals } from "./context-totals.ts";
import { isOwnEvent, parseJournalLine, readStarted } from "./journal.ts";
import { reopen } from "./replay.ts";
import { createResult } from "./result.ts";
import { isFolder, listRuns, type RunFolder, runFolder } from "./run-folder.ts";
import { createTaskReducer, resultOf, type TaskTrace } from "./task-trace.ts";

/** A run as its journal tells it. */
export interface RecordedRun {
  folder: RunFolder;
  started: RunEvent & RunStarted;
  events: RunEvent[];
  /** Whether the run came to its own end; if not, it is under way or was killed. */
  finished: boolean;
  /** Tasks that have an end; one that is to run again has none. */
  ended: ReadonlySet<string>;
  /** Lines that were torn or foreign. */
  skipped_lines: number;
  /** In the task file's order. */
  traces: TaskTrace[];
  result: RunResult;
}

/** Says that a trace directory has no runs, and how it comes by one. */
export function noRuns(trace_dir: string): DispatchError {
  const why = isFolder(trace_dir) ? "" : ": there is no such folder";
  const advice = "dispatch run TASK-FILE makes one; --trace-dir names another folder.";
  return new DispatchError("not_found", `There are no runs in ${trace_dir}${why}.`, { advice });
}

/** Finds a run by its id, by the beginning of its id, or the newest one. Throws a `DispatchError` where there is none. */
export function findRun(trace_dir: string, wanted?: string): RunFolder {
  const runs = listRuns(trace_dir);
  const [newest] = runs;
  if (newest === undefined) throw noRuns(trace_dir);
  if (wanted === undefined || wanted === "latest") return runFolder(trace_dir, newest);
  const matches = runs.filter((run) => run.startsWith(wanted));
  const [match] = matches;
  if (match === undefined) {
    const near = nearest(wanted, runs);
    const advice = near === undefined ? `The newest is ${newest}.` : `Did you mean ${near}?`;
    throw new DispatchError("not_found", `There is no run ${wanted} in ${trace_dir}.`, { advice });
  }
  if (matches.length > 1 && match !== wanted) {
    throw new DispatchError("not_found", `${wanted} could be ${matches.slice(0, 3).join(", ")}.`, {
      advice: "Give more of its id.",
    });
  }
  return runFolder(trace_dir, match);
}

/** Reads what happened in a run from its journal alone. Throws a `DispatchError` where the journal says nothing. */
export function readRun(folder: RunFolder): RecordedRun {
  let text: string;
  try {
    text = readFileSync(folder.journal, "utf8");
  } catch (error) {
    const what = systemCode(error) === "ENOENT" ? "has no journal" : `has a journal that cannot be read: ${messageOf(error)}`;
    throw new DispatchError("not_found", `The run ${folder.run_id} ${what}.`, { cause: error });
  }
  const events: RunEvent[] = [];
  let started: (RunEvent & RunStarted) | undefined;
  let skipped_lines = 0;
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const event = parseJournalLine(line);
    if (event === undefined || !isOwnEvent(event, folder.run_id, started)) skipped_lines++;
    else {
      events.push(event);
      if (event.type === "run.started") started ??= event;
    }
  }
  const known = started ?? readStarted(folder);
  return { folder, started: known, events, skipped_lines, ...foldRun(folder, known, events) };
}

function foldRun(folder: RunFolder, started: RunEvent & RunStarted, events: readonly RunEvent[]) {
  const folds = new Map(started.tasks.map((task) => [task.task_id, createTaskReducer(task, folder)]));
  const by_task = new Map<string, RunEvent[]>();
  const context_totals = createContextTotals();
  for (const event of events) {
    context_totals.hear(event);
    if (event.type === "run.resumed") reopen(folds, event.reused);
    if (!("task_id" in event)) continue;
    folds.get(event.task_id)?.take(event);
    const list = by_task.get(event.task_id);
    if (list === undefined) by_task.set(event.task_id, [event]);
    else list.push(event);
  }
  const traces = [...folds].map(([task_id, fold]) => fold.trace(by_task.get(task_id) ?? []));
  const ended = new Set([...folds].flatMap(([task_id, { outcome }]) => (outcome === undefined ? [] : [task_id])));
  // An end before the run was taken up again is none.
  const last_mark = events.findLast((event) => event.type === "run.finished" || event.type === "run.resumed");
  const end = last_mark?.type === "run.finished" ? last_mark : undefined;
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
 * How long each task took when it last ran, in milliseconds, by task id: in the newest run that has an index, and for what
 * that run took over from another, in older ones.
 */
export function earlierDurations(trace_dir: string): ReadonlyMap<string, number> {
  const durations = new Map<string, number>();
  for (const run of listRuns(trace_dir).slice(0, 5)) {
    try {
      const index: unknown = JSON.parse(readFileSync(runFolder(trace_dir, run).index, "utf8"));
      if (addDurations(index, durations)) return durations;
    } catch {
      // It was killed before it had one, or somebody has edited it: an older one serves as well.
    }
  }
  return durations;
}

/** False where some tasks did not run, because their success was there. */
function addDurations(index: unknown, durations: Map<string, number>): boolean {
  // Whatever is not as dispatch wrote it throws here, or is passed over.
  const { tasks } = index as {
    tasks: { task_id: unknown; status: unknown; attempts: unknown; execution_time_ms: unknown }[];
  };
  let is_whole = true;
  for (const { task_id, status, attempts, execution_time_ms: ms } of tasks) {
    if (status !== "success" || typeof task_id !== "string" || !Number.isFinite(ms)) continue;
    if (attempts === 0) is_whole = false;
    else if (!durations.has(task_id)) durations.set(task_id, Number(ms));
  }
  return is_whole;
}
