import type { StopReason } from "#events";

/** A terminal's Ctrl-C reaches a launcher and its child alike, and the launcher passes it on: these two are one. */
const same_ms = 250;

/** Turns signals into aborts: the first stops, another one later kills. */
export interface SignalControl {
  stop: AbortSignal;
  kill: AbortSignal;
  /** The signal that came first. */
  readonly received: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
  /** Nothing is left to stop: another signal ends dispatch, as by default, unless it is an echo. */
  runIsOver(): void;
  /** Gives the signals back their default. */
  close(): void;
}

/**
 * Listens to SIGINT, SIGTERM and SIGHUP. `onSignal` is told what is about to happen; `clock` gives milliseconds; `raise`
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
      // An echo does not count as the last one, or a key that is held down would never come through.
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
