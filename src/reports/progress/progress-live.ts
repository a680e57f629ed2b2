import ora, { spinners } from "ora";
import type { RunEvent } from "#events";
import { showBetween, showDelay, showDuration } from "../duration.ts";
import { oneLine } from "../printable.ts";
import { createLiveLines, indent, rowsAt } from "./live-lines.ts";
import { afterDelay, createStopping, min_columns, type Progress, type ProgressOptions } from "./progress.ts";
import { summaryLines } from "./summary.ts";
import { createTally } from "./tally.ts";
import { cut, widest, wrap } from "./terminal-text.ts";
import { createTheme, type Theme } from "./theme.ts";

/** Lines are collected for this time and written together, because each write redraws everything below. */
const flush_ms = 80;

const csi = "\u001b[";

/** Creates progress for a terminal: failures scroll above, the bar and the open tasks are redrawn below. */
export function createLiveProgress(options: ProgressOptions): Progress {
  const { stream, work, now, after = afterDelay } = options;
  const theme = createTheme(options);
  const { paint, marks } = theme;
  const tally = createTally(work, now);
  const lines = createLiveLines({ tally, theme, task_ids: work.tasks.map((task) => task.task_id) });
  const columns = (): number => stream.columns ?? 80;
  const isDrawable = (): boolean => columns() >= min_columns;
  /** The width of lines that are written once; the terminal wraps them if it is too narrow to draw on. */
  const width = (): number => (isDrawable() ? columns() : Number.POSITIVE_INFINITY);
  /** The redrawn lines that are on the screen now. */
  let drawn: string[] = [];
  let pending: string[] = [];
  let cancelFlush: (() => void) | undefined;

  const frames = theme.unicode ? spinners.dots : spinners.line;
  const spinner = ora({
    stream,
    isEnabled: true,
    // Raw mode would disable job control and Ctrl-C.
    discardStdin: false,
    color: false,
    spinner: { ...frames, frames: frames.frames.map((frame) => paint.cyan(frame)) },
    suffixText() {
      drawn = lines.draw({ now: now(), columns: columns(), rows: stream.rows || 24 });
      return drawn.join("\n");
    },
  });

  function flush(): void {
    cancelFlush?.();
    cancelFlush = undefined;
    if (pending.length === 0) return;
    const text = pending.join("\n");
    pending = [];
    // The spinner hooks writes to its stream and draws itself again below.
    stream.write(`${text}\n`);
  }

  function print(line: string): void {
    pending.push(cut(line, width()));
    cancelFlush ??= after(flush_ms, flush);
  }

  /** Erases the extra rows of lines that the terminal has wrapped: the spinner clears only the lines it wrote. */
  function eraseWrapped(): void {
    const [first = "", ...others] = drawn;
    const more = rowsAt(Math.max(1, columns()), [" ".repeat(indent) + first, ...others]) - drawn.length;
    drawn = [];
    if (more > 0) stream.write(`${csi}${more}A${csi}J\r`);
  }

  function onResize(): void {
    if (!isDrawable()) {
      if (!spinner.isSpinning) return;
      spinner.stop();
      eraseWrapped();
    } else if (spinner.isSpinning) {
      spinner.clear();
      eraseWrapped();
    } else spinner.start();
  }

  function warn(message: string): void {
    flush();
    const text = wrap(oneLine(message), width() - 2).map((line, i) => `${i === 0 ? marks.warning : " "} ${line}`);
    stream.write(`${text.join("\n")}\n`);
  }

  function stop(): void {
    stream.removeListener("resize", onResize);
    flush();
    if (spinner.isSpinning) spinner.stop();
  }

  stream.on("resize", onResize);
  if (isDrawable()) spinner.start();

  return {
    listen(event) {
      tally.listen(event);
      for (const line of linesOf(event, theme, width())) print(line);
    },
    warn,
    stopping: createStopping(tally, warn),
    stop,
    finish(result) {
      stop();
      if (result === undefined) return;
      const { hint, cwd } = options;
      stream.write(`${summaryLines(result, { theme, columns: width(), hint, cwd }).join("\n")}\n`);
    },
  };
}

/** The lines that an event prints above the redrawn part. */
function linesOf(event: RunEvent, { paint, marks }: Theme, width: number): string[] {
  switch (event.type) {
    case "attempt.finished":
      return (event.warnings ?? []).map((warning) => `${marks.warning} ${event.task_id}  ${oneLine(warning)}`);
    case "task.retrying": {
      const { task_id, delay_ms, error } = event;
      return [paint.dim(`${marks.retry} ${task_id}  retries ${showDelay(delay_ms)}: ${oneLine(error)}`)];
    }
    case "task.waiting": {
      const wait = `waits ${showBetween(event.time, event.until)} for the rate limit of ${event.agent}`;
      return [paint.dim(`${marks.retry} ${event.task_id}  ${wait}: ${oneLine(event.error)}`)];
    }
    case "task.finished": {
      if (event.outcome.status !== "error") return [];
      const id = cut(event.task_id, Math.max(12, Math.floor(width * 0.4)), "middle");
      const line = `${marks.error} ${paint.bold(id)}  ${oneLine(event.outcome.error)}`;
      const time = `  ${showDuration(event.execution_time_ms)}`;
      return [widest([line + time]) <= width ? line + paint.dim(time) : line];
    }
    default:
      return [];
  }
}
