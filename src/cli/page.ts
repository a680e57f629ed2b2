import { type Page, plain_paint } from "#reports";

/** The page that stdout is: as wide as its terminal and in its colours; a pipe has neither. */
export async function stdoutPage(): Promise<Page> {
  if (!process.stdout.isTTY) return { paint: plain_paint, width: undefined };
  const width = process.stdout.columns > 0 ? process.stdout.columns : undefined;
  // https://no-color.org: present and not empty.
  if ((process.env["NO_COLOR"] ?? "") !== "") return { paint: plain_paint, width };
  const { default: chalk } = await import("chalk");
  return { paint: { good: chalk.green, bad: chalk.red, warn: chalk.yellow, dim: chalk.dim, strong: chalk.bold }, width };
}
