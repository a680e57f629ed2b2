import stringWidth from "string-width";
import { showElapsed, showEstimate } from "../duration.ts";
import type { StopMode } from "./progress.ts";
import type { OpenTask, Tally } from "./tally.ts";
import { cut, fit, widest } from "./terminal-text.ts";
import type { Theme } from "./theme.ts";

/** Width of the spinner and the space after it; task lines have the same indent. */
export const indent = 3;

const min_time_columns = 7;
const max_bar = 48;
const min_bar = 6;
const max_id_columns = 40;
/** With fewer columns, a task's activity is not shown. */
const min_activity = 14;
const gap = "  ";
/** Texts shown in place of the remaining time: the usual one, and one for narrow terminals. */
const stop_texts: Readonly<Record<StopMode, readonly [string, string]>> = {
  stop: ["stopping, Ctrl-C again to kill", "stopping, Ctrl-C kills"],
  kill: ["killing", "killing"],
};

/** Draws the redrawn part of the screen: the bar (without the spinner), a line per open task, and an empty line. */
export interface LiveLines {
  draw(about: { now: number; columns: number; rows: number }): string[];
}

/** Creates the redrawn lines of a run. */
export function createLiveLines({ tally, theme, task_ids }: { tally: Tally; theme: Theme; task_ids: string[] }): LiveLines {
  const { paint } = theme;
  // From the ids of all tasks, so that columns do not move while tasks start and end.
  const longest_id = widest(task_ids);
  let started_at: number | undefined;
  /** Grows with the times, and never shrinks. */
  let time_columns = min_time_columns;

  function bar(columns: number): string {
    const { counts, ended, total } = tally;
    const share = (count: number): number => (count === 0 ? 0 : Math.max(1, Math.floor((columns * count) / total)));
    const error = share(counts.error);
    const stopped = share(counts.skipped + counts.cancelled);
    const filled = ended === total ? columns : Math.floor((columns * ended) / total);
    const success = Math.max(0, filled - error - stopped);
    const rest = Math.max(0, columns - success - error - stopped);
    const { bar } = theme;
    return (
      paint.green(bar.filled.repeat(success)) +
      paint.red(bar.filled.repeat(error)) +
      paint.yellow(bar.filled.repeat(stopped)) +
      paint.dim(bar.empty.repeat(rest))
    );
  }

  function barLine(now: number, columns: number): string {
    started_at ??= now;
    const { counts, ended, total } = tally;
    // No estimate while the run is being stopped, or once all tasks have ended: it may lag behind.
    const remaining = tally.stopping === undefined && ended < total ? tally.remaining(now) : undefined;
    const [stopping = "", short_stopping = ""] = tally.stopping === undefined ? [] : stop_texts[tally.stopping];
    const all = [
      { text: `${String(ended).padStart(String(total).length)}/${total}`, paint: paint.bold, needed: true },
      { text: stopping, short: short_stopping, paint: paint.yellow, needed: true },
      { text: counts.error === 0 ? "" : `${counts.error} error`, paint: paint.red, needed: true },
      { text: counts.skipped === 0 ? "" : `${counts.skipped} skipped`, paint: paint.dim, needed: false },
      { text: showElapsed(now - started_at), paint: paint.dim, needed: false },
      { text: remaining === undefined ? "" : `~${showEstimate(remaining)} left`, paint: paint.dim, needed: true },
    ].filter((part) => part.text !== "");
    const width = (list: readonly { text: string }[]): number =>
      list.reduce((sum, { text }) => sum + text.length + gap.length, 0);
    const fitting = [all, all.filter((part) => part.needed)].find((list) => columns - width(list) >= min_bar);
    const shown = fitting ?? all.filter((part) => part.needed).map((part) => ({ ...part, text: part.short ?? part.text }));
    const bar_columns = Math.min(max_bar, columns - width(shown));
    const texts = shown.map((part) => part.paint(part.text));
    if (bar_columns >= min_bar) texts.unshift(bar(bar_columns));
    return cut(texts.join(gap), columns);
  }

  /** Returns the time since the start of an attempt, or the time until the next one; that stays at 0 for want of a worker. */
  const timeOf = ({ since, retry_at }: OpenTask, now: number): string =>
    retry_at === undefined ? showElapsed(now - since) : `in ${showElapsed(retry_at - now)}`;

  function taskLine(task: OpenTask, now: number, columns: number, id_columns: number): string {
    const { task_id, attempt, retry_at, activity } = task;
    const waits = retry_at !== undefined;
    const time = timeOf(task, now);
    const id = fit(task_id, id_columns);
    const head = `${waits ? paint.dim(id) : id}${gap}${paint.dim(time.padStart(time_columns))}`;
    const parts = attempt > 1 ? [head, paint.yellow(`attempt ${attempt}`)] : [head];
    if (activity !== "" && columns - widest([parts.join(gap)]) - gap.length >= min_activity) parts.push(paint.dim(activity));
    return cut(parts.join(gap), columns);
  }

  return {
    draw({ now, columns, rows }) {
      const width = Math.max(1, columns - indent);
      const id_columns = Math.min(longest_id, Math.max(8, Math.min(max_id_columns, Math.floor(width * 0.42))));
      // At most two thirds of the screen, so that the failures above stay visible.
      const max_lines = Math.max(0, Math.min(rows - 3, Math.max(3, Math.floor((rows * 2) / 3)) - 2));
      const open = [...tally.open.values()];
      const shown = open.length <= max_lines ? open : open.slice(0, Math.max(0, max_lines - 1));
      time_columns = Math.max(time_columns, ...shown.map((task) => timeOf(task, now).length));
      const lines = shown.map((task) => taskLine(task, now, width, id_columns));
      if (shown.length < open.length && max_lines > 0) {
        lines.push(cut(paint.dim(`${theme.unicode ? "…" : "..."} and ${open.length - shown.length} more`), width));
      }
      // The cursor rests on an empty line, where an echoed `^C` breaks nothing. Also, terminals differ in whether they wrap
      // the line with the cursor when they become narrower.
      return [barLine(now, width), ...lines.map((line) => " ".repeat(indent) + line), ""];
    },
  };
}

/** Returns how many rows the lines take on a terminal of `columns` that wraps them. */
export function rowsAt(columns: number, lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
}
