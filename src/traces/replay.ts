import { basename, dirname } from "node:path";
import type { ContextGathered, RunEvent, RunStarted } from "#events";
import { namesIn } from "./cleanup.ts";
import { belongsToRun, parseJournalLine, readRunStarted } from "./journal.ts";
import { readLines } from "./lines.ts";
import type { RunFolder } from "./run-folder.ts";
import { createTaskReducer, type TaskReducer } from "./task-trace.ts";

/** The state of a run, replayed from its journal. Holds no events, so its size grows with tasks only. */
export interface RunHistory {
  folder: RunFolder;
  started: RunEvent & RunStarted;
  /** By task id, in the task file's order. */
  tasks: ReadonlyMap<string, TaskReducer>;
  /** The context gathered for the run, if any. */
  gathered: ContextGathered | undefined;
  /** The highest attempt number of each task, in the journal or among the log files. */
  newest_attempt: ReadonlyMap<string, number>;
  /** The highest `seq` in the journal. */
  last_seq: number;
  /** The token of each start of the run. */
  tokens: readonly string[];
  /** The effective options of each start; the last are the current ones. */
  options: readonly RunStarted["options"][];
  /** Values for `${NAME}` given outside the task file; the last value of each name. */
  vars: NonNullable<RunStarted["vars"]>;
  /** Milliseconds during which a dispatch worked on the run, all starts together. */
  active_ms: number;
  /** Lines that were torn or foreign. */
  skipped_lines: number;
  /** Bytes of the journal, and whether its last line is complete. */
  bytes: number;
  ends_in_newline: boolean;
}

/** Replays a run's journal. Throws a `DispatchError` if the journal is unreadable or its first line is lost. */
export function replayRun(folder: RunFolder): RunHistory {
  const logs = namesIn(folder.logs);
  // List each folder once: there are as many files as attempts.
  const inputs = namesIn(dirname(folder.input("")));
  const hasFile = (path: string): boolean => {
    const name = basename(path);
    return logs.has(name) || inputs.has(name);
  };
  const tasks = new Map<string, TaskReducer>();
  const tokens: string[] = [];
  const options: RunStarted["options"][] = [];
  const vars: Record<string, string> = {};
  let gathered: ContextGathered | undefined;
  let started: (RunEvent & RunStarted) | undefined;
  let last_seq = 0;
  let skipped_lines = 0;
  let active_ms = 0;
  // Parse times only at the ends of starts: parsing one per event is slow.
  let first_time = "";
  let last_time = "";
  const endStart = (): void => {
    if (first_time !== "") active_ms += Math.max(0, Date.parse(last_time) - Date.parse(first_time));
  };

  function apply(event: RunEvent): void {
    last_seq = Math.max(last_seq, event.seq);
    if (event.type === "run.started" || event.type === "run.resumed") {
      endStart();
      first_time = event.time;
      tokens.push(event.token);
      options.push(event.options);
      Object.assign(vars, event.vars);
    }
    last_time = event.time;
    if (event.type === "run.started" && started === undefined) {
      started = event;
      for (const task of event.tasks) tasks.set(task.task_id, createTaskReducer(task, folder, hasFile));
    } else if (event.type === "run.resumed") reopenTasks(tasks, event.reused);
    else if (event.type === "context.gathered") gathered = event;
    else if ("task_id" in event) tasks.get(event.task_id)?.apply(event);
  }

  const read = readLines(folder, (line) => {
    const event = parseJournalLine(line);
    // The first line is damaged: use its copy.
    if (started === undefined && event?.type !== "run.started") apply(readRunStarted(folder));
    if (event === undefined || !belongsToRun(event, folder.run_id, started)) skipped_lines++;
    else apply(event);
  });
  const known = started ?? readRunStarted(folder);
  if (started === undefined) apply(known);
  endStart();
  return {
    folder,
    started: known,
    tasks,
    gathered,
    last_seq,
    tokens,
    options,
    vars,
    active_ms,
    skipped_lines,
    newest_attempt: newestAttempts(tasks, logs),
    ...read,
  };
}

/** Discards the ends of tasks that a resume does not reuse; the caller may repeat even a success. */
export function reopenTasks(tasks: ReadonlyMap<string, TaskReducer>, reused: readonly string[]): void {
  const is_reused = new Set(reused);
  for (const [task_id, task] of tasks) if (!is_reused.has(task_id)) task.reopen();
}

/** Reads the events of some tasks in a second pass over the journal. */
export function readEvents({ folder, started }: RunHistory, task_ids: ReadonlySet<string>): Map<string, RunEvent[]> {
  const events = new Map<string, RunEvent[]>([...task_ids].map((task_id) => [task_id, []]));
  readLines(folder, (line) => {
    const event = parseJournalLine(line);
    if (event === undefined || !("task_id" in event) || !belongsToRun(event, folder.run_id, started)) return;
    events.get(event.task_id)?.push(event);
  });
  return events;
}

/** Uses the log files too: an attempt's line may be torn, and its number must not be used again. */
function newestAttempts(tasks: ReadonlyMap<string, TaskReducer>, logs: ReadonlySet<string>): Map<string, number> {
  const newest = new Map<string, number>();
  const noteAttempt = (task_id: string, attempt: number): void => {
    if (attempt > (newest.get(task_id) ?? 0)) newest.set(task_id, attempt);
  };
  for (const [task_id, { attempts }] of tasks) noteAttempt(task_id, attempts.at(-1)?.attempt ?? 0);
  for (const name of logs) {
    const at = name.lastIndexOf("@");
    noteAttempt(name.slice(0, at), Number.parseInt(name.slice(at + 1), 10));
  }
  return newest;
}
