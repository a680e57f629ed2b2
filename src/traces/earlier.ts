import { DispatchError } from "#errors";
import type { AttemptLeft, ReuseKey } from "#events";
import { parseJournalLine } from "./journal.ts";
import { type LinePlace, readLine, readLines } from "./lines.ts";
import { listRuns, type RunFolder, runFolder } from "./run-folder.ts";

/** A success in an earlier run, and what a task must agree with for it to stand. */
export interface EarlierSuccess {
  /** The run that did the work. */
  from: string;
  key: ReuseKey;
  left: AttemptLeft["files"];
  /** Reads what it had produced. Throws where the journal has been changed since. */
  output(): unknown;
}

/** How far is looked back. */
const most_runs = 50;
/** Most that are kept of each task: a memory of every state that it was ever in serves nobody. */
const most_of_a_task = 5;

/** The successes of some tasks in the runs of a trace directory, by task id, newest first. */
export function earlierSuccesses(
  trace_dir: string,
  task_ids: ReadonlySet<string>,
  except?: string,
): Map<string, EarlierSuccess[]> {
  const found = new Map<string, EarlierSuccess[]>();
  let open = task_ids.size;
  for (const run_id of listRuns(trace_dir).slice(0, most_runs)) {
    if (open === 0) break;
    if (run_id === except) continue;
    for (const [task_id, success] of successesOf(runFolder(trace_dir, run_id), task_ids)) {
      const of_task = found.get(task_id) ?? [];
      if (of_task.length === most_of_a_task) continue;
      of_task.push(success);
      found.set(task_id, of_task);
      if (of_task.length === most_of_a_task) open--;
    }
  }
  return found;
}

/** Events that tell of a success; the type stands at the beginning of a line. */
const telling = /"type":"(?:attempt\.(?:started|input|left)|task\.(?:reused|finished))"/;

/** What is known of a task while its run's journal is read. */
interface Open {
  from: string;
  key?: ReuseKey;
  left: AttemptLeft["files"];
  end?: LinePlace;
}

function successesOf(folder: RunFolder, task_ids: ReadonlySet<string>): Map<string, EarlierSuccess> {
  const tasks = new Map<string, Open>();
  const take = (line: string, place: LinePlace): void => {
    if (!telling.test(line.slice(0, 200))) return;
    const event = parseJournalLine(line);
    if (event === undefined || !("task_id" in event) || !task_ids.has(event.task_id)) return;
    const { task_id } = event;
    switch (event.type) {
      case "attempt.started":
        tasks.delete(task_id);
        break;
      case "attempt.input":
        // Runs from before there were keys have none.
        if (event.key !== undefined) tasks.set(task_id, { from: folder.run_id, key: event.key, left: {} });
        break;
      case "attempt.left":
        Object.assign(tasks.get(task_id) ?? {}, { left: event.files });
        break;
      case "task.reused":
        tasks.set(task_id, { from: event.from, key: event.key, left: event.left });
        break;
      case "task.finished":
        if (event.outcome.status === "success") Object.assign(tasks.get(task_id) ?? {}, { end: place });
        break;
      default:
        break;
    }
  };
  try {
    readLines(folder, take);
  } catch (error) {
    // It was removed meanwhile, or never had a journal: it has nothing to give.
    if (!(error instanceof DispatchError)) throw error;
  }
  const successes = new Map<string, EarlierSuccess>();
  for (const [task_id, { from, key, left, end }] of tasks) {
    if (key === undefined || end === undefined) continue;
    successes.set(task_id, { from, key, left, output: () => outputOf(folder, end) });
  }
  return successes;
}

function outputOf(folder: RunFolder, place: LinePlace): unknown {
  const event = parseJournalLine(readLine(folder.journal, place));
  if (event?.type === "task.finished" && event.outcome.status === "success") return event.outcome.output;
  throw new Error(`${folder.journal} has changed`);
}
