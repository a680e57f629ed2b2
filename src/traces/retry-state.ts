import type { Cancelled, Failure, RunEvent } from "#events";

/** The state of a task's retries: attempts that its next attempt continues. */
export interface RetryState {
  /** Attempts since the task's last end; ends by a signal, a crash or the budget do not count as ends. */
  readonly attempts: number;
  /** How many of these used a retry. */
  readonly failed: number;
  /** The newest of these that the next attempt can continue: a session in which the model has answered, or a failure. */
  readonly previous: Failure | Cancelled | undefined;
}

/** Tracks the retry state of one task from its events. */
export function createRetryState(): RetryState & { apply(event: RunEvent): void } {
  let attempts = 0;
  let failed = 0;
  /** The last attempt that failed, or that was interrupted and has a session. */
  let ended: Failure | Cancelled | undefined;
  let session_id: string | undefined;
  let has_spoken = false;

  /** The vendor may not have kept a session in which the model never answered; then the attempt before it counts. */
  const newestFailure = (): Failure | Cancelled | undefined =>
    session_id === undefined || !has_spoken
      ? ended
      : { status: "cancelled", error_kind: "interrupted", error: "It was interrupted.", session_id };

  return {
    get attempts() {
      return attempts;
    },
    get failed() {
      return failed;
    },
    get previous() {
      return newestFailure();
    },
    apply(event) {
      switch (event.type) {
        case "attempt.started":
          attempts++;
          ended = newestFailure();
          session_id = undefined;
          has_spoken = false;
          break;
        case "agent.session":
          session_id = event.session_id;
          break;
        case "agent.message":
        case "agent.tool":
        case "agent.usage":
          has_spoken = true;
          break;
        case "attempt.finished": {
          const { status, error, error_kind } = event;
          if (status !== "error" || error === null) break;
          session_id = undefined;
          const was_limited = error_kind === "rate_limited";
          if (!was_limited) failed++;
          // An agent that was limited before it had a session has left nothing to continue.
          if (was_limited && event.session_id === undefined) break;
          const session = event.session_id === undefined ? {} : { session_id: event.session_id };
          // The status is `error`, so the kind is one of a failure.
          ended = { status, error, error_kind: error_kind as Failure["error_kind"], ...session };
          break;
        }
        case "task.finished":
          // A task stopped by the budget continues once the budget is raised.
          if (event.outcome.status === "cancelled") break;
          if (event.outcome.status !== "success" && event.outcome.error_kind === "budget") break;
          attempts = 0;
          failed = 0;
          ended = undefined;
          session_id = undefined;
          break;
        default:
          break;
      }
    },
  };
}
