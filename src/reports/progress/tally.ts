import type { Listener, TaskStatus } from "#events";
import { oneLine } from "../printable.ts";
import { createEstimate, type PlannedWork } from "./estimate.ts";
import type { StopMode } from "./progress.ts";

/** A task that has started and has not ended. */
export interface OpenTask {
  task_id: string;
  attempt: number;
  /** Start of this attempt. */
  since: number;
  /** Time of the next attempt, if the task waits for one. */
  retry_at: number | undefined;
  /** The agent's last message or tool, else the task's description. */
  activity: string;
}

/** The state of a run for its progress. */
export interface Tally {
  listen: Listener;
  readonly total: number;
  /** Number of tasks that have ended. */
  readonly ended: number;
  /** Ended tasks by status. */
  readonly counts: Readonly<Record<TaskStatus, number>>;
  /** Set while the run is being stopped. */
  stopping: StopMode | undefined;
  /** In the order of their attempts' starts. */
  readonly open: ReadonlyMap<string, OpenTask>;
  /** Estimated milliseconds until the end of the run, if known. */
  remaining(now: number): number | undefined;
}

/** Characters kept of an agent's message. */
const max_activity = 500;

/** Creates a tally and updates it from events. */
export function createTally(work: PlannedWork, now: () => number): Tally {
  const total = work.tasks.length;
  const estimate = createEstimate(work);
  const counts = { success: 0, error: 0, skipped: 0, cancelled: 0 };
  const open = new Map<string, OpenTask>();
  let descriptions = new Map<string, string>();
  let ended = 0;

  const setActivity = (task_id: string, text: string): void => {
    const task = open.get(task_id);
    const line = oneLine(text.slice(0, max_activity));
    if (task !== undefined && line !== "") task.activity = line;
  };

  return {
    total,
    counts,
    open,
    stopping: undefined,
    get ended() {
      return ended;
    },
    remaining: (at) => estimate.remaining(at),
    listen(event) {
      switch (event.type) {
        case "run.started":
          descriptions = new Map(event.tasks.map((task) => [task.task_id, task.description]));
          break;
        case "run.resumed":
          for (const task_id of event.reused) {
            ended++;
            counts.success++;
            estimate.finished(task_id, undefined);
          }
          break;
        case "attempt.started": {
          const { task_id, attempt } = event;
          const since = now();
          open.delete(task_id);
          open.set(task_id, {
            task_id,
            attempt,
            since,
            retry_at: undefined,
            activity: oneLine(descriptions.get(task_id) ?? ""),
          });
          estimate.setStart(task_id, since);
          break;
        }
        case "attempt.finished":
          open.delete(event.task_id);
          estimate.setStart(event.task_id, undefined);
          break;
        case "task.retrying": {
          const { task_id, attempt, delay_ms, error } = event;
          const since = now();
          open.set(task_id, { task_id, attempt, since, retry_at: since + delay_ms, activity: oneLine(error) });
          break;
        }
        case "task.waiting": {
          const { task_id, attempt, until, error } = event;
          const since = now();
          const retry_at = since + Math.max(0, Date.parse(until) - Date.parse(event.time));
          open.set(task_id, { task_id, attempt, since, retry_at, activity: oneLine(error) });
          break;
        }
        case "agent.message":
          setActivity(event.task_id, event.text);
          break;
        case "agent.tool":
          setActivity(event.task_id, event.tool);
          break;
        case "task.finished":
          open.delete(event.task_id);
          ended++;
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
