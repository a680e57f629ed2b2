import type { Cancelled, Failure, RunEvent } from "#events";

/** What a task had begun and not brought to an end of its own: the next attempt is of a piece with it. */
export interface RetryState {
  /** Attempts since its last end that no signal, no crash and no lack of money had brought about. */
  readonly attempts: number;
  /** Those of them that used up a retry. */
  readonly failed: number;
  /** The newest of them that has left something to go on with: a session in which the model had spoken, or a failure. */
  readonly previous: Failure | Cancelled | undefined;
}

/** Keeps what is unsettled of one task while its events come in. */
export function createRetryState(): RetryState & { take(event: RunEvent): void } {
  let attempts = 0;
  let failed = 0;
  /** Of an attempt that failed, or of one before that was interrupted. */
  let ended: Failure | Cancelled | undefined;
  let session_id: string | undefined;
  let has_spoken = false;

  /** A session in which the model never spoke was perhaps never kept: what stands before it is the better start. */
  const newest = (): Failure | Cancelled | undefined =>
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
      return newest();
    },
    take(event) {
      switch (event.type) {
        case "attempt.started":
          attempts++;
          ended = newest();
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
          // Who was turned away before it began has left nothing: what was before that still stands.
          if (was_limited && event.session_id === undefined) break;
          const session = event.session_id === undefined ? {} : { session_id: event.session_id };
          // An attempt that failed has the kinds of a failure.
          ended = { status, error, error_kind: error_kind as Failure["error_kind"], ...session };
          break;
        }
        case "task.finished":
          // What money was lacking for goes on when there is more.
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
