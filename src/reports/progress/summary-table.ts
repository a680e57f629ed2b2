import type { RunResult, TaskResult } from "#events";
import { missingContext } from "../context-words.ts";
import { showDuration } from "../duration.ts";
import { costOf } from "../money.ts";
import { oneLine } from "../printable.ts";
import { cut, fit, widest } from "./terminal-text.ts";
import { paintStatus, type Theme } from "./theme.ts";

/** A longer run shows what went wrong, and counts the rest. */
const max_rows = 30;

/** Where notes are longer and have less room than this beside their tasks, they stand under them. */
const least_note = 40;

const status_columns = "cancelled".length;
const least_time_columns = 7;
const gap = "  ";

/** The results as a table: task, status, time, attempts, cost where there is one, note; never wider than `columns`. */
export function tableLines({ results }: RunResult, { theme, columns }: { theme: Theme; columns: number }): string[] {
  const rows = results.length <= max_rows ? results : mostUseful(results);
  if (rows.length === 0) return [];
  const table = wideTable(rows, theme, columns) ?? narrowTable(rows, theme, columns);
  const more = hiddenRows(results, rows);
  if (more !== "") table.push(cut(theme.paint.dim(`  ${theme.unicode ? "…" : "..."} and ${more}`), columns));
  return table;
}

/** The rows of a long run that are worth reading: failures, then what was stopped while it ran. */
function mostUseful(results: readonly TaskResult[]): TaskResult[] {
  const failed = results.filter((row) => row.status === "error");
  const stopped = results.filter((row) => row.status === "cancelled" && row.attempts > 0);
  return [...failed, ...stopped].slice(0, max_rows);
}

/** What stands in no row, counted. */
function hiddenRows(results: readonly TaskResult[], rows: readonly TaskResult[]): string {
  const count = (list: readonly TaskResult[], status: string): number => list.filter((row) => row.status === status).length;
  const words = { error: "failed", cancelled: "cancelled", skipped: "skipped", success: "succeeded" };
  return Object.entries(words)
    .map(([status, word]) => ({ word, left: count(results, status) - count(rows, status) }))
    .filter(({ left }) => left > 0)
    .map(({ word, left }) => `${left} ${word}`)
    .join(", ");
}

/** One line per task, if that leaves the notes enough room. */
function wideTable(rows: readonly TaskResult[], theme: Theme, columns: number): string[] | undefined {
  const { paint, marks } = theme;
  const time_columns = timeColumns(rows, theme);
  const ids = Math.max(4, Math.min(widest(rows.map((row) => row.task_id)), Math.floor(Math.min(columns, 150) * 0.35)));
  const head = [fit("task", ids), fit("status", status_columns), "time".padStart(time_columns), "attempts"];
  const costs = Math.max("cost".length, widest(rows.map(costOf)));
  const has_costs = rows.some((row) => costOf(row) !== "");
  head.push(...(has_costs ? ["cost".padStart(costs)] : []), "note");
  const room = columns - 2 - widest([head.join(gap)]) + "note".length;
  if (room < Math.min(least_note, Math.max("note".length, widest(rows.map(remarkOf))))) return undefined;
  return [
    paint.dim(`  ${head.join(gap)}`),
    ...rows.map((row) => {
      const cells = [
        fit(row.task_id, ids),
        paintStatus(theme, row.status, fit(row.status, status_columns)),
        timeOf(row, theme).padStart(time_columns),
        String(row.attempts).padStart("attempts".length),
        ...(has_costs ? [costOf(row).padStart(costs)] : []),
        remarkOf(row),
      ];
      return cut(`${marks[row.status]} ${cells.join(gap)}`.trimEnd(), columns);
    }),
  ];
}

/** A note on a line of its own, below its task. */
function narrowTable(rows: readonly TaskResult[], theme: Theme, columns: number): string[] {
  const { paint, marks } = theme;
  const time_columns = timeColumns(rows, theme);
  const attemptsOf = (row: TaskResult): string => (row.attempts > 1 ? `${theme.times}${row.attempts}` : "");
  const attempts = widest(rows.map(attemptsOf));
  const taken = 2 + gap.length + status_columns + gap.length + time_columns + (attempts === 0 ? 0 : gap.length + attempts);
  const ids = Math.max(4, Math.min(widest(rows.map((row) => row.task_id)), columns - taken));
  const head = [fit("task", ids), fit("status", status_columns), "time".padStart(time_columns)];
  return [
    cut(paint.dim(`  ${head.join(gap)}`), columns),
    ...rows.flatMap((row) => {
      const cells = [
        fit(row.task_id, ids),
        paintStatus(theme, row.status, fit(row.status, status_columns)),
        timeOf(row, theme).padStart(time_columns),
        attemptsOf(row),
      ];
      const line = cut(`${marks[row.status]} ${cells.join(gap)}`.trimEnd(), columns);
      const note = [costOf(row), remarkOf(row)].filter((part) => part !== "").join(", ");
      return note === "" ? [line] : [line, paint.dim(cut(`  ${note}`, columns))];
    }),
  ];
}

const timeColumns = (rows: readonly TaskResult[], theme: Theme): number =>
  Math.max(least_time_columns, widest(rows.map((row) => timeOf(row, theme))));

function timeOf(row: TaskResult, theme: Theme): string {
  return row.attempts === 0 ? theme.nothing : showDuration(row.execution_time_ms);
}

function remarkOf(row: TaskResult): string {
  if (row.error !== null) return oneLine(row.error);
  const notes = [row.reused ? "reused" : "", ...(row.warnings ?? []).map(oneLine)];
  const missing = row.context?.missing ?? [];
  if (missing.length > 0) notes.push(missingContext(missing));
  // A warning is a sentence: what follows its period takes no comma.
  return notes
    .filter((note) => note !== "")
    .join(", ")
    .replaceAll("., ", ". ");
}
