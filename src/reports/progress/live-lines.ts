import stringWidth from "string-width";
import { showElapsed, showRough } from "../duration.ts";
import type { Ending } from "./progress.ts";
import type { OpenTask, Tally } from "./tally.ts";
import { cut, fit, widest } from "./terminal-text.ts";
import type { Theme } from "./theme.ts";

/** The spinner and the space behind it; the lines of the tasks are indented as far. */
export const indent = 3;

const least_time_columns = 7;
const longest_bar = 48;
const shortest_bar = 6;
const longest_shown_id = 40;
/** Less room than this makes a stump of what a task is doing, and not a text. */
const least_doing = 14;
const gap = "  ";
/** What stands in the place of the time that is left: at length, and where there is no room. */
const endings: Readonly<Record<Ending, readonly [string, string]>> = {
  stop: ["stopping, Ctrl-C ends it at once", "stopping, Ctrl-C kills"],
  kill: ["killing", "killing"],
};

/** Draws the part of the screen that is redrawn: the bar (without the spinner), a line per open task, an empty one. */
export interface LiveLines {
  draw(about: { now: number; columns: number; rows: number }): string[];
}

/** Makes the drawer of one run. */
export function createLiveLines({ tally, theme, task_ids }: { tally: Tally; theme: Theme; task_ids: string[] }): LiveLines {
  const { paint } = theme;
  // From all ids, not those that run now: columns that move cannot be read.
  const longest_id = widest(task_ids);
  let began: number | undefined;
  /** It grows with the times, and stays so. */
  let time_columns = least_time_columns;

  function bar(columns: number): string {
    const { counts, done, total } = tally;
    const share = (count: number): number => (count === 0 ? 0 : Math.max(1, Math.floor((columns * count) / total)));
    const failed = share(counts.error);
    const stopped = share(counts.skipped + counts.cancelled);
    const whole = done === total ? columns : Math.floor((columns * done) / total);
    const succeeded = Math.max(0, whole - failed - stopped);
    const rest = Math.max(0, columns - succeeded - failed - stopped);
    const { bar } = theme;
    return (
      paint.green(bar.done.repeat(succeeded)) +
      paint.red(bar.done.repeat(failed)) +
      paint.yellow(bar.done.repeat(stopped)) +
      paint.dim(bar.left.repeat(rest))
    );
  }

  function barLine(now: number, columns: number): string {
    began ??= now;
    const { counts, done, total } = tally;
    // How long the work would have taken says nothing any more once it is being stopped; and a guess lags behind the end.
    const left = tally.ending === undefined && done < total ? tally.left(now) : undefined;
    const [ending = "", short_ending = ""] = tally.ending === undefined ? [] : endings[tally.ending];
    const all = [
      { text: `${String(done).padStart(String(total).length)}/${total}`, paint: paint.bold, needed: true },
      { text: ending, short: short_ending, paint: paint.yellow, needed: true },
      { text: counts.error === 0 ? "" : `${counts.error} failed`, paint: paint.red, needed: true },
      { text: counts.skipped === 0 ? "" : `${counts.skipped} skipped`, paint: paint.dim, needed: false },
      { text: showElapsed(now - began), paint: paint.dim, needed: false },
      { text: left === undefined ? "" : `~${showRough(left)} left`, paint: paint.dim, needed: true },
    ].filter((part) => part.text !== "");
    const width = (list: readonly { text: string }[]): number =>
      list.reduce((sum, { text }) => sum + text.length + gap.length, 0);
    const fitting = [all, all.filter((part) => part.needed)].find((list) => columns - width(list) >= shortest_bar);
    const shown = fitting ?? all.filter((part) => part.needed).map((part) => ({ ...part, text: part.short ?? part.text }));
    const bar_columns = Math.min(longest_bar, columns - width(shown));
    const texts = shown.map((part) => part.paint(part.text));
    if (bar_columns >= shortest_bar) texts.unshift(bar(bar_columns));
    return cut(texts.join(gap), columns);
  }

  /** A wait counts down; what is late already waits for a worker. */
  const timeOf = ({ since, retry_at }: OpenTask, now: number): string =>
    retry_at === undefined ? showElapsed(now - since) : `in ${showElapsed(retry_at - now)}`;

  function taskLine(task: OpenTask, now: number, columns: number, id_columns: number): string {
    const { task_id, attempt, retry_at, doing } = task;
    const waits = retry_at !== undefined;
    const time = timeOf(task, now);
    const id = fit(task_id, id_columns);
    const head = `${waits ? paint.dim(id) : id}${gap}${paint.dim(time.padStart(time_columns))}`;
    const parts = attempt > 1 ? [head, paint.yellow(`attempt ${attempt}`)] : [head];
    if (doing !== "" && columns - widest([parts.join(gap)]) - gap.length >= least_doing) parts.push(paint.dim(doing));
    return cut(parts.join(gap), columns);
  }

  return {
    draw({ now, columns, rows }) {
      const width = Math.max(1, columns - indent);
      const id_columns = Math.min(longest_id, Math.max(8, Math.min(longest_shown_id, Math.floor(width * 0.42))));
      // Two thirds of the screen at most: what stands above it is what went wrong.
      const most = Math.max(0, Math.min(rows - 3, Math.max(3, Math.floor((rows * 2) / 3)) - 2));
      const open = [...tally.open.values()];
      const shown = open.length <= most ? open : open.slice(0, Math.max(0, most - 1));
      time_columns = Math.max(time_columns, ...shown.map((task) => timeOf(task, now).length));
      const lines = shown.map((task) => taskLine(task, now, width, id_columns));
      if (shown.length < open.length && most > 0) {
        lines.push(cut(paint.dim(`${theme.unicode ? "…" : "..."} and ${open.length - shown.length} more`), width));
      }
      // The cursor rests on an empty line: an echoed `^C` breaks nothing there, and terminals that become narrower do not
      // agree on whether the line with the cursor is wrapped.
      return [barLine(now, width), ...lines.map((line) => " ".repeat(indent) + line), ""];
    },
  };
}

/** How many rows these lines take on a terminal that has become narrower and has wrapped them. */
export function rowsAt(columns: number, lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
}
