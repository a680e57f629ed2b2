import type { RunResult, TaskResult } from "#events";
import { missingContext } from "../context-text.ts";
import { showDuration } from "../duration.ts";
import { costOf } from "../money.ts";
import { oneLine } from "../printable.ts";
import { countStatuses, type ShownStatus, shownStatus } from "../status.ts";
import { cut, fit, widest } from "./terminal-text.ts";
import { paintStatus, type Theme } from "./theme.ts";

/** Rows of the table; longer runs list failures only and count the rest. */
const max_rows = 30;

/** If longer notes have less room than this beside their tasks, they go below them. */
const min_note_columns = 40;

const min_time_columns = 7;
const gap = "  ";

/** Returns the results as a table: task, status, time, attempts, cost if any, note. Never wider than `columns`. */
export function tableLines({ results }: RunResult, { theme, columns }: { theme: Theme; columns: number }): string[] {
  const rows = results.length <= max_rows ? results : mostRelevant(results);
  if (rows.length === 0) return [];
  const table = wideTable(rows, theme, columns) ?? narrowTable(rows, theme, columns);
  const more = hiddenCounts(results, rows);
  if (more !== "") table.push(cut(theme.paint.dim(`  ${theme.unicode ? "…" : "..."} and ${more}`), columns));
  return table;
}

/** Returns the rows to show of a long run: failures, then tasks that were stopped while they ran. */
function mostRelevant(results: readonly TaskResult[]): TaskResult[] {
  const failures = results.filter((row) => row.status === "error");
  const stopped = results.filter((row) => row.status === "cancelled" && row.attempts > 0);
  return [...failures, ...stopped].slice(0, max_rows);
}

/** Counts the rows that are not shown, by status. */
function hiddenCounts(results: readonly TaskResult[], rows: readonly TaskResult[]): string {
  const shown = new Set(rows);
  const hidden = countStatuses(results.filter((row) => !shown.has(row)));
  return hidden.map(({ status, count }) => `${count} ${status}`).join(", ");
}

/** Returns a table with one line per task, or undefined if that leaves too little room for notes. */
function wideTable(rows: readonly TaskResult[], theme: Theme, columns: number): string[] | undefined {
  const { paint, marks } = theme;
  const time_columns = timeColumns(rows, theme);
  const status_columns = statusColumns(rows);
  const ids = Math.max(4, Math.min(widest(rows.map((row) => row.task_id)), Math.floor(Math.min(columns, 150) * 0.35)));
  const head = [fit("task", ids), fit("status", status_columns), "time".padStart(time_columns), "attempts"];
  const costs = Math.max("cost".length, widest(rows.map(costOf)));
  const has_costs = rows.some((row) => costOf(row) !== "");
  head.push(...(has_costs ? ["cost".padStart(costs)] : []), "note");
  const room = columns - 2 - widest([head.join(gap)]) + "note".length;
  if (room < Math.min(min_note_columns, Math.max("note".length, widest(rows.map(noteOf))))) return undefined;
  return [
    paint.dim(`  ${head.join(gap)}`),
    ...rows.map((row) => {
      const cells = [
        fit(row.task_id, ids),
        statusCell(row, theme, status_columns),
        timeOf(row, theme).padStart(time_columns),
        String(row.attempts).padStart("attempts".length),
        ...(has_costs ? [costOf(row).padStart(costs)] : []),
        noteOf(row),
      ];
      return cut(`${marks[row.status]} ${cells.join(gap)}`.trimEnd(), columns);
    }),
  ];
}

/** Returns a table with each note on a line below its task. */
function narrowTable(rows: readonly TaskResult[], theme: Theme, columns: number): string[] {
  const { paint, marks } = theme;
  const time_columns = timeColumns(rows, theme);
  const status_columns = statusColumns(rows);
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
        statusCell(row, theme, status_columns),
        timeOf(row, theme).padStart(time_columns),
        attemptsOf(row),
      ];
      const line = cut(`${marks[row.status]} ${cells.join(gap)}`.trimEnd(), columns);
      const note = [costOf(row), noteOf(row)].filter((part) => part !== "").join(", ");
      return note === "" ? [line] : [line, paint.dim(cut(`  ${note}`, columns))];
    }),
  ];
}

const statusOf = ({ status, error_kind }: TaskResult): ShownStatus => shownStatus(status, error_kind);

const statusColumns = (rows: readonly TaskResult[]): number =>
  Math.max("cancelled".length, widest(rows.map((row) => statusOf(row))));

const statusCell = (row: TaskResult, theme: Theme, columns: number): string =>
  paintStatus(theme, statusOf(row), fit(statusOf(row), columns));

const timeColumns = (rows: readonly TaskResult[], theme: Theme): number =>
  Math.max(min_time_columns, widest(rows.map((row) => timeOf(row, theme))));

function timeOf(row: TaskResult, theme: Theme): string {
  return row.attempts === 0 ? theme.none : showDuration(row.execution_time_ms);
}

function noteOf(row: TaskResult): string {
  if (row.error !== null) return oneLine(row.error);
  const notes = [row.reused ? "reused" : "", ...(row.warnings ?? []).map(oneLine)];
  const missing = row.context?.missing ?? [];
  if (missing.length > 0) notes.push(missingContext(missing));
  // No comma after a warning, which is a sentence with a period.
  return notes
    .filter((note) => note !== "")
    .join(", ")
    .replaceAll("., ", ". ");
}
