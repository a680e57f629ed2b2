import { Chalk } from "chalk";
import { colourLevel, type Page, plain_paint } from "#reports";

/** The page that stdout is: as wide as its terminal and in its colours; a pipe has neither, unless FORCE_COLOR says so. */
export function stdoutPage(): Page {
  const { isTTY, columns } = process.stdout;
  const width = isTTY && columns > 0 ? columns : undefined;
  const level = colourLevel({ isTTY, env: process.env });
  if (level === 0) return { paint: plain_paint, width };
  const chalk = new Chalk({ level });
  return { paint: { good: chalk.green, bad: chalk.red, warn: chalk.yellow, dim: chalk.dim, strong: chalk.bold }, width };
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
