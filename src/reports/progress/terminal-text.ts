import cliTruncate from "cli-truncate";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Returns the width of the widest text, in columns. */
export function widest(texts: Iterable<string>): number {
  let width = 0;
  for (const text of texts) width = Math.max(width, stringWidth(text));
  return width;
}

/** Cuts a line to a number of columns and marks the cut with an ellipsis. */
export function cut(text: string, columns: number, position: "start" | "middle" | "end" = "end"): string {
  // A fast path: most lines fit and are plain ASCII.
  if (columns === Number.POSITIVE_INFINITY || (text.length <= columns && /^[\x20-\x7e]*$/.test(text))) return text;
  return columns < 1 ? "" : cliTruncate(text, columns, { position });
}

/** Pads or cuts a text to exactly `columns`. Cuts in the middle by default, because ids differ at their ends. */
export function fit(text: string, columns: number, position: "middle" | "end" = "middle"): string {
  const short = cut(text, columns, position);
  return short + " ".repeat(Math.max(0, columns - stringWidth(short)));
}

/** Wraps a text to lines of at most `columns`, at spaces where possible. */
export function wrap(text: string, columns: number): string[] {
  return columns === Number.POSITIVE_INFINITY ? [text] : wrapAnsi(text, Math.max(1, columns), { hard: true }).split("\n");
}
