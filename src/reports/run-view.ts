import type { ErrorKind, TaskResult } from "#events";
import type { RecordedRun, TaskTrace } from "#traces";
import { plural } from "./printable.ts";

/** What a task has come to. In a run without an end of its own a task may have none either. */
export type TaskState = "succeeded" | "failed" | "skipped" | "cancelled" | "unfinished" | "not started";

/** A task as reports see it. */
export interface TaskView {
  task_id: string;
  row: TaskResult;
  trace: TaskTrace;
  state: TaskState;
  /** Tasks that were skipped because of this one, in file order. */
  took_down: string[];
}

/** A recorded run as reports see it. */
export interface RunView {
  run: RecordedRun;
  /** In the task file's order. */
  tasks: TaskView[];
  by_id: ReadonlyMap<string, TaskView>;
}

const ended_states = { success: "succeeded", error: "failed", skipped: "skipped", cancelled: "cancelled" } as const;

/** Joins what the journal says of each task. The result's row is what counts: an event of it may be torn. */
export function viewRun(run: RecordedRun): RunView {
  const rows = new Map(run.result.results.map((row) => [row.task_id, row]));
  const tasks = run.traces.flatMap((trace): TaskView[] => {
    const row = rows.get(trace.task_id);
    if (row === undefined) return [];
    const ended = run.finished || run.ended.has(trace.task_id);
    const state = ended ? ended_states[row.status] : trace.attempts.length > 0 ? "unfinished" : "not started";
    return [{ task_id: trace.task_id, row, trace, state, took_down: [] }];
  });
  const by_id = new Map(tasks.map((task) => [task.task_id, task]));
  for (const { task_id, trace } of tasks) by_id.get(trace.root_task_id ?? "")?.took_down.push(task_id);
  return { run, tasks, by_id };
}

const state_order: readonly TaskState[] = ["succeeded", "failed", "skipped", "cancelled", "unfinished", "not started"];

/** `3 succeeded, 1 failed`: the states that there are. */
export function countStates(tasks: readonly TaskView[]): string {
  const counts = new Map<TaskState, number>();
  for (const { state } of tasks) counts.set(state, (counts.get(state) ?? 0) + 1);
  return state_order
    .flatMap((state) => {
      const count = counts.get(state);
      return count === undefined ? [] : [`${count.toLocaleString("en")} ${state}`];
    })
    .join(", ");
}

/** What there is to know about the journal itself before one believes what is derived from it. */
export function journalNotes({ run }: RunView): string[] {
  const notes: string[] = [];
  if (!run.finished) {
    const last = run.events.at(-1)?.time ?? run.started.time;
    notes.push(`The run has no end in its journal: it is still under way, or it was killed. The last event is of ${last}.`);
  }
  if (run.skipped_lines > 0) {
    const what = run.skipped_lines === 1 ? "is damaged and was" : "are damaged and were";
    notes.push(`${plural(run.skipped_lines, "line")} of the journal ${what} skipped: ${run.folder.journal}`);
  }
  return notes;
}

/** The run's status in a word. */
export const statusOf = ({ run }: RunView): string => (run.finished ? run.result.status : "unfinished");

/** How long it took and what working in parallel has gained. */
export function speedUp({ run }: RunView): number | undefined {
  const { total_time_ms, sequential_time_ms } = run.result.summary;
  const ratio = total_time_ms === 0 ? 0 : sequential_time_ms / total_time_ms;
  return ratio >= 1.05 ? ratio : undefined;
}

/** An attempt before the last one. */
export interface EarlierAttempt {
  attempt: number;
  how: "failed" | "was stopped" | "was interrupted" | "has no end";
  error_kind: ErrorKind;
  error: string;
}

/** Attempts before the last one: what a task had to get over. */
export function earlierAttempts({ run }: RunView, { trace }: TaskView): EarlierAttempt[] {
  return trace.attempts.slice(0, -1).map(({ attempt, status, started_at, error_kind, error }, i) => {
    if (status !== null) {
      const how = status === "cancelled" ? "was stopped" : "failed";
      return { attempt, how, error_kind: error_kind ?? "internal", error: error ?? "It gave no reason." };
    }
    const next = trace.attempts[i + 1]?.started_at ?? "";
    // Times of one form sort as texts.
    const was_cut = run.events.some(({ type, time }) => type === "run.resumed" && time >= started_at && time <= next);
    return was_cut
      ? { attempt, how: "was interrupted", error_kind: "interrupted", error: cut_short }
      : { attempt, how: "has no end", error_kind: "internal", error: "Its line in the journal is damaged." };
  });
}

const cut_short = "dispatch was killed while it ran, or the machine went down.";
