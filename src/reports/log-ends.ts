import { readLogEnd } from "#traces";
import { printable, type Size, shorten } from "./printable.ts";
import type { RunView, TaskView } from "./run-view.ts";

/** Bytes read from the end of a log. */
const log_bytes = 64 * 1024;

/** The end of a log, or an agent's last message. */
export interface ShownLog {
  stream: "message" | "out" | "err" | "verify";
  path: string;
  attempt: number;
  text: string;
  /** Whether there is more before `text`. */
  is_cut: boolean;
}

/**
 * Returns the ends of the last attempt's logs, without empty ones. For an agent that sends messages, returns its last
 * message in place of stdout, which has the same in the vendor's wire format.
 */
export function logEnds({ run }: RunView, { task_id, trace }: TaskView, size: Size): ShownLog[] {
  const attempt = trace.attempts.at(-1)?.attempt;
  if (attempt === undefined) return [];
  const of_attempt = trace.events.filter((event) => "attempt" in event && event.attempt === attempt);
  const messages = of_attempt.flatMap((event) => (event.type === "agent.message" ? event.text : []));
  const is_agent = messages.length > 0 || of_attempt.some(({ type }) => type === "agent.tool" || type === "agent.usage");
  const shownMessage = (message: string): ShownLog => {
    const { text, left_out } = shorten(printable(message), size, "end");
    const path = run.folder.log(task_id, attempt, "out");
    return { stream: "message", path, attempt, text, is_cut: left_out !== undefined };
  };
  // The last message of a successful task is its output.
  const last_message = trace.status === "success" ? [] : messages.slice(-1).map(shownMessage);
  const streams = is_agent ? (["err", "verify"] as const) : (["out", "err", "verify"] as const);
  const logs = streams.flatMap((stream): ShownLog[] => {
    const path = run.folder.log(task_id, attempt, stream);
    const log = readLogEnd(path, log_bytes);
    if (log === undefined || log.text.trim() === "") return [];
    const { text, left_out } = shorten(printable(log.text), size, "end");
    return [{ stream, path, attempt, text, is_cut: log.cut || left_out !== undefined }];
  });
  return [...last_message, ...logs];
}
