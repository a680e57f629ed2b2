import { readLogEnd } from "#traces";
import { printable, type Size, shorten } from "./printable.ts";
import type { RunView, TaskView } from "./run-view.ts";

/** How much of a log's end is read for people. */
const log_bytes = 64 * 1024;

/** The end of a log, for people. */
export interface ShownLog {
  stream: "out" | "err" | "verify";
  path: string;
  attempt: number;
  text: string;
  /** Something stands before it. */
  is_cut: boolean;
}

/** The ends of what the last attempt printed, and of what its verify commands did; those that say nothing left out. */
export function logEnds({ run }: RunView, { task_id, trace }: TaskView, size: Size): ShownLog[] {
  const attempt = trace.attempts.at(-1)?.attempt;
  if (attempt === undefined) return [];
  return (["out", "err", "verify"] as const).flatMap((stream) => {
    const path = run.folder.log(task_id, attempt, stream);
    const log = readLogEnd(path, log_bytes);
    if (log === undefined || log.text.trim() === "") return [];
    const { text, left_out } = shorten(printable(log.text), size, "end");
    return [{ stream, path, attempt, text, is_cut: log.cut || left_out !== undefined }];
  });
}
