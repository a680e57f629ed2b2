import type { ErrorKind, TaskResult } from "#events";
import type { RecordedRun, TaskTrace } from "#traces";
import { plural } from "./printable.ts";
import { type ShownStatus, shownStatus } from "./status.ts";

/** A task's status in reports. In a run without an end, a task without an end is `open` or `not started`. */
export type TaskState = ShownStatus | "open" | "not started";

/** A task as reports see it. */
export interface TaskView {
  task_id: string;
  row: TaskResult;
  trace: TaskTrace;
  state: TaskState;
  /** Tasks skipped because of this one, in the task file's order. */
  took_down: string[];
}

/** A recorded run as reports see it. */
export interface RunView {
  run: RecordedRun;
  /** In the task file's order. */
  tasks: TaskView[];
  by_id: ReadonlyMap<string, TaskView>;
}

/** Joins the rows and traces of a run. The row decides a task's status, because the task's events may be damaged. */
export function viewRun(run: RecordedRun): RunView {
  const rows = new Map(run.result.results.map((row) => [row.task_id, row]));
  const tasks = run.traces.flatMap((trace): TaskView[] => {
    const row = rows.get(trace.task_id);
    if (row === undefined) return [];
    const ended = run.finished || run.ended.has(trace.task_id);
    const state = ended ? shownStatus(row.status, row.error_kind) : trace.attempts.length > 0 ? "open" : "not started";
    return [{ task_id: trace.task_id, row, trace, state, took_down: [] }];
  });
  const by_id = new Map(tasks.map((task) => [task.task_id, task]));
  for (const { task_id, trace } of tasks) by_id.get(trace.root_task_id ?? "")?.took_down.push(task_id);
  return { run, tasks, by_id };
}

const state_order: readonly TaskState[] = ["success", "error", "skipped", "cancelled", "interrupted", "open", "not started"];

/** Counts tasks by state: `3 success, 1 error`. */
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

/** Notes about a journal that has no end or has damaged lines. */
export function journalNotes({ run }: RunView): string[] {
  const notes: string[] = [];
  if (!run.finished) {
    const last = run.events.at(-1)?.time ?? run.started.time;
    notes.push(`The run has not ended: it is still running, or it was killed. The last event was at ${last}.`);
  }
  if (run.skipped_lines > 0) {
    const were = run.skipped_lines === 1 ? "was" : "were";
    notes.push(`${plural(run.skipped_lines, "damaged line")} of the journal ${were} skipped: ${run.folder.journal}`);
  }
  return notes;
}

/** Returns the run's status, or `open` for a run without an end. */
export const statusOf = ({ run }: RunView): string => (run.finished ? run.result.status : "open");

/** Returns how many times faster the run was than its tasks one after another; undefined below 1.05. */
export function speedUp({ run }: RunView): number | undefined {
  const { total_time_ms, sequential_time_ms } = run.result.summary;
  const ratio = total_time_ms === 0 ? 0 : sequential_time_ms / total_time_ms;
  return ratio >= 1.05 ? ratio : undefined;
}

/** An attempt before a task's last one. */
export interface EarlierAttempt {
  attempt: number;
  /** The predicate of a sentence about the attempt. */
  how: "failed" | "was cancelled" | "was interrupted" | "has no end";
  error_kind: ErrorKind;
  error: string;
}

/** Returns the attempts before a task's last one, except a success that a resume was asked to repeat. */
export function earlierAttempts({ run }: RunView, { trace }: TaskView): EarlierAttempt[] {
  return trace.attempts.slice(0, -1).flatMap(({ attempt, status, started_at, error_kind, error }, i) => {
    if (status === "success") return [];
    if (status !== null) {
      const how = status === "error" ? "failed" : error_kind === "interrupted" ? "was interrupted" : "was cancelled";
      return { attempt, how, error_kind: error_kind ?? "internal", error: error ?? no_error };
    }
    const next = trace.attempts[i + 1]?.started_at ?? "";
    // ISO 8601 times sort as strings.
    const was_killed = run.events.some(({ type, time }) => type === "run.resumed" && time >= started_at && time <= next);
    return was_killed
      ? { attempt, how: "was interrupted", error_kind: "interrupted", error: killed_reason }
      : { attempt, how: "has no end", error_kind: "internal", error: "Its end in the journal is damaged." };
  });
}

/** Shown for a failure without an error message. */
export const no_error = "No error message was recorded.";

const killed_reason = "dispatch was killed or the machine went down during the attempt.";
