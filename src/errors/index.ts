/**
 * Room `errors`: the one error class that dispatch throws, its codes, the exit codes, and suggestions for misspelt names.
 * Throwing is for misuse and bad input. A task that fails has an outcome (room `events`), never an exception.
 */
export { nearest, suggest } from "./did-you-mean.ts";

/** The kind of a `DispatchError`; stable, for programs. */
export type ErrorCode =
  | "bad_input" // the task file or the configuration is wrong; `problems` lists each place
  | "usage" // the command line is wrong
  | "not_found" // the named run, task or file does not exist
  | "in_use" // another dispatch process holds the run's lock
  | "trace_dir" // the trace directory cannot be written
  | "output"; // `--output` or `--report` cannot be written

/** Exit codes of the command; a signal adds its number to `signal`. */
export const exit_codes = {
  success: 0,
  failure: 1,
  bad_input: 2,
  /** Reserved: a wait ended and the run is still running. */
  still_running: 3,
  /** Reserved: the run waits for a person. */
  needs_person: 4,
  signal: 128,
} as const;

/** One mistake in the input, with its place if known. */
export interface Problem {
  /** File name as the user gave it, `<stdin>`, `--flag` or an environment variable. */
  file: string;
  /** From 1; absent if the problem concerns the whole file. */
  line?: number;
  /** From 1, in UTF-16 units. */
  column?: number;
  task_id?: string;
  /** What is wrong, as a sentence. */
  message: string;
  /** What to do about it, as a sentence. */
  advice?: string;
}

/** Bad input or misuse: `message` says what is wrong, `advice` what to do. */
export class DispatchError extends Error {
  override readonly name = "DispatchError";
  readonly code: ErrorCode;
  readonly advice: string | undefined;
  readonly problems: readonly Problem[];
  /** Number of further problems, not in `problems`. */
  readonly unlisted: number;

  constructor(
    code: ErrorCode,
    message: string,
    details: { advice?: string | undefined; problems?: readonly Problem[]; unlisted?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.advice = details.advice;
    this.problems = details.problems ?? [];
    this.unlisted = details.unlisted ?? 0;
  }
}

/** Characters that break a line, control a terminal or change the text direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern exists to find them
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\p{Bidi_Control}]/gu;

/** Formats a problem as `file:line:column task: what is wrong. What to do.`, always on one line. */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined);
  const task = problem.task_id === undefined ? "" : ` ${problem.task_id}`;
  const advice = problem.advice === undefined ? "" : ` ${problem.advice}`;
  const line = `${place.join(":")}${task}: ${problem.message}${advice}`;
  return line.replace(unprintable, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Ends a `switch` over a union, so that a new member is a type error there. */
export function unreachable(value: never): never {
  throw new Error(`Unreachable: ${JSON.stringify(value)}`);
}

/** Returns the operating system's code of a failed call (`ENOSPC`), or `undefined`. */
export function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

/** Returns the message of any thrown value, on one line. */
export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, " ");
}
