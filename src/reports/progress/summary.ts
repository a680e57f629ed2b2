import { dirname, relative, resolve } from "node:path";
import { defaults } from "#config";
import type { RunResult, TaskResult } from "#events";
import { contextTotal } from "../context-words.ts";
import { showDuration } from "../duration.ts";
import { suggestionFor } from "../failures.ts";
import { totalCost } from "../money.ts";
import { oneLine } from "../printable.ts";
import { shellWord } from "../shell-word.ts";
import { tableLines } from "./summary-table.ts";
import { cut, wrap } from "./terminal-text.ts";
import type { Theme } from "./theme.ts";

/** How many failures are named with a command of their own, or behind a suggestion. */
const max_named = 3;

const label_columns = 8;

/** How a run is summed up at its end. */
export interface SummaryOptions {
  theme: Theme;
  /** `Infinity` where nothing is to be cut. */
  columns: number;
  hint?: string | undefined;
  /** Paths below it are shown relative. */
  cwd?: string | undefined;
}

/** A table of the tasks, one line for the run, and what to do next; never wider than `columns`. */
export function summaryLines(result: RunResult, options: SummaryOptions): string[] {
  const { theme, columns } = options;
  return ["", ...tableLines(result, { theme, columns }), "", ...totalLines(result, options), "", ...nextLines(result, options)];
}

function totalLines({ status, summary }: RunResult, { theme, columns }: SummaryOptions): string[] {
  const { paint, marks } = theme;
  const { total_tasks, successful, failed, skipped, cancelled, reused, total_time_ms, usage } = summary;
  const parts = [
    failed > 0 ? paint.red(`${failed} failed`) : "",
    cancelled > 0 ? paint.yellow(`${cancelled} cancelled`) : "",
    skipped > 0 ? `${skipped} skipped` : "",
    successful > 0 || total_tasks === 0 ? paint.green(`${successful} succeeded`) : "",
  ].filter((part) => part !== "");
  const of_all = parts.length > 1 ? ` of ${total_tasks} tasks` : "";
  const extra = [
    reused > 0 ? `${reused} reused` : "",
    totalCost(summary) ?? "",
    usage === undefined ? "" : `${usage.input_tokens + usage.output_tokens} tokens`,
  ].filter((part) => part !== "");
  const mark = status === "success" ? marks.success : failed > 0 ? marks.error : marks.cancelled;
  const text = `${paint.bold(parts.join(", "))}${of_all} in ${[showDuration(total_time_ms), ...extra].join(", ")}`;
  return wrap(text, columns - 2).map((line, i) => `${i === 0 ? mark : " "} ${line}`);
}

function nextLines(result: RunResult, { theme, columns, hint, cwd = process.cwd() }: SummaryOptions): string[] {
  const { run_id, results } = result;
  const failed = results.filter((row) => row.status === "error");
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
    const whose = results.length === 1 ? "" : ` (${named(ids, Math.min(room - 2, 40))})`;
    add("try", wrap(`${suggestion}${whose}`, room));
  }
  for (const { task_id } of failed.slice(0, max_named))
    add("see", command(["dispatch trace", run_id, task_id, ...where], room));
  if (failed.length > max_named) add("see all", command(["dispatch trace", run_id, ...where], room));
  if (result.status !== "success") add("then", command(["dispatch resume", run_id, ...where], room));
  if (result.context !== undefined) add("context", wrap(contextTotal(result.context), room));
  add("traces", [cut(near_path, room, "start")]);
  if (hint !== undefined) add("note", wrap(hint, room));
  return lines;
}

/** Each suggestion once, with the tasks that have it. */
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

function named(ids: readonly string[], columns: number): string {
  const first = ids
    .slice(0, max_named)
    .map((id) => cut(id, columns, "middle"))
    .join(", ");
  return ids.length > max_named ? `${first} and ${ids.length - max_named} more` : first;
}

/** A command to copy: never cut; where it does not fit, broken so that a shell still takes it. */
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
