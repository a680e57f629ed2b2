import { type AttemptOutcome, attachedTo, type Cancelled, type StopReason, stoppedOutcome } from "#events";

/** The end of a task that was kept from starting, or from trying again. */
export function notStarted(reason: StopReason, attempts: number): Cancelled {
  const why = stoppedOutcome(reason).error.replace(/^S/, "s");
  const error = attempts === 0 ? `Not started: ${why}` : `Not tried again: ${why}`;
  return { status: "cancelled", error_kind: reason.type === "fail_fast" ? "cancelled" : "interrupted", error };
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
