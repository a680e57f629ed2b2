import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** How parts of a text are set off on a terminal. */
export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  warn(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

const same = (text: string): string => text;

/** No colours. */
export const plain_paint: Paint = { good: same, bad: same, warn: same, dim: same, strong: same };

/** Where a text will stand. */
export interface Page {
  paint: Paint;
  /** Columns of the terminal; undefined where nothing is to be cut or wrapped. */
  width: number | undefined;
}

/** A cell of a table; its paint is put on after it was cut. */
export interface Cell {
  text: string;
  paint?: (text: string) => string;
}

const gap = "  ";

/**
 * Draws a table; on a page that is too narrow the widest columns are cut, the first ones last. Where the first column is
 * there to be copied (`keeps_first`) it stays whole, and the last ones go instead.
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
    if (keeps_first) widths = withoutLast(widths, page.width);
    if (widths.length > 1 || !keeps_first) shrink(widths, page.width - gap.length * (widths.length - 1));
  }
  const lines = all.map((whole_row) => {
    const row = whole_row.slice(0, widths.length);
    const cells = row.map(({ text, paint = same }, column) => {
      const cut = cutToWidth(text, widths[column] ?? 1);
      const last = column === row.length - 1;
      return paint(cut) + (last ? "" : " ".repeat(Math.max(0, (widths[column] ?? 1) - stringWidth(cut))));
    });
    return cells.join(gap).trimEnd();
  });
  return `${lines.join("\n")}\n`;
}

/** Narrower than this a column says little. */
const least_width = 8;

/** The columns that fit on a page beside the first one, each with room enough to say something. */
function withoutLast(widths: readonly number[], width: number): number[] {
  let used = widths[0] ?? 0;
  const fits = widths.slice(1).findIndex((one) => {
    used += gap.length + Math.min(one, least_width);
    return used > width;
  });
  return fits === -1 ? [...widths] : widths.slice(0, fits + 1);
}

/** Makes columns narrower until they fit: the widest first, and the first one, which names things, last. */
function shrink(widths: number[], room: number): void {
  for (let over = widths.reduce((sum, width) => sum + width, 0) - room; over > 0; over--) {
    const others = Math.max(...widths.slice(1));
    const column = others > least_width ? widths.lastIndexOf(others) : widths.lastIndexOf(Math.max(...widths));
    widths[column] = Math.max(1, (widths[column] ?? 1) - 1);
  }
}

const graphemes = new Intl.Segmenter();

/** Cuts a line to a width; an ellipsis stands for the rest. */
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

/** Wraps a text to the page, every line indented. */
export function indentText(text: string, indent: string, { width }: Page): string {
  const lines = text.split("\n");
  const wrapped = width === undefined ? lines : lines.flatMap((line) => wrapLine(line, Math.max(10, width - indent.length)));
  return wrapped.map((line) => `${indent}${line}`.trimEnd()).join("\n");
}

/** A line's own indentation stays; the space at which it was broken does not. */
function wrapLine(line: string, width: number): string[] {
  const [first = "", ...others] = wrapAnsi(line.replaceAll("\t", "    "), width, { hard: true, trim: false }).split("\n");
  return [first, ...others.map((other) => other.replace(/^ /, ""))];
}
