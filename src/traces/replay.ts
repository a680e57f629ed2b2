import { basename, dirname } from "node:path";
import type { ContextGathered, PlannedTask, RunEvent, RunStarted } from "#events";
import { safeName } from "#tasks";
import { namesIn } from "./cleanup.ts";
import { type JournalPass, readJournal } from "./journal-reader.ts";
import type { RunFolder } from "./run-folder.ts";
import { type AddedTask, createRunReducer } from "./run-reducer.ts";
import type { TaskReducer } from "./task-trace.ts";

/** The state of a run, replayed from its journal. Holds no events, so its size grows with tasks only. */
export interface RunHistory extends JournalPass {
  folder: RunFolder;
  /** By task id, in the task file's order; added tasks follow. */
  tasks: ReadonlyMap<string, TaskReducer>;
  planned: readonly PlannedTask[];
  /** Tasks that joined the run. */
  added: readonly AddedTask[];
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
  const run = createRunReducer(folder, hasFile);
  const tokens: string[] = [];
  const options: RunStarted["options"][] = [];
  const vars: Record<string, string> = {};
  let gathered: ContextGathered | undefined;
  let last_seq = 0;
  const activity = createActivity();
  const pass = readJournal(folder, (event) => {
    run.apply(event);
    activity.add(event);
    last_seq = Math.max(last_seq, event.seq);
    if (event.type === "context.gathered") gathered = event;
    if (event.type !== "run.started" && event.type !== "run.resumed") return;
    tokens.push(event.token);
    options.push(event.options);
    Object.assign(vars, event.vars);
  });
  const { tasks, planned, added } = run;
  const newest_attempt = newestAttempts(tasks, logs);
  const active_ms = activity.total();
  return { folder, tasks, planned, added, gathered, newest_attempt, last_seq, tokens, options, vars, active_ms, ...pass };
}

/** Adds up the time of all starts. Times are parsed only at the ends of starts: parsing one per event is slow. */
function createActivity(): { add(event: RunEvent): void; total(): number } {
  let ms = 0;
  let first_time = "";
  let last_time = "";
  const total = (): number => (first_time === "" ? ms : ms + Math.max(0, Date.parse(last_time) - Date.parse(first_time)));
  return {
    total,
    add({ type, time }) {
      if (type === "run.started" || type === "run.resumed") {
        ms = total();
        first_time = time;
      }
      last_time = time;
    },
  };
}

/** Reads the events of some tasks in a second pass over the journal. */
export function readEvents({ folder }: RunHistory, task_ids: ReadonlySet<string>): Map<string, RunEvent[]> {
  const events = new Map<string, RunEvent[]>();
  readJournal(folder, (event) => {
    if (!("task_id" in event) || !task_ids.has(event.task_id)) return;
    const list = events.get(event.task_id);
    if (list === undefined) events.set(event.task_id, [event]);
    else list.push(event);
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
  const ids = new Map([...tasks.keys()].map((task_id) => [safeName(task_id), task_id]));
  for (const name of logs) {
    const at = name.lastIndexOf("@");
    const task_id = ids.get(name.slice(0, at));
    if (task_id !== undefined) noteAttempt(task_id, Number.parseInt(name.slice(at + 1), 10));
  }
  return newest;
}
