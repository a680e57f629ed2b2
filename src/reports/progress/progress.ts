import { WriteStream } from "node:tty";
import type { Listener, RunResult } from "#events";
import type { PlannedWork } from "./estimate.ts";

/** `live` redraws lines of a terminal, `plain` appends lines to a log, `none` says warnings only. */
export type ProgressMode = "live" | "plain" | "none";

/** Where progress is written; stderr is one. A `live` one has the cursor movements of `tty.WriteStream`. */
export type ProgressStream = NodeJS.WritableStream & { isTTY?: boolean; columns?: number; rows?: number };

/** Options of `createProgress`. */
export interface ProgressOptions {
  mode: ProgressMode;
  stream: ProgressStream;
  /** What is going to run; a `Plan` fits. */
  work: PlannedWork;
  /** As chalk counts it; 0 is none. */
  colour: ColourLevel;
  /** Whether more than ASCII can be shown; default true. */
  unicode?: boolean;
  /** Milliseconds, never going back. */
  now(): number;
  /** Calls back after `ms` without keeping the process alive; what comes back takes it back. Default: a timer. */
  after?(ms: number, call: () => void): () => void;
  /** Said once, at the end. */
  hint?: string | undefined;
  /** Paths below it are shown relative; default: the process's working directory. */
  cwd?: string;
}

/** What people see of a run while it goes on, and at its end. */
export interface Progress {
  /** Takes the run's events. */
  listen: Listener;
  /** Says something that is no event; the lines that are being redrawn stay whole. */
  warn(message: string): void;
  /** Somebody has asked for the run's end: what is shown from now on is no progress. */
  ending(how: Ending, signal: string): void;
  /** Ends the drawing, so that others may write to the terminal before `finish`. */
  stop(): void;
  /** Ends the drawing, gives the cursor back, and sums the run up if it has a result. Nothing may follow. */
  finish(result: RunResult | undefined): void;
}

/** `stop` asks what runs to end, `kill` does not ask. */
export type Ending = "stop" | "kill";

/** The same in a word. */
export const ending_words: Readonly<Record<Ending, string>> = { stop: "stopping", kill: "killing" };

/** Makes `Progress.ending`: what is drawn knows it from now on, and a line says it. */
export function endingOf(drawn: { ending: Ending | undefined }, warn: Progress["warn"]): Progress["ending"] {
  return (how, signal) => {
    drawn.ending = how;
    warn(how === "stop" ? `${signal}: stopping what runs. Once more kills it.` : "Killing what runs.");
  };
}

/** How many colours: none, 16, 256, all. */
export type ColourLevel = 0 | 1 | 2 | 3;

type Environment = Readonly<Record<string, string | undefined>>;

/** Narrowest terminal that lines are redrawn on; some ptys say 0. */
export const least_columns = 20;

/** How progress is shown, from what the user asked for and what there is to show it on. */
export function progressMode(about: {
  flag: "auto" | "plain" | "none";
  quiet?: boolean;
  isTTY: boolean | undefined;
  /** The terminal's width, where it is known. */
  columns?: number | undefined;
  env: Environment;
}): ProgressMode {
  const { flag, quiet = false, isTTY = false, columns = 80, env } = about;
  if (quiet || flag === "none") return "none";
  if (flag === "plain" || !isTTY || columns < least_columns || env["TERM"] === "dumb" || isCI(env)) return "plain";
  return "live";
}

function isCI(env: Environment): boolean {
  return !["", "0", "false"].includes(env["CI"]?.toLowerCase() ?? "");
}

/** The colours to use: `FORCE_COLOR` decides, else `NO_COLOR`, else what the terminal can show. */
export function colourLevel({ isTTY = false, env }: { isTTY: boolean | undefined; env: Environment }): ColourLevel {
  if (env["FORCE_COLOR"] === undefined && (!isTTY || (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb")) return 0;
  // Node knows the terminals; it would print a warning of its own where both variables are set.
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
