import { Chalk } from "chalk";
import { colourLevel, type Page, plain_paint } from "#reports";

/** The page that stdout is: as wide as its terminal and in its colours; a pipe has neither, unless FORCE_COLOR says so. */
export function stdoutPage(): Page {
  const { isTTY, columns } = process.stdout;
  const width = isTTY && columns > 0 ? columns : undefined;
  const level = colourLevel({ isTTY, env: process.env });
  if (level === 0) return { paint: plain_paint, width };
  const { green, red, yellow, dim, bold } = new Chalk({ level });
  // Chalk joins all its arguments: handed to `map` as it is, it would draw the index and the whole list too.
  const one =
    (paint: (text: string) => string) =>
    (text: string): string =>
      paint(text);
  return { paint: { good: one(green), bad: one(red), warn: one(yellow), dim: one(dim), strong: one(bold) }, width };
}

/** What a page of unknown width is taken for where something must be fitted to it. */
const usual_width = 100;

/** Columns that a drawing may take: the terminal's, in a pipe those that COLUMNS says. */
export function drawingWidth({ width }: Page): number {
  if (width !== undefined) return width;
  const columns = Number(process.env["COLUMNS"]);
  return Number.isInteger(columns) && columns > 0 ? columns : usual_width;
}

/** Whether the locale's characters are Unicode; one that is not set at all is no word against it. */
export function hasUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
