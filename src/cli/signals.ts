import type { StopReason } from "#events";

/**
 * A terminal sends Ctrl-C to the launcher and its child, and the launcher forwards it too. Two equal signals within
 * this time count as one.
 */
const same_ms = 250;

/** Converts signals to aborts: the first stops the run, a later one kills it. */
export interface SignalControl {
  stop: AbortSignal;
  kill: AbortSignal;
  /** The first signal. */
  readonly received: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
  /** Restores the default for later signals, which then end dispatch; an echo of the last signal is still ignored. */
  runIsOver(): void;
  /** Removes the handlers. */
  close(): void;
}

/**
 * Listens to SIGINT, SIGTERM and SIGHUP. `onSignal` is called before an abort; `clock` returns milliseconds; `raise`
 * sends a signal to dispatch itself.
 */
export function listenToSignals(
  onSignal: (what: "stop" | "kill", signal: string) => void,
  clock: () => number = () => performance.now(),
  raise: (signal: NodeJS.Signals) => void = (signal) => process.kill(process.pid, signal),
): SignalControl {
  const stop = new AbortController();
  const kill = new AbortController();
  let received: SignalControl["received"];
  let is_over = false;
  let last: { signal: string; at: number } | undefined;
  const handlers = (["SIGINT", "SIGTERM", "SIGHUP"] as const).map((signal) => {
    const handle = (): void => {
      const now = clock();
      if (last?.signal === signal && now - last.at < same_ms) return;
      // An echo does not extend the time, or else holding down the key would never kill the run.
      last = { signal, at: now };
      if (is_over) {
        close();
        raise(signal);
      } else if (received === undefined) {
        received = signal;
        const reason: StopReason = { type: "signal", signal };
        onSignal("stop", signal);
        stop.abort(reason);
      } else if (!kill.signal.aborted) {
        onSignal("kill", signal);
        kill.abort();
      }
    };
    process.on(signal, handle);
    return { signal, handle };
  });
  const close = (): void => {
    for (const { signal, handle } of handlers) process.off(signal, handle);
  };
  return {
    stop: stop.signal,
    kill: kill.signal,
    get received() {
      return received;
    },
    runIsOver() {
      is_over = true;
    },
    close,
  };
}
