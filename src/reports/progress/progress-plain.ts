import type { RunEvent, TaskFinished } from "#events";
import { showBetween, showDelay, showDuration, showElapsed } from "../duration.ts";
import { oneLine } from "../printable.ts";
import { shownStatus } from "../status.ts";
import { afterDelay, createStopping, type Progress, type ProgressOptions, stop_words } from "./progress.ts";
import { summaryLines } from "./summary.ts";
import { createTally } from "./tally.ts";
import { createTheme, paintStatus, type Theme } from "./theme.ts";

/** After this time without a line, one lists the running tasks: CI systems stop jobs that print nothing. */
const silence_ms = 60_000;

/** Running tasks that this line names. */
const max_named = 5;

/** Creates progress for a log: a line per notable event, in order, never redrawn. */
export function createPlainProgress(options: ProgressOptions): Progress {
  const { stream, work, now, after = afterDelay } = options;
  const theme = createTheme(options);
  const { paint } = theme;
  const tally = createTally(work, now);
  const digits = String(tally.total).length;
  const started_at = now();
  let last_line_at = started_at;
  /** Consecutive tasks that ended before they started, for the same reason; they share a line. */
  let unstarted: { task_id: string; error: string; count: number } | undefined;

  function write(text: string): void {
    last_line_at = now();
    stream.write(`${text}\n`);
  }

  function print(text: string, ended = tally.ended): void {
    write(`${paint.dim(`[${String(ended).padStart(digits)}/${tally.total}]`)} ${text}`);
  }

  function printUnstarted(ended = tally.ended): void {
    if (unstarted === undefined) return;
    const { task_id, error, count } = unstarted;
    unstarted = undefined;
    print(`${count === 1 ? task_id : `${count} tasks`}: ${paint.dim(error)}`, ended);
  }

  function listen(event: RunEvent): void {
    const ended_before = tally.ended;
    tally.listen(event);
    if (event.type === "task.finished" && event.attempts === 0 && event.outcome.status !== "success") {
      const error = oneLine(event.outcome.error);
      if (unstarted?.error !== error) printUnstarted(ended_before);
      unstarted = { task_id: event.task_id, error, count: (unstarted?.count ?? 0) + 1 };
      return;
    }
    printUnstarted(ended_before);
    for (const line of linesOf(event, theme)) print(line);
  }

  function heartbeat(): void {
    printUnstarted();
    if (now() - last_line_at >= silence_ms && tally.open.size > 0) {
      const open = [...tally.open.values()];
      const named = open.slice(0, max_named).map(({ task_id, since, retry_at }) => {
        return `${task_id} (${retry_at === undefined ? showElapsed(now() - since) : "waiting to retry"})`;
      });
      if (open.length > named.length) named.push(`${open.length - named.length} more`);
      const stopping = tally.stopping === undefined ? "" : `${stop_words[tally.stopping]}; `;
      print(`${showElapsed(now() - started_at)} elapsed, ${stopping}still running: ${named.join(", ")}`);
    }
    cancelHeartbeat = after(Math.max(1000, silence_ms - (now() - last_line_at)), heartbeat);
  }
  let cancelHeartbeat = after(silence_ms, heartbeat);

  function stop(): void {
    cancelHeartbeat();
    printUnstarted();
  }

  function warn(message: string): void {
    printUnstarted();
    write(`dispatch: ${paint.yellow(oneLine(message))}`);
  }

  return {
    listen,
    warn,
    stopping: createStopping(tally, warn),
    stop,
    finish(result) {
      stop();
      if (result === undefined) return;
      const { hint, cwd } = options;
      write(summaryLines(result, { theme, columns: Number.POSITIVE_INFINITY, hint, cwd }).join("\n"));
    },
  };
}

/** The lines that an event prints. */
function linesOf(event: RunEvent, theme: Theme): string[] {
  const { paint } = theme;
  switch (event.type) {
    case "task.started":
      return [`${event.task_id} started`];
    case "attempt.finished":
      return (event.warnings ?? []).map((warning) => `${event.task_id}: ${paint.yellow(oneLine(warning))}`);
    case "task.retrying": {
      const { task_id, attempt, error, delay_ms } = event;
      return [`${task_id} ${paint.yellow(`retries ${showDelay(delay_ms)}`)} (attempt ${attempt}): ${oneLine(error)}`];
    }
    case "task.waiting": {
      const wait = paint.yellow(`waits ${showBetween(event.time, event.until)}`);
      return [`${event.task_id} ${wait} for the rate limit of ${event.agent}: ${oneLine(event.error)}`];
    }
    case "task.changed":
      return [`${event.task_id} runs again: ${oneLine(event.changed.join("; "))}`];
    case "task.finished":
      return [endLine(event, theme)];
    default:
      return [];
  }
}

function endLine({ task_id, attempts, execution_time_ms, outcome }: TaskFinished, theme: Theme): string {
  const is_success = outcome.status === "success";
  const status = is_success ? outcome.status : shownStatus(outcome.status, outcome.error_kind);
  if (is_success && attempts === 0) return `${task_id} ${paintStatus(theme, status, "reused")}`;
  const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
  const why = is_success ? "" : `: ${oneLine(outcome.error)}`;
  return `${task_id} ${paintStatus(theme, status, status)}${tries} in ${showDuration(execution_time_ms)}${why}`;
}
