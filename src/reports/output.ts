import { printable, type Size, shorten } from "./printable.ts";

/** An output for people. */
export interface ShownOutput {
  text: string;
  language: "json" | "text";
  /** What was not shown. */
  left_out: string | undefined;
}

/** Shows what a task produced: text as it is, anything else as JSON. Of text the end counts, of JSON the start. */
export function showOutput(output: unknown, size: Size): ShownOutput | undefined {
  if (output === null || output === undefined) return undefined;
  const text = textOf(output);
  if (text !== undefined)
    return text.trim() === "" ? undefined : { language: "text", ...shorten(printable(text), size, "end") };
  return { language: "json", ...shorten(printable(JSON.stringify(output, undefined, 2)), size, "start") };
}

/** The text of an output that is text, or a command's `{stdout, bytes, truncated}`. */
function textOf(output: unknown): string | undefined {
  if (typeof output === "string") return output;
  if (typeof output !== "object" || output === null || !("stdout" in output) || !("truncated" in output)) return undefined;
  return typeof output.stdout === "string" ? output.stdout : undefined;
}
