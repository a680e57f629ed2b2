import type { ErrorKind } from "#events";
import type { RunSummary } from "#traces";
import { contextSummary } from "./context-text.ts";
import { showDuration } from "./duration.ts";
import { groupFailures } from "./failures.ts";
import { type Cell, drawTable, indentText, type Page, type Paint } from "./layout.ts";
import { costOf, totalCost } from "./money.ts";
import { nextSteps, type Step } from "./next-steps.ts";
import { oneLine, plural, truncateLine } from "./printable.ts";
import {
  countStates,
  earlierAttempts,
  journalNotes,
  type RunView,
  statusOf,
  type TaskState,
  type TaskView,
} from "./run-view.ts";

/** Renders a list of runs as a table, in the given order. */
export function renderRunList(runs: readonly RunSummary[], page: Page): string {
  // Omit empty columns.
  const has_costs = runs.some(({ summary }) => totalCost(summary) !== undefined);
  const has_requests = runs.some(({ user_prompt = "" }) => user_prompt !== "");
  const rows = runs.map(({ run_id, finished, status, summary, started_at, user_prompt = "" }): Cell[] => {
    const shown = finished ? status : "open";
    return [
      { text: run_id },
      { text: shown, paint: page.paint[run_paint[shown]] },
      { text: `${summary.successful}/${summary.total_tasks}` },
      { text: showDuration(summary.total_time_ms) },
      ...(has_costs ? [{ text: totalCost(summary) ?? "" }] : []),
      { text: localTime(started_at).slice(0, 16), paint: page.paint.dim },
      ...(has_requests ? [{ text: truncateLine(user_prompt, 200) }] : []),
    ];
  });
  const costs = has_costs ? ["cost"] : [];
  const head = ["run", "status", "tasks", "time", ...costs, "when", ...(has_requests ? ["request"] : [])];
  return drawTable(head, rows, page, { keeps_first: true });
}

const run_paint = { success: "good", partial: "warn", failure: "bad", open: "warn" } as const;

/** Formats a time in the reader's time zone: `2026-05-31 17:04:05`. */
export const localTime = (time: string): string => new Date(time).toLocaleString("sv-SE");

/** The paint of each state. */
export const state_paint: Readonly<Record<TaskState, keyof Paint>> = {
  success: "good",
  error: "bad",
  skipped: "dim",
  cancelled: "warn",
  interrupted: "warn",
  open: "warn",
  "not started": "dim",
};

/** Renders a run's tasks as a table, with the failures explained below. */
export function renderRunTable(view: RunView, page: Page): string {
  const { run, tasks } = view;
  const { paint } = page;
  const prompt = oneLine(run.started.user_prompt ?? "");
  const title = `${run.folder.run_id}: ${statusOf(view)}; ${plural(tasks.length, "task")}: ${countStates(tasks)}; ${[showDuration(run.result.summary.total_time_ms), totalCost(run.result.summary) ?? []].flat().join("; ")}`;
  const head = [
    paint.strong(indentText(title, "", page)),
    ...(prompt === "" ? [] : [paint.dim(indentText(prompt, "", page))]),
    ...(run.result.context === undefined
      ? []
      : [paint.dim(indentText(`Context: ${contextSummary(run.result.context)}`, "", page))]),
    ...journalNotes(view).map((note) => paint.warn(indentText(note, "", page))),
  ];
  const has_costs = tasks.some(({ row }) => costOf(row) !== "");
  const rows = tasks.map((task): Cell[] => [
    { text: task.task_id },
    { text: task.row.agent },
    { text: task.state, paint: paint[state_paint[task.state]] },
    { text: String(task.row.attempts) },
    { text: task.row.attempts === 0 ? "" : showDuration(task.row.execution_time_ms) },
    ...(has_costs ? [{ text: costOf(task.row) }] : []),
    { text: noteOf(view, task) },
  ]);
  const table = drawTable(["task", "agent", "status", "attempts", "time", ...(has_costs ? ["cost"] : []), ""], rows, page);
  const parts = [head.join("\n"), table.trimEnd(), ...failures(view, page), renderSteps(nextSteps(view), page)];
  return `${parts.join("\n\n")}\n`;
}

function noteOf(view: RunView, task: TaskView): string {
  const { row, state, took_down } = task;
  if (state === "success") {
    if (row.reused) return "reused";
    const [first] = earlierAttempts(view, task);
    return first === undefined ? "" : `attempt ${first.attempt} ${first.how}: ${oneLine(first.error)}`;
  }
  if (state === "open" || state === "not started") return "";
  const cascade = took_down.length === 0 ? "" : ` (${plural(took_down.length, "task")} skipped because of it)`;
  return `${oneLine(row.error ?? "")}${cascade}`;
}

/** Groups of equal failures that are explained. */
const max_groups = 20;

function failures(view: RunView, page: Page): string[] {
  const { paint } = page;
  const groups = (["error", "cancelled", "interrupted"] as const).flatMap((state) => groupFailures(view, state));
  const blocks = groups.slice(0, max_groups).map(({ tasks, error, error_kind, suggestion, took_down }) => {
    const title = `${listNames(tasks.map(({ task_id }) => task_id))}: ${stateWithKind(tasks[0].state, error_kind)}`;
    const lines = [paint.bad(indentText(title, "", page)), indentText(oneLine(error), "  ", page)];
    if (took_down.length > 0) lines.push(indentText(`Skipped because of it: ${listNames(took_down)}`, "  ", page));
    lines.push(paint.dim(indentText(suggestion, "  ", page)));
    return lines.join("\n");
  });
  return groups.length > max_groups ? [...blocks, `And ${groups.length - max_groups} other failures.`] : blocks;
}

/** Formats a task's state, and the kind of its error if that says more: `error (exit)`, `cancelled`. */
export const stateWithKind = (state: TaskState, error_kind: ErrorKind | null): string =>
  state === "error" && error_kind !== null ? `${state} (${error_kind})` : state;

const listNames = (names: readonly string[]): string =>
  names.length <= 10 ? names.join(", ") : `${names.slice(0, 10).join(", ")} and ${names.length - 10} more`;

/** Renders next steps, each command on a line of its own, ready to be copied. */
export function renderSteps(steps: readonly Step[], page: Page): string {
  if (steps.length === 0) return "Nothing is left to do.";
  return steps
    .map(({ text, command }) => {
      if (command === undefined) return indentText(text, "", page);
      return `${indentText(`${text}:`, "", page)}\n${page.paint.strong(indentText(command, "  ", page))}`;
    })
    .join("\n");
}
