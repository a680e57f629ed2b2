import type { Cancelled, Failure } from "#events";

/** A task as the scheduler sees it. */
export interface ScheduledTask {
  task_id: string;
  agent: string;
  /** Position in the order of urgency; 0 is the most urgent. */
  rank: number;
  /** The longest chain of work that starts with this task; in any unit. */
  chain: number;
  /** Extra attempts after a failure. */
  retries: number;
  run_when: "all_succeeded" | "all_finished";
  /** What earlier starts of the run did of it; absent in a new run. */
  prior?: PriorProgress;
}

/** What earlier starts of a run did of a task. */
export interface PriorProgress {
  /** The task succeeded and is not run again. */
  is_done: boolean;
  /** Attempts that were started; the next attempt has the number after. */
  attempts: number;
  /** Those of them that failed and used up a retry each. */
  failed: number;
  execution_time_ms: number;
  /** What the next attempt must know of the last one. */
  previous: PriorFailure | undefined;
}

/** A failed attempt, which the next attempt continues. */
export interface PriorFailure {
  attempt: number;
  failure: Failure | Cancelled;
}

/** The order among ready tasks: rank, then the longest chain behind, then file order. */
export function startsBefore(tasks: readonly ScheduledTask[]): (a: number, b: number) => boolean {
  return (a, b) => {
    const one = tasks[a] as ScheduledTask;
    const other = tasks[b] as ScheduledTask;
    return one.rank !== other.rank ? one.rank < other.rank : one.chain !== other.chain ? one.chain > other.chain : a < b;
  };
}
