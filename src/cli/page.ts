import { Chalk } from "chalk";
import { colourLevel, type Page, plain_paint } from "#reports";

/** Returns width and colours of stdout. A pipe has no width, and colours only with FORCE_COLOR. */
export function stdoutPage(): Page {
  const { isTTY, columns } = process.stdout;
  const width = isTTY && columns > 0 ? columns : undefined;
  const level = colourLevel({ isTTY, env: process.env });
  if (level === 0) return { paint: plain_paint, width };
  const { green, red, yellow, dim, bold } = new Chalk({ level });
  // Chalk joins all its arguments: passed to `map` directly, it would also print the index and the list.
  const one =
    (paint: (text: string) => string) =>
    (text: string): string =>
      paint(text);
  return { paint: { good: one(green), bad: one(red), warn: one(yellow), dim: one(dim), strong: one(bold) }, width };
}

/** Columns of a page whose width is unknown. */
const default_width = 100;

/** Returns the columns of a drawing: the terminal's width, or COLUMNS in a pipe. */
export function drawingWidth({ width }: Page): number {
  if (width !== undefined) return width;
  const columns = Number(process.env["COLUMNS"]);
  return Number.isInteger(columns) && columns > 0 ? columns : default_width;
}

/** Whether the locale uses UTF-8; true if no locale is set. */
export function hasUnicode(env: Readonly<Record<string, string | undefined>>): boolean {
  const locale = [env["LC_ALL"], env["LC_CTYPE"], env["LANG"]].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
