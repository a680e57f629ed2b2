import chalk, { Chalk, type ChalkInstance } from "chalk";
import stringWidth from "string-width";

/** What a terminal of unknown width is taken for. */
const usual_width = 100;

/** Columns of stdout: the terminal's, else COLUMNS. */
export function outputWidth(): number {
  if (process.stdout.isTTY) return process.stdout.columns || usual_width;
  const columns = Number(process.env["COLUMNS"]);
  return Number.isInteger(columns) && columns > 0 ? columns : usual_width;
}

/** Whether the locale's characters are Unicode; one that is not set at all is no word against it. */
export function hasUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}

/** Colours for stdout: none in a pipe, nor where NO_COLOR is set. */
export function outputColours(): ChalkInstance {
  const { NO_COLOR } = process.env;
  return NO_COLOR === undefined || NO_COLOR === "" ? chalk : new Chalk({ level: 0 });
}

/** Rows in columns that are as wide as their widest cell; the last one is not padded. Ends with a line feed. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, stringWidth(cell));
  const pad = (cell: string, i: number): string => cell + " ".repeat(Math.max(0, (widths[i] ?? 0) - stringWidth(cell)));
  return rows.map((row) => `${row.map(pad).join("  ").trimEnd()}\n`).join("");
}
