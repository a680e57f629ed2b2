import {
  type AttemptOutcome,
  attachedTo,
  type Cancelled,
  type Failure,
  type StopReason,
  stoppedOutcome,
  type TaskOutcome,
} from "#events";

/** The end of a task that was kept from starting, or from trying again. */
export function cancelledBeforeStart(reason: StopReason, attempts: number): Cancelled {
  const why = stoppedOutcome(reason).error.replace(/^S/, "s");
  const error = attempts === 0 ? `Not started: ${why}` : `Not tried again: ${why}`;
  return { status: "cancelled", error_kind: reason.type === "fail_fast" ? "cancelled" : "interrupted", error };
}

/** The end of a task for which there is no money, or none for another attempt after `last`. */
export function refusedByBudget(why: string, last: Failure | Cancelled | undefined): TaskOutcome {
  if (last === undefined) return { status: "skipped", error_kind: "budget", error: `Skipped for lack of money: ${why}.` };
  return { ...last, status: "error", error_kind: "budget", error: `${last.error} It was not tried again: ${why}.` };
}

/** What `attempt.finished` says of an outcome: all but the output, which stands once, in `task.finished`. */
export function summaryOf(outcome: AttemptOutcome) {
  return {
    status: outcome.status,
    error: outcome.status === "success" ? null : outcome.error,
    error_kind: outcome.status === "success" ? null : outcome.error_kind,
    ...attachedTo(outcome),
  };
}
