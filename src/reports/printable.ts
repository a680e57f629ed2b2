import { stripVTControlCharacters } from "node:util";

/**
 * Makes foreign text safe to show. Removes escape sequences, control characters except tab and newline, and marks that
 * change the direction of text. Keeps the last state of a line that was redrawn with carriage returns.
 */
export function printable(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll("\r\n", "\n")
      .replaceAll(/^.*\r(?=[^\n])/gm, "")
      .replaceAll(/[^\P{Cc}\t\n]/gu, "")
      // Direction marks can make text read as something else: "Trojan Source", CVE-2021-42574.
      .replaceAll(/\p{Bidi_Control}/gu, "")
  );
}

/** Makes foreign text safe to show on one line. */
export const oneLine = (text: string): string => printable(text).replaceAll(/\s+/g, " ").trim();

/** Makes text safe to show on one line of at most `max` characters; a cut ends in an ellipsis. */
export function truncateLine(text: string, max: number): string {
  const line = oneLine(text);
  return line.length <= max ? line : `${line.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The size that a long text is cut to. */
export interface Size {
  lines: number;
  characters: number;
}

/** Cuts a long text to its start or end; `left_out` is the size of the rest, such as `12 lines`. */
export function shorten(text: string, size: Size, keep: "start" | "end"): { text: string; left_out: string | undefined } {
  const lines = text.replace(/\n$/, "").split("\n");
  const some = keep === "start" ? lines.slice(0, size.lines) : lines.slice(-size.lines);
  const kept = some.join("\n");
  if (kept.length > size.characters) {
    const cut = keep === "start" ? kept.slice(0, size.characters) : kept.slice(-size.characters);
    // Drop half of a surrogate pair at the cut.
    const whole = cut.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
    return { text: whole, left_out: `${(text.length - whole.length).toLocaleString("en")} characters` };
  }
  const missing = lines.length - some.length;
  return { text: kept, left_out: missing === 0 ? undefined : plural(missing, "line") };
}

/** Formats a count and its noun: `1 task`, `2 tasks`. */
export const plural = (count: number, noun: string): string => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
