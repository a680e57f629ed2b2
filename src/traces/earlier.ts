import { existsSync } from "node:fs";
import { DispatchError } from "#errors";
import type { AttemptLeft, ReuseKey, RunEvent } from "#events";
import { parseJournalLine } from "./journal.ts";
import { type LinePlace, readLine, readLines } from "./lines.ts";
import { listRuns, type RunFolder, runFolder } from "./run-folder.ts";

/** A success in an earlier run, and what a task must agree with for it to stand. */
export interface EarlierSuccess {
  /** The run that did the work. */
  from: string;
  key: ReuseKey;
  left: AttemptLeft["files"];
  /** Of that, what later tasks of the run went on with, as they left it. */
  later: AttemptLeft["files"];
  /** Reads what it had produced. Throws where the journal has been changed since. */
  output(): unknown;
}

/** How many runs with any of the tasks are looked at, and how many to find those. */
const max_runs = 50;
const max_looked_at = 2000;
/** Most that are kept of each task: a memory of every state that it was ever in serves nobody. */
const max_of_a_task = 5;

/** What earlier runs had done. */
export interface EarlierSuccesses {
  /** By task id, newest first. */
  successes: Map<string, EarlierSuccess[]>;
  /** Runs whose journals are damaged, or cannot be read. */
  passed_over: string[];
  /** Files that those runs were to write beside their folders. */
  written: Set<string>;
}

/** The successes of some tasks in the runs of a trace directory. */
export function earlierSuccesses(trace_dir: string, task_ids: ReadonlySet<string>, except?: string): EarlierSuccesses {
  const successes = new Map<string, EarlierSuccess[]>();
  const passed_over: string[] = [];
  const written = new Set<string>();
  let open = task_ids.size;
  let runs = 0;
  for (const run_id of listRuns(trace_dir).slice(0, max_looked_at)) {
    if (open === 0 || runs === max_runs) break;
    if (run_id === except) continue;
    const found = successesOf(runFolder(trace_dir, run_id), task_ids);
    if (found.is_damaged) passed_over.push(run_id);
    if (found.has_any) runs++;
    for (const path of found.writes) written.add(path);
    for (const [task_id, success] of found.successes) {
      const of_task = successes.get(task_id) ?? [];
      if (of_task.length === max_of_a_task) continue;
      of_task.push(success);
      successes.set(task_id, of_task);
      if (of_task.length === max_of_a_task) open--;
    }
  }
  return { successes, passed_over, written };
}

/** Events that say nothing of a success; the type stands at the beginning of a line, which need not be read any further. */
const not_reusable =
  /^\{"v":[^{]*"type":"(?:agent\.\w+|attempt\.finished|context\.gathered|task\.(?:ready|started|retrying|waiting|changed))"/;

/** Of content, and no other word for a file. */
const is_hash = /^[0-9a-f]{16}$/;

/** What is known of a task while its run's journal is read. */
interface Open {
  from: string;
  key?: ReuseKey;
  left: AttemptLeft["files"];
  later: Record<string, string | null>;
  /** The attempt whose key it is; 0 where none was made. */
  attempt: number;
  end?: LinePlace;
}

interface Found {
  successes: Map<string, EarlierSuccess>;
  /** It was about some of the tasks, as far as can be told. */
  has_any: boolean;
  is_damaged: boolean;
  writes: readonly string[];
}

function successesOf(folder: RunFolder, task_ids: ReadonlySet<string>): Found {
  const tasks = new Map<string, Open>();
  let has_any = true;
  let writes: readonly string[] = [];
  let damaged_lines = 0;
  let is_last_damaged = false;
  const take = (line: string, place: LinePlace): boolean => {
    is_last_damaged = false;
    if (not_reusable.test(line.slice(0, 200))) return true;
    const event = parseJournalLine(line);
    is_last_damaged = event === undefined;
    if (event === undefined) {
      damaged_lines++;
      // It may have told of any that were under way: of what they have left, or that they were begun again.
      for (const [task_id, { end }] of tasks) if (end === undefined) tasks.delete(task_id);
    } else if (event.type === "run.started") {
      has_any = event.tasks.some(({ task_id }) => task_ids.has(task_id));
      writes = event.writes ?? [];
    } else note(event, place);
    // The first line says whether the others are worth reading.
    return has_any;
  };
  const note = (event: RunEvent, place: LinePlace): void => {
    if (!("task_id" in event) || !task_ids.has(event.task_id)) return;
    const { task_id } = event;
    switch (event.type) {
      case "attempt.started":
        tasks.delete(task_id);
        break;
      case "attempt.input":
        // Runs from before there were keys have none.
        if (event.key !== undefined)
          tasks.set(task_id, { from: folder.run_id, key: event.key, left: {}, later: {}, attempt: event.attempt });
        break;
      case "attempt.left":
        Object.assign(tasks.get(task_id) ?? {}, { left: event.files });
        for (const [name, hash] of Object.entries(event.files))
          if (hash === null || is_hash.test(hash)) goOn(task_id, name, hash);
        see(task_id, event.files, tasks.get(task_id)?.key ?? {});
        break;
      case "task.reused":
        tasks.set(task_id, { from: event.from, key: event.key, left: event.left, later: {}, attempt: 0 });
        see(task_id, event.left, event.key);
        break;
      case "task.finished":
        // Another attempt's end is not this one's: what was between them is lost.
        if (event.outcome.status !== "success" || tasks.get(task_id)?.attempt !== event.attempts) tasks.delete(task_id);
        else Object.assign(tasks.get(task_id) ?? {}, { end: place });
        break;
      default:
        break;
    }
  };
  /** By name, the tasks that have changed a file: what was merely read is not theirs. */
  const changed_by = new Map<string, Set<string>>();
  const see = (task_id: string, left: AttemptLeft["files"], key: ReuseKey): void => {
    for (const [name, hash] of Object.entries(left)) {
      if (hash === key[`file ${name}`]) continue;
      const others = changed_by.get(name);
      if (others === undefined) changed_by.set(name, new Set([task_id]));
      else others.add(task_id);
    }
  };
  const goOn = (task_id: string, name: string, hash: string | null): void => {
    for (const other of changed_by.get(name) ?? []) {
      const before = other === task_id ? undefined : tasks.get(other);
      if (before !== undefined && name in before.left) before.later[name] = hash;
    }
  };
  let is_damaged = false;
  try {
    const { ends_in_newline } = readLines(folder, take);
    // The last line of a run that is under way, or was killed, may be half written.
    is_damaged = damaged_lines > (is_last_damaged && !ends_in_newline ? 1 : 0);
  } catch (error) {
    if (!(error instanceof DispatchError)) throw error;
    // It was removed meanwhile, or never had a journal: it has nothing to give.
    is_damaged = existsSync(folder.journal);
  }
  const successes = new Map<string, EarlierSuccess>();
  for (const [task_id, { from, key, left, later, end }] of tasks) {
    if (key === undefined || end === undefined) continue;
    successes.set(task_id, { from, key, left, later, output: () => outputOf(folder, end) });
  }
  return { successes, has_any, is_damaged, writes };
}

function outputOf(folder: RunFolder, place: LinePlace): unknown {
  const event = parseJournalLine(readLine(folder.journal, place));
  if (event?.type === "task.finished" && event.outcome.status === "success") return event.outcome.output;
  throw new Error(`${folder.journal} has changed`);
}
