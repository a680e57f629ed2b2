import {
  type AttemptOutcome,
  type Cancelled,
  detailsOf,
  type Failure,
  type Skipped,
  type StopReason,
  stoppedOutcome,
  type TaskOutcome,
} from "#events";

/** The outcome of a task that the end of the run kept from starting, or from another attempt. */
export function cancelledBeforeStart(reason: StopReason, attempts: number): Cancelled {
  const why = stoppedOutcome(reason).error.replace(/^S/, "s");
  const error = attempts === 0 ? `Not started: ${why}` : `Not retried: ${why}`;
  return { status: "cancelled", error_kind: reason.type === "fail_fast" ? "cancelled" : "interrupted", error };
}

/** The outcome of a task that a gate refused, after `last` if it had an attempt before. `why` is a clause without a full stop. */
export function refusedOutcome(
  error_kind: Skipped["error_kind"],
  why: string,
  last: Failure | Cancelled | undefined,
): TaskOutcome {
  if (last === undefined) return { status: "skipped", error_kind, error: `Skipped: ${why}.` };
  return { ...last, status: "error", error_kind, error: `${last.error} It was not retried: ${why}.` };
}

/** The outcome of a task whose dependency did not succeed. */
export const skippedOutcome = (root_task_id: string): Skipped => ({
  status: "skipped",
  error_kind: "dependency",
  error: `Skipped, because ${root_task_id} did not succeed.`,
  root_task_id,
});

/** What `attempt.finished` carries of an outcome: all but the output, which only `task.finished` has. */
export function summaryOf(outcome: AttemptOutcome) {
  return {
    status: outcome.status,
    error: outcome.status === "success" ? null : outcome.error,
    error_kind: outcome.status === "success" ? null : outcome.error_kind,
    ...detailsOf(outcome),
  };
}
