import { statSync } from "node:fs";
import { messageOf } from "#errors";
import type { Listener, PlannedTask, RunEvent, RunResult, RunStarted, TaskResult } from "#events";
import { replaceFile } from "#files";
import { removeAbandonedRuns, removeStaleResults, removeTempFiles, tasksWithoutTrace } from "./cleanup.ts";
import { createContextTotals } from "./context-totals.ts";
import { type Journal, journalLine, openJournal } from "./journal.ts";
import { type RunHistory, readEvents } from "./replay.ts";
import { createResult } from "./result.ts";
import { createRunFolder, type RunFolder } from "./run-folder.ts";
import { createTaskReducer, resultOf, type TaskTrace, traceOf } from "./task-trace.ts";

/** The recording of a run in progress. */
export interface Recording {
  folder: RunFolder;
  journal: Journal;
  /** Takes delivered events and writes a task's trace when the task ends. */
  listen: Listener;
  /** Returns the result so far; a task without an end counts as interrupted. */
  result(total_time_ms: number): RunResult;
  /** Writes index.json and result.json. */
  write(result: RunResult): void;
}

/** Options of `recordNew` and `recordResumed`. */
export interface RecordOptions {
  started: RunEvent & RunStarted;
  max_workers: number;
  /** Called once, when the journal can no longer be written. */
  onJournalFailure(error: string): void;
  /** Called when a derived file could not be written; the run continues. */
  onWarning(message: string): void;
}

/** Creates a run's folder and starts its recording. Throws a `DispatchError` if the folder cannot be created. */
export function recordNew(trace_dir: string, tasks_text: string, options: RecordOptions): Recording {
  const { started } = options;
  const folder = createRunFolder(trace_dir, started.run_id, tasks_text, journalLine(started));
  removeAbandonedRuns(trace_dir, Date.now());
  const journal = openJournal(
    folder.journal,
    { bytes: statSync(folder.journal).size, seq: started.seq },
    options.onJournalFailure,
  );
  return record(folder, journal, options, started.tasks);
}

/**
 * Continues the recording of a run whose dispatch has ended; `reused` are the tasks that have succeeded. Writes the traces
 * of reused tasks that the earlier dispatch did not get to write.
 */
export function recordResumed(history: RunHistory, reused: ReadonlySet<string>, options: RecordOptions): Recording {
  const { folder, planned, tasks } = history;
  removeTempFiles(folder);
  const { bytes, last_seq: seq, ends_in_newline } = history;
  const journal = openJournal(folder.journal, { bytes, seq, is_torn: !ends_in_newline }, options.onJournalFailure);
  removeStaleResults(folder, planned, reused);
  const earlier = new Map<string, RunEvent[]>();
  const repeated = planned.filter(({ task_id }) => !reused.has(task_id) && tasks.get(task_id)?.attempts.length !== 0);
  const missing = tasksWithoutTrace(
    folder,
    planned.filter(({ task_id }) => reused.has(task_id)),
  );
  const wanted = new Set([...repeated, ...missing].map(({ task_id }) => task_id));
  if (wanted.size > 0) for (const [task_id, events] of readEvents(history, wanted)) earlier.set(task_id, events);
  const recording = record(folder, journal, options, planned, earlier);
  for (const { task_id } of missing) recording.restore(task_id);
  for (const task_id of reused) {
    const task = tasks.get(task_id);
    if (task !== undefined) recording.reuse(task_id, resultOf(task.trace([]), folder, true));
  }
  return recording;
}

function record(
  folder: RunFolder,
  journal: Journal,
  options: RecordOptions,
  tasks: readonly PlannedTask[],
  earlier: ReadonlyMap<string, RunEvent[]> = new Map(),
): Recording & { restore(task_id: string): void; reuse(task_id: string, row: TaskResult): void } {
  const { started, onWarning } = options;
  /** In the result's order: tasks that join the run come last. */
  const planned = new Map<string, PlannedTask>(tasks.map((task) => [task.task_id, task]));
  /** Events of tasks that have not ended. */
  const open = new Map<string, RunEvent[]>(earlier);
  const rows = new Map<string, TaskResult>();
  const context_totals = createContextTotals();
  let warned = false;

  function writeJson(path: string, value: unknown): void {
    try {
      replaceFile(path, `${JSON.stringify(value, undefined, 2)}\n`);
    } catch (error) {
      if (!warned) onWarning(`${path} cannot be written: ${messageOf(error)}.`);
      warned = true;
    }
  }

  function listen(event: RunEvent): void {
    context_totals.add(event);
    if (!("task_id" in event)) return;
    const { task_id } = event;
    if (event.type === "tasks.added")
      for (const { definition: _, dependents: __, ...task } of event.tasks) planned.set(task.task_id, task);
    const task = planned.get(task_id);
    if (task === undefined) return;
    const events = open.get(task_id);
    if (events === undefined) open.set(task_id, [event]);
    else events.push(event);
    if (event.type !== "task.finished") return;
    const trace = traceOf(task, folder, open.get(task_id) ?? []);
    open.delete(task_id);
    rows.set(task_id, resultOf(trace, folder));
    writeJson(folder.trace(task_id), trace);
  }

  /** Returns the trace of a task without an end; an end in an earlier start does not count. */
  function openTrace(task: PlannedTask, events: readonly RunEvent[]): TaskTrace {
    const reducer = createTaskReducer(task, folder);
    for (const event of events) reducer.apply(event);
    reducer.reopen();
    return reducer.trace(events);
  }

  function restore(task_id: string): void {
    const task = planned.get(task_id);
    const events = open.get(task_id);
    if (task === undefined || events === undefined) return;
    writeJson(folder.trace(task_id), traceOf(task, folder, events));
    open.delete(task_id);
  }

  return {
    folder,
    journal,
    listen,
    restore,
    reuse: (task_id, row) => void rows.set(task_id, row),
    result(total_time_ms) {
      const results = [...planned.values()].map((task) => {
        const row = rows.get(task.task_id);
        if (row !== undefined) return row;
        const interrupted = resultOf(openTrace(task, open.get(task.task_id) ?? []), folder);
        if (journal.failure === undefined) return interrupted;
        const error = `The end of this task is not recorded, because the journal cannot be written: ${journal.failure}.`;
        return { ...interrupted, error };
      });
      const { max_workers } = options;
      const context = context_totals.total();
      return createResult(folder, { correlation_id: started.correlation_id, max_workers, total_time_ms, context }, results);
    },
    write(result) {
      writeJson(folder.index, indexOf(started, result));
      writeJson(folder.result, result);
    },
  };
}

/** The content of `index.json`: the run's summary, with a row per task. */
function indexOf(started: RunEvent & RunStarted, result: RunResult) {
  const { run_id, correlation_id, status, summary } = result;
  return {
    run_id,
    correlation_id,
    status,
    started_at: started.time,
    finished_at: new Date(Date.parse(started.time) + summary.total_time_ms).toISOString(),
    workspace_path: started.workspace_path,
    summary,
    tasks: result.results.map(
      ({ task_id, agent, description, status, error_kind, attempts, execution_time_ms, trace_file }) => ({
        task_id,
        agent,
        description,
        status,
        error_kind,
        attempts,
        execution_time_ms,
        trace_file,
      }),
    ),
  };
}
