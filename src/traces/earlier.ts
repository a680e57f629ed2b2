import { existsSync } from "node:fs";
import { DispatchError } from "#errors";
import type { AttemptLeft, ReuseKey, RunEvent } from "#events";
import { parseJournalLine } from "./journal.ts";
import { type LineRange, readLine, readLines } from "./lines.ts";
import { listRuns, type RunFolder, runFolder } from "./run-folder.ts";

/** A success in an earlier run, and the key that a task must match to reuse it. */
export interface EarlierSuccess {
  /** The run that did the work. */
  from: string;
  key: ReuseKey;
  left: AttemptLeft["files"];
  /** The files in `left` that later tasks of the run changed again, as those tasks left them. */
  later: AttemptLeft["files"];
  /** Reads its output. Throws if the journal has changed since. */
  output(): unknown;
}

/** Runs with at least one of the tasks that are searched, and runs opened to find them. */
const max_runs = 50;
const max_runs_read = 2000;
/** Successes kept per task; the newest states are the likely matches. */
const max_per_task = 5;

/** The successes found in earlier runs. */
export interface EarlierSuccesses {
  /** By task id, newest first. */
  successes: Map<string, EarlierSuccess[]>;
  /** Runs whose journals are damaged or unreadable. */
  damaged_runs: string[];
  /** Files that those runs wrote outside their folders, such as reports. */
  written: Set<string>;
}

/** Finds successes of the given tasks in the runs of a trace directory. */
export function earlierSuccesses(trace_dir: string, task_ids: ReadonlySet<string>, except?: string): EarlierSuccesses {
  const successes = new Map<string, EarlierSuccess[]>();
  const damaged_runs: string[] = [];
  const written = new Set<string>();
  let open = task_ids.size;
  let runs = 0;
  for (const run_id of listRuns(trace_dir).slice(0, max_runs_read)) {
    if (open === 0 || runs === max_runs) break;
    if (run_id === except) continue;
    const found = readSuccesses(runFolder(trace_dir, run_id), task_ids);
    if (found.is_damaged) damaged_runs.push(run_id);
    if (found.is_relevant) runs++;
    for (const path of found.writes) written.add(path);
    for (const [task_id, success] of found.successes) {
      const of_task = successes.get(task_id) ?? [];
      if (of_task.length === max_per_task) continue;
      of_task.push(success);
      successes.set(task_id, of_task);
      if (of_task.length === max_per_task) open--;
    }
  }
  return { successes, damaged_runs, written };
}

/** Matches events that do not matter for reuse. The type comes early in a line, so most lines are never parsed. */
const irrelevant_line =
  /^\{"v":[^{]*"type":"(?:agent\.\w+|attempt\.finished|context\.gathered|task\.(?:ready|started|retrying|waiting|changed))"/;

/** A content hash, as opposed to `file` or `folder`. */
const is_hash = /^[0-9a-f]{16}$/;

/** A task's state while its run's journal is read. */
interface Candidate {
  from: string;
  key?: ReuseKey;
  left: AttemptLeft["files"];
  later: Record<string, string | null>;
  /** The attempt that the key belongs to; 0 for a reused task. */
  attempt: number;
  end?: LineRange;
}

interface RunSuccesses {
  successes: Map<string, EarlierSuccess>;
  /** False if the run's first line names none of the tasks. */
  is_relevant: boolean;
  is_damaged: boolean;
  writes: readonly string[];
}

function readSuccesses(folder: RunFolder, task_ids: ReadonlySet<string>): RunSuccesses {
  const tasks = new Map<string, Candidate>();
  let is_relevant = true;
  let writes: readonly string[] = [];
  let damaged_lines = 0;
  let is_last_damaged = false;
  const onLine = (line: string, range: LineRange): boolean => {
    is_last_damaged = false;
    if (irrelevant_line.test(line.slice(0, 200))) return true;
    const event = parseJournalLine(line);
    is_last_damaged = event === undefined;
    if (event === undefined) {
      damaged_lines++;
      // The damaged line may belong to any task that is still open, so none of them can be reused.
      for (const [task_id, { end }] of tasks) if (end === undefined) tasks.delete(task_id);
    } else if (event.type === "run.started") {
      is_relevant = event.tasks.some(({ task_id }) => task_ids.has(task_id));
      writes = event.writes ?? [];
    } else apply(event, range);
    // The first line decides whether to read the others.
    return is_relevant;
  };
  const apply = (event: RunEvent, range: LineRange): void => {
    if (!("task_id" in event) || !task_ids.has(event.task_id)) return;
    const { task_id } = event;
    switch (event.type) {
      case "attempt.started":
        tasks.delete(task_id);
        break;
      case "attempt.input":
        // Journals of older versions have no keys.
        if (event.key !== undefined)
          tasks.set(task_id, { from: folder.run_id, key: event.key, left: {}, later: {}, attempt: event.attempt });
        break;
      case "attempt.left":
        Object.assign(tasks.get(task_id) ?? {}, { left: event.files });
        for (const [name, hash] of Object.entries(event.files))
          if (hash === null || is_hash.test(hash)) noteLaterChange(task_id, name, hash);
        noteChanges(task_id, event.files, tasks.get(task_id)?.key ?? {});
        break;
      case "task.reused":
        tasks.set(task_id, { from: event.from, key: event.key, left: event.left, later: {}, attempt: 0 });
        noteChanges(task_id, event.left, event.key);
        break;
      case "task.finished":
        // An end of another attempt means that lines in between are lost.
        if (event.outcome.status !== "success" || tasks.get(task_id)?.attempt !== event.attempts) tasks.delete(task_id);
        else Object.assign(tasks.get(task_id) ?? {}, { end: range });
        break;
      default:
        break;
    }
  };
  /** By file name, the tasks that changed the file; tasks that only read it are left out. */
  const changed_by = new Map<string, Set<string>>();
  const noteChanges = (task_id: string, left: AttemptLeft["files"], key: ReuseKey): void => {
    for (const [name, hash] of Object.entries(left)) {
      if (hash === key[`file ${name}`]) continue;
      const others = changed_by.get(name);
      if (others === undefined) changed_by.set(name, new Set([task_id]));
      else others.add(task_id);
    }
  };
  const noteLaterChange = (task_id: string, name: string, hash: string | null): void => {
    for (const other of changed_by.get(name) ?? []) {
      const earlier = other === task_id ? undefined : tasks.get(other);
      if (earlier !== undefined && name in earlier.left) earlier.later[name] = hash;
    }
  };
  let is_damaged = false;
  try {
    const { ends_in_newline } = readLines(folder, onLine);
    // A run that is still running or was killed may end in half a line.
    is_damaged = damaged_lines > (is_last_damaged && !ends_in_newline ? 1 : 0);
  } catch (error) {
    if (!(error instanceof DispatchError)) throw error;
    // The run was removed meanwhile or has no journal: it has no successes.
    is_damaged = existsSync(folder.journal);
  }
  const successes = new Map<string, EarlierSuccess>();
  for (const [task_id, { from, key, left, later, end }] of tasks) {
    if (key === undefined || end === undefined) continue;
    successes.set(task_id, { from, key, left, later, output: () => readOutput(folder, end) });
  }
  return { successes, is_relevant, is_damaged, writes };
}

function readOutput(folder: RunFolder, range: LineRange): unknown {
  const event = parseJournalLine(readLine(folder.journal, range));
  if (event?.type === "task.finished" && event.outcome.status === "success") return event.outcome.output;
  throw new Error(`${folder.journal} has changed`);
}
