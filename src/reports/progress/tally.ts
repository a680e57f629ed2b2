import type { Listener, TaskStatus } from "#events";
import { oneLine } from "../printable.ts";
import { createEstimate, type PlannedWork } from "./estimate.ts";
import type { Ending } from "./progress.ts";

/** A task that has been started and has not ended. */
export interface OpenTask {
  task_id: string;
  attempt: number;
  /** When this attempt began. */
  since: number;
  /** When the next attempt is due, if the task waits for it. */
  retry_at: number | undefined;
  /** What its agent said or did last, else its description. */
  doing: string;
}

/** Where a run stands. */
export interface Tally {
  listen: Listener;
  readonly total: number;
  /** Tasks that have ended. */
  readonly done: number;
  /** How many ended as what. */
  readonly counts: Readonly<Record<TaskStatus, number>>;
  /** Whether the run is being ended, and how. */
  ending: Ending | undefined;
  /** In the order in which their attempts began. */
  readonly open: ReadonlyMap<string, OpenTask>;
  /** Milliseconds until the end of the run, where that can be known. */
  left(now: number): number | undefined;
}

/** Longest text of an agent that is kept for its line. */
const max_doing = 500;

/** Folds events into where the run stands. */
export function createTally(work: PlannedWork, now: () => number): Tally {
  const total = work.tasks.length;
  const estimate = createEstimate(work);
  const counts = { success: 0, error: 0, skipped: 0, cancelled: 0 };
  const open = new Map<string, OpenTask>();
  let descriptions = new Map<string, string>();
  let done = 0;

  const doing = (task_id: string, text: string): void => {
    const task = open.get(task_id);
    const line = oneLine(text.slice(0, max_doing));
    if (task !== undefined && line !== "") task.doing = line;
  };

  return {
    total,
    counts,
    open,
    ending: undefined,
    get done() {
      return done;
    },
    left: (at) => estimate.left(at),
    listen(event) {
      switch (event.type) {
        case "run.started":
          descriptions = new Map(event.tasks.map((task) => [task.task_id, task.description]));
          break;
        case "run.resumed":
          for (const task_id of event.reused) {
            done++;
            counts.success++;
            estimate.finished(task_id, undefined);
          }
          break;
        case "attempt.started": {
          const { task_id, attempt } = event;
          const since = now();
          open.delete(task_id);
          open.set(task_id, { task_id, attempt, since, retry_at: undefined, doing: oneLine(descriptions.get(task_id) ?? "") });
          estimate.working(task_id, since);
          break;
        }
        case "attempt.finished":
          open.delete(event.task_id);
          estimate.working(event.task_id, undefined);
          break;
        case "task.retrying": {
          const { task_id, attempt, delay_ms, error } = event;
          const since = now();
          open.set(task_id, { task_id, attempt, since, retry_at: since + delay_ms, doing: oneLine(error) });
          break;
        }
        case "task.waiting": {
          const { task_id, attempt, until, error } = event;
          const since = now();
          const retry_at = since + Math.max(0, Date.parse(until) - Date.parse(event.time));
          open.set(task_id, { task_id, attempt, since, retry_at, doing: oneLine(error) });
          break;
        }
        case "agent.message":
          doing(event.task_id, event.text);
          break;
        case "agent.tool":
          doing(event.task_id, event.tool);
          break;
        case "task.finished":
          open.delete(event.task_id);
          done++;
          counts[event.outcome.status]++;
          estimate.finished(
            event.task_id,
            event.outcome.status === "success" && event.attempts > 0 ? event.execution_time_ms : undefined,
          );
          break;
      }
    },
  };
}
