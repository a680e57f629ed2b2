import type { RunSummary } from "#traces";
import { contextTotal } from "./context-words.ts";
import { showDuration } from "./duration.ts";
import { groupFailures } from "./failures.ts";
import { type Cell, drawTable, indentText, type Page, type Paint } from "./layout.ts";
import { costOf, totalCost } from "./money.ts";
import { nextSteps, type Step } from "./next-steps.ts";
import { firstWords, oneLine, plural } from "./printable.ts";
import {
  countStates,
  earlierAttempts,
  journalNotes,
  type RunView,
  statusOf,
  type TaskState,
  type TaskView,
} from "./run-view.ts";

/** A list of runs as a table, in the order given. */
export function renderRunList(runs: readonly RunSummary[], page: Page): string {
  // A column in which nothing stands is none.
  const has_costs = runs.some(({ summary }) => totalCost(summary) !== undefined);
  const has_requests = runs.some(({ user_prompt = "" }) => user_prompt !== "");
  const rows = runs.map(({ run_id, finished, status, summary, started_at, user_prompt = "" }): Cell[] => {
    const word = finished ? status : "unfinished";
    return [
      { text: run_id },
      { text: word, paint: page.paint[run_paint[word]] },
      { text: `${summary.successful}/${summary.total_tasks}` },
      { text: showDuration(summary.total_time_ms) },
      ...(has_costs ? [{ text: totalCost(summary) ?? "" }] : []),
      { text: localTime(started_at).slice(0, 16), paint: page.paint.dim },
      ...(has_requests ? [{ text: firstWords(user_prompt, 200) }] : []),
    ];
  });
  const costs = has_costs ? ["cost"] : [];
  const head = ["run", "status", "tasks", "time", ...costs, "when", ...(has_requests ? ["request"] : [])];
  return drawTable(head, rows, page, { keeps_first: true });
}

const run_paint = { success: "good", partial: "warn", failure: "bad", unfinished: "warn" } as const;

/** `2026-05-31 17:04:05` in the reader's own time zone. */
export const localTime = (time: string): string => new Date(time).toLocaleString("sv-SE");

/** The colour of a state. */
export const state_paint: Readonly<Record<TaskState, keyof Paint>> = {
  succeeded: "good",
  failed: "bad",
  skipped: "dim",
  cancelled: "warn",
  unfinished: "warn",
  "not started": "dim",
};

/** A run's tasks as a table, with its failures explained below. */
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
      : [paint.dim(indentText(`Context: ${contextTotal(run.result.context)}`, "", page))]),
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
    { text: remark(view, task) },
  ]);
  const table = drawTable(["task", "agent", "state", "attempts", "time", ...(has_costs ? ["cost"] : []), ""], rows, page);
  const parts = [head.join("\n"), table.trimEnd(), ...failures(view, page), renderSteps(nextSteps(view), page)];
  return `${parts.join("\n\n")}\n`;
}

function remark(view: RunView, task: TaskView): string {
  const { row, state, took_down } = task;
  if (state === "succeeded") {
    if (row.reused) return "taken over from an earlier run";
    const [first] = earlierAttempts(view, task);
    return first === undefined ? "" : `attempt ${first.attempt} ${first.how}: ${oneLine(first.error)}`;
  }
  if (state === "unfinished" || state === "not started") return "";
  const cascade = took_down.length === 0 ? "" : ` (kept ${plural(took_down.length, "task")} from running)`;
  return `${oneLine(row.error ?? "")}${cascade}`;
}

/** Most groups of equal failures that are explained. */
const max_groups = 20;

function failures(view: RunView, page: Page): string[] {
  const { paint } = page;
  const groups = [...groupFailures(view, "failed"), ...groupFailures(view, "cancelled")];
  const told = groups.slice(0, max_groups).map(({ tasks, error, error_kind, suggestion, took_down }) => {
    const names = tasks.slice(0, 10).map(({ task_id }) => task_id);
    const more = tasks.length > names.length ? ` and ${tasks.length - names.length} more` : "";
    const lines = [
      paint.bad(indentText(`${names.join(", ")}${more}: ${tasks[0].state} (${error_kind})`, "", page)),
      indentText(oneLine(error), "  ", page),
    ];
    if (took_down.length > 0) lines.push(indentText(`Did not run because of it: ${list(took_down)}`, "  ", page));
    lines.push(paint.dim(indentText(suggestion, "  ", page)));
    return lines.join("\n");
  });
  return groups.length > max_groups ? [...told, `And ${groups.length - max_groups} other failures.`] : told;
}

const list = (names: readonly string[]): string =>
  names.length <= 10 ? names.join(", ") : `${names.slice(0, 10).join(", ")} and ${names.length - 10} more`;

/** What to do next; commands stand on lines of their own, to be copied. */
export function renderSteps(steps: readonly Step[], page: Page): string {
  if (steps.length === 0) return "Nothing is left to do.";
  return steps
    .map(({ text, command }) => {
      const said = indentText(command === undefined ? text : `${text}:`, "", page);
      return command === undefined ? said : `${said}\n${page.paint.strong(indentText(command, "  ", page))}`;
    })
    .join("\n");
}
