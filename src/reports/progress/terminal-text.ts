import cliTruncate from "cli-truncate";
import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** How many columns the longest of these needs. */
export function widest(texts: Iterable<string>): number {
  let most = 0;
  for (const text of texts) most = Math.max(most, stringWidth(text));
  return most;
}

/** Cuts a line to a number of columns; an ellipsis stands where something is missing. */
export function cut(text: string, columns: number, position: "start" | "middle" | "end" = "end"): string {
  // Most lines fit, and most of those have no wide character: the shortest way for them.
  if (columns === Number.POSITIVE_INFINITY || (text.length <= columns && /^[\x20-\x7e]*$/.test(text))) return text;
  return columns < 1 ? "" : cliTruncate(text, columns, { position });
}

/** Fills or cuts to exactly so many columns. Ids are cut in the middle: their ends tell them apart. */
export function fit(text: string, columns: number, position: "middle" | "end" = "middle"): string {
  const short = cut(text, columns, position);
  return short + " ".repeat(Math.max(0, columns - stringWidth(short)));
}

/** Breaks a text into lines of at most so many columns, at spaces where there are any. */
export function wrap(text: string, columns: number): string[] {
  return columns === Number.POSITIVE_INFINITY ? [text] : wrapAnsi(text, Math.max(1, columns), { hard: true }).split("\n");
}
