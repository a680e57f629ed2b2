import type { Cancelled, Failure } from "#events";
import type { PriorFailure, ScheduledTask } from "./task.ts";

/** How far a task is. */
export interface Progress {
  /** `waiting`: for dependencies. `ready`: for a worker and the gates. `backoff`: for a retry. */
  state: "waiting" | "ready" | "running" | "backoff" | "finished";
  /** Dependencies that have not ended. */
  missing: number;
  attempts: number;
  /** Attempts that used up no retry: postponed or interrupted ones, and those before an earlier end of the task. */
  uncounted: number;
  execution_time_ms: number;
  /** How its last attempt failed, if it did. */
  last: Failure | Cancelled | undefined;
  /** It ended without a success. */
  is_failed: boolean;
  previous: PriorFailure | undefined;
  /** An earlier run may have a success for it. */
  may_reuse: boolean;
  cancelBackoff: (() => void) | undefined;
}

/** Where a task is when its run starts, or when it joins a run. `missing` counts dependencies that have not ended. */
export function initialProgress({ prior }: ScheduledTask, missing: number, may_reuse: boolean): Progress {
  const { is_done = false, attempts = 0, failed = 0, execution_time_ms = 0, previous } = prior ?? {};
  return {
    state: is_done ? "finished" : "waiting",
    missing,
    attempts,
    uncounted: attempts - failed,
    execution_time_ms,
    last: previous?.failure,
    is_failed: false,
    previous,
    may_reuse,
    cancelBackoff: undefined,
  };
}
