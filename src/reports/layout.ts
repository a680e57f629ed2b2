import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** Colours and weights for parts of a text; each function returns its text painted. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

const identity = (text: string): string => text;

/** No colours. */
export const plain_paint: Paint = { good: identity, bad: identity, warn: identity, dim: identity, strong: identity };

/** The page that a text is laid out for. */
export interface Page {
  paint: Paint;
  /** Columns of the terminal; undefined to neither cut nor wrap. */
  width: number | undefined;
}

/** A cell of a table, painted after it is cut. */
export interface Cell {
  text: string;
  paint?: (text: string) => string;
}

const gap = "  ";

/**
 * Draws a table. If the page is too narrow, cuts the widest columns, the first one last. With `keeps_first` the first column
 * is never cut, so that it can be copied; the last columns are dropped instead.
 */
export function drawTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  page: Page,
  { keeps_first = false } = {},
): string {
  const all: (readonly Cell[])[] = [head.map((text) => ({ text, paint: page.paint.dim })), ...rows];
  let widths = head.map((_, column) => all.reduce((most, row) => Math.max(most, stringWidth(row[column]?.text ?? "")), 1));
  if (page.width !== undefined) {
    if (keeps_first) widths = dropLastColumns(widths, page.width);
    if (widths.length > 1 || !keeps_first) shrink(widths, page.width - gap.length * (widths.length - 1));
  }
  const lines = all.map((whole_row) => {
    const row = whole_row.slice(0, widths.length);
    const cells = row.map(({ text, paint = identity }, column) => {
      const cut = cutToWidth(text, widths[column] ?? 1);
      const last = column === row.length - 1;
      return paint(cut) + (last ? "" : " ".repeat(Math.max(0, (widths[column] ?? 1) - stringWidth(cut))));
    });
    return cells.join(gap).trimEnd();
  });
  return `${lines.join("\n")}\n`;
}

/** Columns narrower than this are unreadable. */
const min_width = 8;

/** Drops the last columns that do not fit at a readable width beside the first one. */
function dropLastColumns(widths: readonly number[], width: number): number[] {
  let used = widths[0] ?? 0;
  const fits = widths.slice(1).findIndex((one) => {
    used += gap.length + Math.min(one, min_width);
    return used > width;
  });
  return fits === -1 ? [...widths] : widths.slice(0, fits + 1);
}

/** Narrows columns until they fit: the widest first, and the first one, which has the names, last. */
function shrink(widths: number[], room: number): void {
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const others = Math.max(...widths.slice(1));
    const column = others > min_width ? widths.lastIndexOf(others) : widths.lastIndexOf(Math.max(...widths));
    widths[column] = Math.max(1, (widths[column] ?? 1) - 1);
  }
}

const graphemes = new Intl.Segmenter();

/** Cuts a line to a width and marks the cut with an ellipsis. */
export function cutToWidth(line: string, width: number): string {
  if (stringWidth(line) <= width) return line;
  let kept = "";
  let used = 1;
  for (const { segment } of graphemes.segment(line)) {
    used += stringWidth(segment);
    if (used > width) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** Wraps a text to the page and indents every line. */
export function indentText(text: string, indent: string, { width }: Page): string {
  const lines = text.split("\n");
  const wrapped = width === undefined ? lines : lines.flatMap((line) => wrapLine(line, Math.max(10, width - indent.length)));
  return wrapped.map((line) => `${indent}${line}`.trimEnd()).join("\n");
}

/** Wraps a line; keeps its own indentation and drops the space at each break. */
function wrapLine(line: string, width: number): string[] {
  const [first = "", ...others] = wrapAnsi(line.replaceAll("\t", "    "), width, { hard: true, trim: false }).split("\n");
  return [first, ...others.map((other) => other.replace(/^ /, ""))];
}
