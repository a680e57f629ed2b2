import ora, { spinners } from "ora";
import { formatDuration } from "./duration.ts";
import { createLiveLines, indent, rowsAt } from "./live-lines.ts";
import { afterDelay, least_columns, type Progress, type ProgressOptions } from "./progress.ts";
import { summaryLines } from "./summary.ts";
import { createTally } from "./tally.ts";
import { cut, oneLine, widest, wrap } from "./terminal-text.ts";
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
  const columns = (): number => stream.columns || 80;
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
    pending.push(cut(line, columns()));
    cancelFlush ??= after(flush_ms, flush);
  }

  function follow(): void {
    if (columns() < least_columns) {
      spinner.stop();
      return;
    }
    if (!spinner.isSpinning) {
      spinner.start();
      return;
    }
    const [first = "", ...others] = drawn;
    const wrapped = rowsAt(columns(), [" ".repeat(indent) + first, ...others]) - drawn.length;
    if (wrapped === 0) return;
    // A terminal wraps what it shows when it becomes narrower; the spinner clears only the lines that it wrote.
    spinner.clear();
    stream.write(`${csi}${wrapped}A${csi}J\r`);
  }

  stream.on("resize", follow);
  if (columns() >= least_columns) spinner.start();

  return {
    listen(event) {
      tally.listen(event);
      switch (event.type) {
        case "attempt.finished":
          for (const warning of event.warnings ?? []) say(`${marks.warning} ${event.task_id}  ${oneLine(warning)}`);
          break;
        case "task.retrying": {
          const { task_id, attempt, delay_ms, error } = event;
          say(paint.dim(`${marks.retry} ${task_id}  attempt ${attempt} in ${formatDuration(delay_ms)}: ${oneLine(error)}`));
          break;
        }
        case "task.finished":
          if (event.outcome.status === "error") {
            const id = cut(event.task_id, Math.max(12, Math.floor(columns() * 0.4)), "middle");
            const line = `${marks.error} ${paint.bold(id)}  ${oneLine(event.outcome.error)}`;
            const time = `  ${formatDuration(event.execution_time_ms)}`;
            say(widest([line + time]) <= columns() ? line + paint.dim(time) : line);
          }
          break;
      }
    },
    warn(message) {
      flush();
      const text = wrap(oneLine(message), columns() - 2).map((line, i) => `${i === 0 ? marks.warning : " "} ${line}`);
      stream.write(`${text.join("\n")}\n`);
    },
    finish(result) {
      stream.removeListener("resize", follow);
      flush();
      spinner.stop();
      if (result === undefined) return;
      const { hint, cwd } = options;
      stream.write(`${summaryLines(result, { theme, columns: columns(), hint, cwd }).join("\n")}\n`);
    },
  };
}
