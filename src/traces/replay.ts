import { basename, dirname } from "node:path";
import type { ContextGathered, RunEvent, RunStarted } from "#events";
import { isOwnEvent, parseJournalLine, readStarted } from "./journal.ts";
import { namesIn } from "./leftovers.ts";
import { readLines } from "./lines.ts";
import type { RunFolder } from "./run-folder.ts";
import { createTaskReducer, type TaskReducer } from "./task-trace.ts";

/** What a journal says of a run, without the events themselves: it grows with tasks, not with events. */
export interface RunHistory {
  folder: RunFolder;
  started: RunEvent & RunStarted;
  /** By task id, for each of the run's tasks. */
  tasks: ReadonlyMap<string, TaskReducer>;
  /** What was gathered for its tasks, if anything was. */
  gathered: ContextGathered | undefined;
  /** The newest attempt of each task that left anything, whether the journal knows of it or not. */
  newest_attempt: ReadonlyMap<string, number>;
  /** The newest that any line has. */
  last_seq: number;
  /** Of every start so far. */
  tokens: readonly string[];
  /** The options that each start had in force; the last are those that hold. */
  options: readonly RunStarted["options"][];
  /** Values that were given beside the task file, the last of each name. */
  vars: NonNullable<RunStarted["vars"]>;
  /** Time in which a dispatch was at it; milliseconds. */
  active_ms: number;
  /** Lines that were torn or foreign. */
  skipped_lines: number;
  /** Bytes of the journal, and whether the last line is whole. */
  bytes: number;
  ends_in_newline: boolean;
}

/** Rebuilds from the journal alone what is done. Throws a `DispatchError` where the journal does not say what the run was. */
export function replayRun(folder: RunFolder): RunHistory {
  const logs = namesIn(folder.logs);
  // One look at each folder: there are as many files as attempts.
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
  // Read as times only where a start ends: there are as many times as events.
  let first_time = "";
  let last_time = "";
  const endStart = (): void => {
    if (first_time !== "") active_ms += Math.max(0, Date.parse(last_time) - Date.parse(first_time));
  };

  function take(event: RunEvent): void {
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
    } else if (event.type === "run.resumed") reopen(tasks, event.reused);
    else if (event.type === "context.gathered") gathered = event;
    else if ("task_id" in event) tasks.get(event.task_id)?.take(event);
  }

  const read = readLines(folder, (line) => {
    const event = parseJournalLine(line);
    // The first line is damaged, and what it said stands a second time.
    if (started === undefined && event?.type !== "run.started") take(readStarted(folder));
    if (event === undefined || !isOwnEvent(event, folder.run_id, started)) skipped_lines++;
    else take(event);
  });
  const known = started ?? readStarted(folder);
  if (started === undefined) take(known);
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

/** What a resume does not take over has no end any more: it may have been told to repeat a success. */
export function reopen(tasks: ReadonlyMap<string, TaskReducer>, reused: readonly string[]): void {
  const is_reused = new Set(reused);
  for (const [task_id, fold] of tasks) if (!is_reused.has(task_id)) fold.reopen();
}

/** The events of some tasks, read once more. */
export function eventsOf({ folder, started }: RunHistory, task_ids: ReadonlySet<string>): Map<string, RunEvent[]> {
  const events = new Map<string, RunEvent[]>([...task_ids].map((task_id) => [task_id, []]));
  readLines(folder, (line) => {
    const event = parseJournalLine(line);
    if (event === undefined || !("task_id" in event) || !isOwnEvent(event, folder.run_id, started)) return;
    events.get(event.task_id)?.push(event);
  });
  return events;
}

/** By the logs too: the line that told of an attempt may be the one that was torn, and its files must not be another's. */
function newestAttempts(tasks: ReadonlyMap<string, TaskReducer>, logs: ReadonlySet<string>): Map<string, number> {
  const newest = new Map<string, number>();
  const see = (task_id: string, attempt: number): void => {
    if (attempt > (newest.get(task_id) ?? 0)) newest.set(task_id, attempt);
  };
  for (const [task_id, { attempts }] of tasks) see(task_id, attempts.at(-1)?.attempt ?? 0);
  for (const name of logs) {
    const at = name.lastIndexOf("@");
    see(name.slice(0, at), Number.parseInt(name.slice(at + 1), 10));
  }
  return newest;
}
