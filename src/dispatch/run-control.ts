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
  /**
   * Starts commands by the C library's posix_spawn, on Linux with the optional package koffi; default false. It is several
   * times as fast, but loads native code and adds a SIGCHLD listener to this process.
   */
  fast_spawn?: boolean;
  /** Reports something that does not change the result. */
  onWarning?(message: string): void;
}
