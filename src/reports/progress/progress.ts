import { WriteStream } from "node:tty";
import type { Listener, RunResult } from "#events";
import type { PlannedWork } from "./estimate.ts";

/** `live` redraws lines of a terminal, `plain` appends lines to a log, `none` prints warnings only. */
export type ProgressMode = "live" | "plain" | "none";

/** The stream that progress is written to, such as stderr. `live` needs a terminal. */
export type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

/** Options of `createProgress`. */
export interface ProgressOptions {
  mode: ProgressMode;
  stream: ProgressStream;
  /** The work of the run; a `Plan` fits. */
  work: PlannedWork;
  /** As in chalk; 0 is none. */
  colour: ColourLevel;
  /** Whether the stream can show Unicode; default true. */
  unicode?: boolean;
  /** A monotonic clock, in milliseconds. */
  now(): number;
  /** Calls back after `ms` without keeping the process alive; returns a function that cancels. Default: a timer. */
  after?(ms: number, call: () => void): () => void;
  /** A note that is printed at the end. */
  hint?: string | undefined;
  /** Paths below this folder are shown relative to it; default: the working directory. */
  cwd?: string;
}

/** Shows a run while it runs, and a summary at its end. */
export interface Progress {
  /** Takes the run's events. */
  listen: Listener;
  /** Prints a message that is no event, without breaking the redrawn lines. */
  warn(message: string): void;
  /** Shows that the run is being stopped, and prints why. */
  stopping(how: StopMode, signal: string): void;
  /** Stops drawing, so that others can write to the terminal before `finish`. */
  stop(): void;
  /** Stops drawing, restores the cursor, and prints a summary if the run has a result. Call nothing after it. */
  finish(result: RunResult | undefined): void;
}

/** `stop` sends SIGTERM to running tasks first, `kill` sends SIGKILL at once. */
export type StopMode = "stop" | "kill";

/** The words for each mode. */
export const stop_words: Readonly<Record<StopMode, string>> = { stop: "stopping", kill: "killing" };

/** Creates `Progress.stopping`, which sets the mode on `tally` and prints a line. */
export function createStopping(tally: { stopping: StopMode | undefined }, warn: Progress["warn"]): Progress["stopping"] {
  return (how, signal) => {
    tally.stopping = how;
    warn(how === "stop" ? `${signal}: stopping running tasks. A second signal kills them.` : "Killing running tasks.");
  };
}

/** Colour support: none, 16 colours, 256, all. */
export type ColourLevel = 0 | 1 | 2 | 3;

type Environment = Readonly<Record<string, string | undefined>>;

/** The narrowest terminal that lines are redrawn on; some ptys report 0 columns. */
export const min_columns = 20;

/** Returns the mode of progress for the user's options and the stream. */
export function progressMode(about: {
  flag: "auto" | "plain" | "none";
  quiet?: boolean;
  isTTY: boolean | undefined;
  /** The terminal's width, if known. */
  columns?: number | undefined;
  env: Environment;
}): ProgressMode {
  const { flag, quiet = false, isTTY = false, columns = 80, env } = about;
  if (quiet || flag === "none") return "none";
  if (flag === "plain" || !isTTY || columns < min_columns || env["TERM"] === "dumb" || isCI(env)) return "plain";
  return "live";
}

function isCI(env: Environment): boolean {
  return !["", "0", "false"].includes(env["CI"]?.toLowerCase() ?? "");
}

/** Returns the colours to use: `FORCE_COLOR` wins over `NO_COLOR`, which wins over the terminal's own support. */
export function colourLevel({ isTTY = false, env }: { isTTY: boolean | undefined; env: Environment }): ColourLevel {
  if (env["FORCE_COLOR"] === undefined && (!isTTY || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb")) return 0;
  // Node prints a warning if both FORCE_COLOR and NO_COLOR are set.
  const { NO_COLOR: _, NODE_DISABLE_COLORS: __, ...rest } = env;
  switch (WriteStream.prototype.getColorDepth(rest)) {
    case 1:
      return 0;
    case 4:
      return 1;
    case 8:
      return 2;
    default:
      return 3;
  }
}

/** The default of `ProgressOptions.after`. */
export function afterDelay(ms: number, call: () => void): () => void {
  const timer = setTimeout(call, ms).unref();
  return () => clearTimeout(timer);
}
