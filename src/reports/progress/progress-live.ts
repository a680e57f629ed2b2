import ora, { spinners } from "ora";
import { showDelay, showDuration } from "../duration.ts";
import { oneLine } from "../printable.ts";
import { createLiveLines, indent, rowsAt } from "./live-lines.ts";
import { afterDelay, endingOf, least_columns, type Progress, type ProgressOptions } from "./progress.ts";
import { summaryLines } from "./summary.ts";
import { createTally } from "./tally.ts";
import { cut, widest, wrap } from "./terminal-text.ts";
import { createTheme } from "./theme.ts";

/** Lines that come together are written together: each write redraws everything below. */
const flush_ms = 80;

const csi = "\u001b[";

/** Progress on a terminal: what went wrong stands above, the bar and what runs are redrawn below it. */
export function createLiveProgress(options: ProgressOptions): Progress {
  const { stream, work, now, after = afterDelay } = options;
  const theme = createTheme(options);
  const { paint, marks } = theme;
  const tally = createTally(work, now);
  const lines = createLiveLines({ tally, theme, task_ids: work.tasks.map((task) => task.task_id) });
  const columns = (): number => stream.columns ?? 80;
  const isDrawable = (): boolean => columns() >= least_columns;
  /** How wide a line may be that is written once: where that is next to nothing, the terminal may wrap it. */
  const width = (): number => (isDrawable() ? columns() : Number.POSITIVE_INFINITY);
  /** What stands on the screen to be redrawn. */
  let drawn: string[] = [];
  let pending: string[] = [];
  let cancelFlush: (() => void) | undefined;

  const frames = theme.unicode ? spinners.dots : spinners.line;
  const spinner = ora({
    stream,
    isEnabled: true,
    // Raw mode would take job control and Ctrl-C away from the terminal.
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
    // The spinner hears of every write to its stream, and draws itself again below it.
    stream.write(`${text}\n`);
  }

  function say(line: string): void {
    pending.push(cut(line, width()));
    cancelFlush ??= after(flush_ms, flush);
  }

  /** Erases the rows that the terminal has made of lines by wrapping them: the spinner clears only those that it wrote. */
  function eraseWrapped(): void {
    const [first = "", ...others] = drawn;
    const more = rowsAt(Math.max(1, columns()), [" ".repeat(indent) + first, ...others]) - drawn.length;
    drawn = [];
    if (more > 0) stream.write(`${csi}${more}A${csi}J\r`);
  }

  function follow(): void {
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
    stream.removeListener("resize", follow);
    flush();
    if (spinner.isSpinning) spinner.stop();
  }

  stream.on("resize", follow);
  if (isDrawable()) spinner.start();

  return {
    listen(event) {
      tally.listen(event);
      switch (event.type) {
        case "attempt.finished":
          for (const warning of event.warnings ?? []) say(`${marks.warning} ${event.task_id}  ${oneLine(warning)}`);
          break;
        case "task.retrying": {
          const { task_id, attempt, delay_ms, error } = event;
          say(paint.dim(`${marks.retry} ${task_id}  attempt ${attempt} ${showDelay(delay_ms)}: ${oneLine(error)}`));
          break;
        }
        case "task.waiting":
          say(
            paint.dim(
              `${marks.retry} ${event.task_id}  waits for ${event.agent} until ${event.until}: ${oneLine(event.error)}`,
            ),
          );
          break;
        case "task.finished":
          if (event.outcome.status === "error") {
            const id = cut(event.task_id, Math.max(12, Math.floor(width() * 0.4)), "middle");
            const line = `${marks.error} ${paint.bold(id)}  ${oneLine(event.outcome.error)}`;
            const time = `  ${showDuration(event.execution_time_ms)}`;
            say(widest([line + time]) <= width() ? line + paint.dim(time) : line);
          }
          break;
      }
    },
    warn,
    ending: endingOf(tally, warn),
    stop,
    finish(result) {
      stop();
      if (result === undefined) return;
      const { hint, cwd } = options;
      stream.write(`${summaryLines(result, { theme, columns: width(), hint, cwd }).join("\n")}\n`);
    },
  };
}
