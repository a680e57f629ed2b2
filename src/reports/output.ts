import { printable, type Size, shorten } from "./printable.ts";
import type { RunView, TaskView } from "./run-view.ts";

/** A value for people. */
export interface ShownOutput {
  text: string;
  language: "json" | "text";
  /** What was not shown. */
  left_out: string | undefined;
}

/** Shows what a task produced: text as it is, anything else as JSON. Of text the end counts, of JSON the start. */
export function showOutput(output: unknown, size: Size): ShownOutput | undefined {
  if (output === null || output === undefined) return undefined;
  const text = typeof output === "string" ? output : printedText(output)?.stdout;
  if (text !== undefined)
    return text.trim() === "" ? undefined : { language: "text", ...shorten(printable(text), size, "end") };
  return { language: "json", ...shorten(printable(JSON.stringify(output, undefined, 2)), size, "start") };
}

/** What a command prints that is no JSON; of a long text only the end is kept, and its log has the whole. */
export interface PrintedText {
  stdout: string;
  bytes: number;
  truncated: boolean;
}

/** The output as such a text, if it is one. */
export function printedText(output: unknown): PrintedText | undefined {
  if (typeof output !== "object" || output === null || !("stdout" in output) || !("truncated" in output)) return undefined;
  const { stdout, truncated } = output;
  if (typeof stdout !== "string" || typeof truncated !== "boolean") return undefined;
  return { stdout, truncated, bytes: "bytes" in output ? Number(output.bytes) : stdout.length };
}

/** Where all of a task's output is, if not all of it is shown; `name` sets off a path. A sentence without its end. */
export function fullOutputLocation(
  { left_out }: ShownOutput,
  { run }: RunView,
  { task_id, row, trace }: TaskView,
  name: (path: string) => string,
): string | undefined {
  const in_trace = name(run.folder.trace(task_id));
  const printed = printedText(row.output);
  if (printed?.truncated !== true)
    return left_out === undefined ? undefined : `${left_out} left out; the whole is in ${in_trace}`;
  const end = `This is the end of ${printed.bytes.toLocaleString("en")} bytes`;
  const last = trace.attempts.at(-1);
  const log = last === undefined ? undefined : run.folder.log(task_id, last.attempt, "out");
  if (log !== undefined && last?.log_files.includes(log)) return `${end}; the whole is in ${name(log)}`;
  const gone = row.reused_from === undefined ? "its log is gone" : `the whole is in the log of run ${name(row.reused_from)}`;
  return left_out === undefined ? `${end}; ${gone}` : `${end}; ${in_trace} has more of it, and ${gone}`;
}
