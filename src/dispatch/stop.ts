import { type Listener, type StopReason, stoppedOutcome } from "#events";
import type { RunControl } from "./run-control.ts";

/** What stops a run: the caller, a failed journal, a listener that throws. */
export interface Stop {
  signal: AbortSignal;
  by(reason: StopReason): void;
  /** The reason, if the run was stopped before its end. */
  reason(): StopReason | undefined;
  /** Calls back when the caller wants everything killed. */
  onKill(call: () => void): void;
  /** Forgets the caller's signals. */
  unlink(): void;
}

/** Joins the caller's signals with the run's own reasons to stop; the first reason wins. */
export function createStop({ signal, kill }: RunControl): Stop {
  const controller = new AbortController();
  const links = [onAbort(signal, () => controller.abort(asStopReason(signal?.reason)))];
  return {
    signal: controller.signal,
    by: (reason) => controller.abort(reason),
    reason: () => (controller.signal.aborted ? (controller.signal.reason as StopReason) : undefined),
    onKill: (call) => void links.push(onAbort(kill, call)),
    unlink() {
      for (const unlink of links) unlink();
    },
  };
}

/** A listener of the caller that throws stops the run; its error is thrown after the end of the run. */
export function guard(onEvent: Listener | undefined, stop: () => void): { listen: Listener; rethrow(): void } {
  let failure: { error: unknown } | undefined;
  return {
    listen(event) {
      if (failure !== undefined) return;
      try {
        onEvent?.(event);
      } catch (error) {
        failure = { error };
        stop();
      }
    },
    rethrow() {
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** Calls back when a signal aborts, at once if it has aborted. Returns a function that removes the callback. */
function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (signal?.aborted) call();
  signal?.addEventListener("abort", call, { once: true });
  return () => signal?.removeEventListener("abort", call);
}

/** The reason of the caller's signal, which may be of any type. */
function asStopReason(reason: unknown): StopReason {
  const is_ours = typeof reason === "object" && reason !== null && "type" in reason;
  try {
    if (is_ours) stoppedOutcome(reason as StopReason);
    return is_ours ? (reason as StopReason) : { type: "caller" };
  } catch {
    return { type: "caller" };
  }
}
