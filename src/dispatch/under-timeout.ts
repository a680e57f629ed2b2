import type { StopReason } from "#events";

/** Passes `work` a signal that aborts after `seconds` or with `signal`, whichever is first. */
export async function underTimeout<Value>(
  seconds: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  const reason: StopReason = { type: "timeout", seconds };
  const timer = setTimeout(() => controller.abort(reason), seconds * 1000);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
