import { readLogEnd } from "#traces";
import { printable, type Size, shorten } from "./printable.ts";
import type { RunView, TaskView } from "./run-view.ts";

/** How much of a log's end is read for people. */
const log_bytes = 64 * 1024;

/** The end of a log, for people. */
export interface ShownLog {
  stream: "said" | "out" | "err" | "verify";
  path: string;
  attempt: number;
  text: string;
  /** Something stands before it. */
  is_cut: boolean;
}

/**
 * The ends of what the last attempt printed, and of what its verify commands did; those that say nothing left out. Of an
 * agent that speaks, its last words: what it printed is the same in the wire format of its vendor.
 */
export function logEnds({ run }: RunView, { task_id, trace }: TaskView, size: Size): ShownLog[] {
  const attempt = trace.attempts.at(-1)?.attempt;
  if (attempt === undefined) return [];
  const of_attempt = trace.events.filter((event) => "attempt" in event && event.attempt === attempt);
  const spoken = of_attempt.flatMap((event) => (event.type === "agent.message" ? event.text : []));
  const is_agent = spoken.length > 0 || of_attempt.some(({ type }) => type === "agent.tool" || type === "agent.usage");
  const said = (words: string): ShownLog => {
    const { text, left_out } = shorten(printable(words), size, "end");
    return { stream: "said", path: run.folder.log(task_id, attempt, "out"), attempt, text, is_cut: left_out !== undefined };
  };
  // What a task that succeeded said last is its output.
  const last_words = trace.status === "success" ? [] : spoken.slice(-1).map(said);
  const streams = is_agent ? (["err", "verify"] as const) : (["out", "err", "verify"] as const);
  const logs = streams.flatMap((stream): ShownLog[] => {
    const path = run.folder.log(task_id, attempt, stream);
    const log = readLogEnd(path, log_bytes);
    if (log === undefined || log.text.trim() === "") return [];
    const { text, left_out } = shorten(printable(log.text), size, "end");
    return [{ stream, path, attempt, text, is_cut: log.cut || left_out !== undefined }];
  });
  return [...last_words, ...logs];
}
