import { stripVTControlCharacters } from "node:util";

/**
 * Text that others made, safe to show: without colours and cursor movements, with a redrawn line as it was last drawn,
 * and without control characters but tab and newline, or marks that turn its direction.
 */
export function printable(text: string): string {
  return (
    stripVTControlCharacters(text)
      .replaceAll("\r\n", "\n")
      .replaceAll(/^.*\r(?=[^\n])/gm, "")
      .replaceAll(/[^\P{Cc}\t\n]/gu, "")
      // What turns the direction of a text lets it read as what it is not: "Trojan Source", CVE-2021-42574.
      .replaceAll(/\p{Bidi_Control}/gu, "")
  );
}

/** The same on one line. */
export const oneLine = (text: string): string => printable(text).replaceAll(/\s+/g, " ").trim();

/** At most `most` characters of one line; an ellipsis stands for the rest. */
export function firstWords(text: string, most: number): string {
  const line = oneLine(text);
  return line.length <= most ? line : `${line.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** The same as a sentence that another may follow: what ends without a period is given one. */
export function oneSentence(text: string): string {
  const line = oneLine(text);
  return line === "" || /[.!?:…]["')\]]?$/.test(line) ? line : `${line}.`;
}

/** How much of a long text is kept. */
export interface Size {
  lines: number;
  characters: number;
}

/** Keeps the start or the end of a long text, and says how much is left out. */
export function shorten(text: string, size: Size, keep: "start" | "end"): { text: string; left_out: string | undefined } {
  const lines = text.replace(/\n$/, "").split("\n");
  const some = keep === "start" ? lines.slice(0, size.lines) : lines.slice(-size.lines);
  const kept = some.join("\n");
  if (kept.length > size.characters) {
    const cut = keep === "start" ? kept.slice(0, size.characters) : kept.slice(-size.characters);
    // A cut inside a surrogate pair leaves half a character.
    const whole = cut.replace(/^[\uDC00-\uDFFF]|[\uD800-\uDBFF]$/g, "");
    return { text: whole, left_out: `${(text.length - whole.length).toLocaleString("en")} characters` };
  }
  const missing = lines.length - some.length;
  return { text: kept, left_out: missing === 0 ? undefined : plural(missing, "line") };
}

/** `1 task`, `2 tasks`. */
export const plural = (count: number, noun: string): string => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
