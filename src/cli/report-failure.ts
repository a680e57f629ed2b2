import { type DispatchError, formatProblem } from "#errors";
import type { Streams } from "./streams.ts";

/** Prints an error to stderr: one line a problem, or its message and advice. Skips the lines in `printed`, and adds to it. */
export function reportFailure(error: DispatchError, streams: Streams, printed: Set<string> = new Set()): void {
  const { problems, unlisted, message, advice } = error;
  const lines =
    problems.length > 0 ? problems.map(formatProblem) : [`dispatch: ${message}${advice === undefined ? "" : ` ${advice}`}`];
  const fresh = lines.filter((line) => !printed.has(line));
  for (const line of fresh) printed.add(line);
  if (unlisted > 0) fresh.push(`dispatch: ${unlisted} more ${unlisted === 1 ? "problem" : "problems"} not listed.`);
  if (fresh.length > 0) streams.error(`${fresh.join("\n")}\n`);
}
