import { dirname, relative, resolve } from "node:path";
import { defaults } from "#config";
import type { RunResult, TaskResult } from "#events";
import { contextSummary } from "../context-text.ts";
import { showDuration } from "../duration.ts";
import { suggestionFor } from "../failures.ts";
import { totalCost } from "../money.ts";
import { oneLine } from "../printable.ts";
import { shellWord } from "../shell-word.ts";
import { countStatuses } from "../status.ts";
import { tableLines } from "./summary-table.ts";
import { cut, wrap } from "./terminal-text.ts";
import { paintStatus, type Theme } from "./theme.ts";

/** Failures that get a command of their own, and tasks named per suggestion. */
const max_named = 3;

const label_columns = 8;

/** Options of `summaryLines`. */
export interface SummaryOptions {
  theme: Theme;
  /** `Infinity` to cut nothing. */
  columns: number;
  hint?: string | undefined;
  /** Paths below this folder are shown relative to it. */
  cwd?: string | undefined;
}

/** Returns a table of the tasks, a line for the run, and the next steps. Never wider than `columns`. */
export function summaryLines(result: RunResult, options: SummaryOptions): string[] {
  const { theme, columns } = options;
  return ["", ...tableLines(result, { theme, columns }), "", ...totalLines(result, options), "", ...nextLines(result, options)];
}

function totalLines({ status, results, summary }: RunResult, { theme, columns }: SummaryOptions): string[] {
  const { paint, marks } = theme;
  const { failed, reused, total_time_ms, usage } = summary;
  const counts = results.length === 0 ? [{ status: "success" as const, count: 0 }] : countStatuses(results);
  const parts = counts.map(({ status, count }) => paintStatus(theme, status, `${count} ${status}`));
  const extra = [
    reused > 0 ? `${reused} reused` : "",
    totalCost(summary) ?? "",
    usage === undefined ? "" : `${usage.input_tokens + usage.output_tokens} tokens`,
  ].filter((part) => part !== "");
  const mark = status === "success" ? marks.success : failed > 0 ? marks.error : marks.cancelled;
  const text = `${paint.bold(parts.join(", "))} in ${[showDuration(total_time_ms), ...extra].join(", ")}`;
  return wrap(text, columns - 2).map((line, i) => `${i === 0 ? mark : " "} ${line}`);
}

function nextLines(result: RunResult, { theme, columns, hint, cwd = process.cwd() }: SummaryOptions): string[] {
  const { run_id, results } = result;
  const failures = results.filter((row) => row.status === "error");
  const lines: string[] = [];
  const add = (label: string, texts: readonly string[]): void => {
    lines.push(...texts.map((text, i) => `  ${theme.paint.dim((i === 0 ? label : "").padEnd(label_columns))}${text}`));
  };
  const room = columns - 2 - label_columns;
  const path = dirname(result.trace_index);
  const near = relative(cwd, path);
  const near_path = near.startsWith("..") ? resolve(path) : near || ".";
  const is_default = dirname(path) === resolve(cwd, defaults.trace_dir);
  const where = is_default ? [] : ["--trace-dir", shellWord(dirname(near_path))];
  for (const [suggestion, ids] of suggestions(results)) {
    const whose = results.length === 1 ? "" : ` (${nameList(ids, Math.min(room - 2, 40))})`;
    add("try", wrap(`${suggestion}${whose}`, room));
  }
  for (const { task_id } of failures.slice(0, max_named))
    add("see", command(["dispatch trace", run_id, task_id, ...where], room));
  if (failures.length > max_named) add("see all", command(["dispatch trace", run_id, ...where], room));
  if (result.status !== "success") add("next", command(["dispatch resume", run_id, ...where], room));
  if (result.context !== undefined) add("context", wrap(contextSummary(result.context), room));
  add("traces", [cut(near_path, room, "start")]);
  if (hint !== undefined) add("note", wrap(hint, room));
  return lines;
}

/** Returns each suggestion once, with the ids of its tasks. */
function suggestions(results: readonly TaskResult[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { task_id, suggestion: given, error_kind } of results) {
    const suggestion = given ?? (error_kind === "budget" ? suggestionFor(error_kind) : undefined);
    if (suggestion === undefined) continue;
    const text = oneLine(suggestion);
    const ids = found.get(text);
    if (ids === undefined) found.set(text, [task_id]);
    else ids.push(task_id);
  }
  return found;
}

function nameList(ids: readonly string[], columns: number): string {
  const first = ids
    .slice(0, max_named)
    .map((id) => cut(id, columns, "middle"))
    .join(", ");
  return ids.length > max_named ? `${first} and ${ids.length - max_named} more` : first;
}

/** Returns a command to copy: never cut, and broken with backslashes if it does not fit. */
function command(words: readonly string[], room: number): string[] {
  const lines: string[] = [];
  let line = "";
  words.forEach((word, i) => {
    const end = i === words.length - 1 ? 0 : 2;
    if (line !== "" && line.length + 1 + word.length + end > room) {
      lines.push(`${line} \\`);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  });
  return [...lines, line].flatMap((text) => wrap(text, room));
}
