import { statSync } from "node:fs";
import { messageOf } from "#errors";
import type { Listener, PlannedTask, RunEvent, RunResult, RunStarted, TaskResult } from "#events";
import { createContextTotals } from "./context-totals.ts";
import { type Journal, journalLine, openJournal } from "./journal.ts";
import { createResult } from "./result.ts";
import { createRunFolder, type RunFolder, writeWhole } from "./run-folder.ts";
import { resultOf, traceOf } from "./task-trace.ts";

/** A run that is being recorded. */
export interface Recording {
  folder: RunFolder;
  journal: Journal;
  /** Hears what is on disk; writes a task's trace when it ends. */
  listen: Listener;
  /** The result of all that has been heard so far; a task whose end was not is interrupted. */
  result(total_time_ms: number): RunResult;
  /** Writes index.json and result.json. */
  write(result: RunResult): void;
}

/** Options of `record`. */
export interface RecordOptions {
  trace_dir: string;
  tasks_text: string;
  started: RunEvent & RunStarted;
  max_workers: number;
  /** The journal can no longer be written; called once. */
  onJournalFailure(error: string): void;
  /** Something derived could not be written: the run goes on. */
  onWarning(message: string): void;
}

/** Makes a run's folder and records what happens in it. Throws a `DispatchError` where the folder cannot be made. */
export function record(options: RecordOptions): Recording {
  const { started, onWarning } = options;
  const folder = createRunFolder(options.trace_dir, started.run_id, options.tasks_text, journalLine(started));
  const journal = openJournal(
    folder.journal,
    { bytes: statSync(folder.journal).size, seq: started.seq },
    options.onJournalFailure,
  );
  const planned = new Map<string, PlannedTask>(started.tasks.map((task) => [task.task_id, task]));
  /** Events of tasks that have not ended. */
  const open = new Map<string, RunEvent[]>();
  const rows = new Map<string, TaskResult>();
  const context_totals = createContextTotals();
  let warned = false;

  function writeJson(path: string, value: unknown): void {
    try {
      writeWhole(path, `${JSON.stringify(value, undefined, 2)}\n`);
    } catch (error) {
      if (!warned) onWarning(`${path} cannot be written: ${messageOf(error)}.`);
      warned = true;
    }
  }

  function listen(event: RunEvent): void {
    context_totals.hear(event);
    if (!("task_id" in event)) return;
    const { task_id } = event;
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

  return {
    folder,
    journal,
    listen,
    result(total_time_ms) {
      const results = started.tasks.map((task) => {
        const row = rows.get(task.task_id);
        if (row !== undefined) return row;
        const unfinished = resultOf(traceOf(task, folder, open.get(task.task_id) ?? []), folder);
        if (journal.failure === undefined) return unfinished;
        return {
          ...unfinished,
          error: `The journal cannot be written, so that this task's end is not recorded: ${journal.failure}.`,
        };
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

/** The run's summary, with a row a task. */
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
