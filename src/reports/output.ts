import { printable, type Size, shorten } from "./printable.ts";
import type { RunView, TaskView } from "./run-view.ts";

/** A task's output as text. */
export interface ShownOutput {
  text: string;
  language: "json" | "text";
  /** The size of the part that is not shown, such as `12 lines`. */
  left_out: string | undefined;
}

/** Renders a task's output: text as it is, anything else as JSON. Keeps the end of long text and the start of long JSON. */
export function showOutput(output: unknown, size: Size): ShownOutput | undefined {
  if (output === null || output === undefined) return undefined;
  const text = typeof output === "string" ? output : printedText(output)?.stdout;
  if (text !== undefined)
    return text.trim() === "" ? undefined : { language: "text", ...shorten(printable(text), size, "end") };
  return { language: "json", ...shorten(printable(JSON.stringify(output, undefined, 2)), size, "start") };
}

/** The output of a command that prints no JSON. If `truncated`, it is only the end of the text, and the log has all. */
export interface PrintedText {
  stdout: string;
  bytes: number;
  truncated: boolean;
}

/** Returns the output as printed text, if it is one. */
export function printedText(output: unknown): PrintedText | undefined {
  if (typeof output !== "object" || output === null || !("stdout" in output) || !("truncated" in output)) return undefined;
  const { stdout, truncated } = output;
  if (typeof stdout !== "string" || typeof truncated !== "boolean") return undefined;
  return { stdout, truncated, bytes: "bytes" in output ? Number(output.bytes) : stdout.length };
}

/** Returns where to find the full output, if part of it is not shown; `name` formats a path. No final period. */
export function fullOutputLocation(
  { left_out }: ShownOutput,
  { run }: RunView,
  { task_id, row, trace }: TaskView,
  name: (path: string) => string,
): string | undefined {
  const in_trace = name(run.folder.trace(task_id));
  const printed = printedText(row.output);
  if (printed?.truncated !== true)
    return left_out === undefined ? undefined : `${left_out} left out; full output in ${in_trace}`;
  const end = `This is the end of ${printed.bytes.toLocaleString("en")} bytes`;
  const last = trace.attempts.at(-1);
  const log = last === undefined ? undefined : run.folder.log(task_id, last.attempt, "out");
  if (log !== undefined && last?.log_files.includes(log)) return `${end}; full output in ${name(log)}`;
  const elsewhere =
    row.reused_from === undefined ? "the log was removed" : `full output in the log of run ${name(row.reused_from)}`;
  return left_out === undefined ? `${end}; ${elsewhere}` : `${end}; more of it in ${in_trace}, ${elsewhere}`;
}
