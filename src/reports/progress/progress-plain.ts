import type { RunEvent, TaskFinished } from "#events";
import { showDelay, showDuration, showElapsed } from "../duration.ts";
import { oneLine, oneSentence } from "../printable.ts";
import { afterDelay, ending_words, endingOf, type Progress, type ProgressOptions } from "./progress.ts";
import { summaryLines } from "./summary.ts";
import { createTally } from "./tally.ts";
import { createTheme, paintStatus } from "./theme.ts";

/** After so long without a line, one says what is still running: CI systems end what is silent. */
const silence_ms = 60_000;

/** How many running tasks that line names. */
const max_named = 5;

/** How long a limit lasts, from when it was told. */
const waitOf = ({ until, time }: { until: string; time: string }): string =>
  showDuration(Math.max(0, Date.parse(until) - Date.parse(time)));

/** Progress in a log: a line for everything that matters, in order, never taken back. */
export function createPlainProgress(options: ProgressOptions): Progress {
  const { stream, work, now, after = afterDelay } = options;
  const theme = createTheme(options);
  const { paint } = theme;
  const tally = createTally(work, now);
  const digits = String(tally.total).length;
  const began = now();
  let last = began;
  /** Tasks that ended without having started, for the same reason, one after another: one line says it for all. */
  let unstarted: { task_id: string; error: string; count: number } | undefined;

  function write(text: string): void {
    last = now();
    stream.write(`${text}\n`);
  }

  function say(text: string, done = tally.done): void {
    write(`${paint.dim(`[${String(done).padStart(digits)}/${tally.total}]`)} ${text}`);
  }

  function sayUnstarted(done = tally.done): void {
    if (unstarted === undefined) return;
    const { task_id, error, count } = unstarted;
    unstarted = undefined;
    say(`${count === 1 ? task_id : `${count} tasks`}: ${paint.dim(error)}`, done);
  }

  function sayEnd({ task_id, attempts, execution_time_ms, outcome }: TaskFinished): void {
    const { status } = outcome;
    const word = { success: "succeeded", error: "failed", skipped: "skipped", cancelled: "cancelled" }[status];
    if (status === "success" && attempts === 0) {
      say(`${task_id} ${paintStatus(theme, status, "reused")}`);
      return;
    }
    const tries = attempts > 1 ? ` after ${attempts} attempts` : "";
    const why = status === "success" ? "" : `: ${oneLine(outcome.error)}`;
    say(`${task_id} ${paintStatus(theme, status, word)}${tries} in ${showDuration(execution_time_ms)}${why}`);
  }

  function listen(event: RunEvent): void {
    const done_before = tally.done;
    tally.listen(event);
    if (event.type === "task.finished" && event.attempts === 0 && event.outcome.status !== "success") {
      const error = oneLine(event.outcome.error);
      if (unstarted?.error !== error) sayUnstarted(done_before);
      unstarted = { task_id: event.task_id, error, count: (unstarted?.count ?? 0) + 1 };
      return;
    }
    sayUnstarted(done_before);
    switch (event.type) {
      case "task.started":
        say(`${event.task_id} started`);
        break;
      case "attempt.finished":
        for (const warning of event.warnings ?? []) say(`${event.task_id}: ${paint.yellow(oneLine(warning))}`);
        break;
      case "task.retrying": {
        const { task_id, attempt, error, delay_ms } = event;
        const next = paint.dim(`Attempt ${attempt} ${showDelay(delay_ms)}.`);
        say(`${task_id} ${paint.yellow(`failed attempt ${attempt - 1}`)}: ${oneSentence(error)} ${next}`);
        break;
      }
      case "task.waiting":
        say(
          `${event.task_id} ${paint.yellow(`waits ${waitOf(event)} for ${event.agent}`)}, which is limited: ${oneLine(event.error)}`,
        );
        break;
      case "task.changed":
        say(`${event.task_id} runs again: ${oneLine(event.changed.join("; "))}`);
        break;
      case "task.finished":
        sayEnd(event);
        break;
    }
  }

  function beat(): void {
    sayUnstarted();
    const silent = now() - last;
    if (silent >= silence_ms && tally.open.size > 0) {
      const open = [...tally.open.values()];
      const named = open.slice(0, max_named).map(({ task_id, since, retry_at }) => {
        return `${task_id} (${retry_at === undefined ? showElapsed(now() - since) : "waiting to retry"})`;
      });
      if (open.length > named.length) named.push(`${open.length - named.length} more`);
      const ending = tally.ending === undefined ? "" : `${ending_words[tally.ending]}; `;
      say(`${showElapsed(now() - began)} gone, ${ending}still running: ${named.join(", ")}`);
    }
    cancelBeat = after(Math.max(1000, silence_ms - (now() - last)), beat);
  }
  let cancelBeat = after(silence_ms, beat);

  function stop(): void {
    cancelBeat();
    sayUnstarted();
  }

  function warn(message: string): void {
    sayUnstarted();
    write(`dispatch: ${paint.yellow(oneLine(message))}`);
  }

  return {
    listen,
    warn,
    ending: endingOf(tally, warn),
    stop,
    finish(result) {
      stop();
      if (result === undefined) return;
      const { hint, cwd } = options;
      write(summaryLines(result, { theme, columns: Number.POSITIVE_INFINITY, hint, cwd }).join("\n"));
    },
  };
}
