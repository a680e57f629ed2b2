import type { Listener } from "#events";

/** How a run is watched and stopped. */
export interface RunControl {
  /** Stops the run; its reason is a `StopReason`. */
  signal?: AbortSignal;
  /** Kills at once what is being stopped. */
  kill?: AbortSignal;
  /** Receives every event, in order. */
  onEvent?: Listener;
  /** Absolute paths of files that the caller writes about the run. They are no inputs of a task that reads their folder. */
  writes?: readonly string[];
  /** Reports something that does not change the result. */
  onWarning?(message: string): void;
}
