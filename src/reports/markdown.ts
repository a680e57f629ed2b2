import { contextSummary, taskContextSummary } from "./context-text.ts";
import { showDuration } from "./duration.ts";
import { type FailureGroup, groupFailures } from "./failures.ts";
import { logEnds } from "./log-ends.ts";
import { formatTokens, totalCost } from "./money.ts";
import { nextSteps } from "./next-steps.ts";
import { fullOutputLocation, showOutput } from "./output.ts";
import { oneLine, type Size } from "./printable.ts";
import {
  countStates,
  earlierAttempts,
  journalNotes,
  type RunView,
  speedUp,
  statusOf,
  type TaskState,
  type TaskView,
} from "./run-view.ts";

/** Limits of a Markdown report. It counts what it leaves out and names the file that has it. */
export interface MarkdownSize {
  /** Tasks or groups of equal failures per section. */
  rows: number;
  /** Size of each output and log. */
  text: Size;
}

/** The default size. */
export const full_size: MarkdownSize = { rows: 100, text: { lines: 40, characters: 4000 } };

/** Renders the report of a run in GitHub's Markdown. */
export function renderMarkdown(view: RunView, size: MarkdownSize = full_size): string {
  const inState = (...states: TaskState[]): TaskView[] => view.tasks.filter(({ state }) => states.includes(state));
  const failures = (title: string, state: "error" | "cancelled" | "interrupted"): string[] =>
    section(title, inState(state).length, groupFailures(view, state), size, (group) => failure(view, group, size));
  const tasks = (title: string, list: TaskView[], show: (task: TaskView) => string[]): string[] =>
    section(title, list.length, list, size, show);
  const blocks = [
    ...head(view),
    ...failures("Error", "error"),
    ...failures("Cancelled", "cancelled"),
    ...failures("Interrupted", "interrupted"),
    ...tasks("Open", inState("open", "not started"), (task) => [`- ${code(task.task_id)}: ${task.state}`]),
    ...tasks("Success", inState("success"), (task) => success(view, task, size)),
    ...traces(view, size),
    ...steps(view),
  ];
  return `${blocks.join("\n\n")}\n`;
}

function head(view: RunView): string[] {
  const { run, tasks } = view;
  const { total_time_ms, sequential_time_ms, usage } = run.result.summary;
  const faster = speedUp(view);
  const gain =
    faster === undefined
      ? ""
      : ` (${showDuration(sequential_time_ms)} of work, ${faster.toFixed(1)} times as fast as in sequence)`;
  const facts = [
    `- **Status**: ${statusOf(view)}`,
    `- **Tasks**: ${tasks.length.toLocaleString("en")} (${countStates(tasks)})`,
    `- **Time**: ${showDuration(total_time_ms)}${gain}`,
  ];
  const spent = [usage === undefined ? undefined : formatTokens(usage), totalCost(run.result.summary)];
  if (spent.some((part) => part !== undefined))
    facts.push(`- **Usage**: ${spent.filter((part) => part !== undefined).join(", ")}`);
  const { context } = run.result;
  if (context !== undefined) facts.push(`- **Context**: ${contextSummary(context)}`);
  const prompt = run.started.user_prompt;
  return [
    `# Run ${run.folder.run_id}`,
    ...(prompt === undefined || prompt.trim() === "" ? [] : [`> ${escapeText(prompt)}`]),
    facts.join("\n"),
    ...journalNotes(view).map((note) => `**Note**: ${escapeText(note)}`),
  ];
}

function section<Item>(
  title: string,
  count: number,
  items: readonly Item[],
  size: MarkdownSize,
  show: (item: Item) => string[],
): string[] {
  if (items.length === 0) return [];
  const rest = items.length - size.rows;
  const more = rest > 0 ? [`And ${rest.toLocaleString("en")} more: see the index.`] : [];
  return [`## ${title} (${count})`, ...items.slice(0, size.rows).flatMap(show), ...more];
}

function failure(view: RunView, group: FailureGroup, size: MarkdownSize): string[] {
  const { tasks, error, error_kind, took_down, suggestion } = group;
  const [task] = tasks;
  const same = tasks.length > 1;
  const attempts = task.row.attempts > 1 ? `, ${task.row.attempts} attempts` : "";
  const title = same
    ? `### ${tasks.length} tasks with the same error (${error_kind})`
    : `### ${code(task.task_id)} (${code(task.row.agent)}, ${error_kind}${attempts}, ${showDuration(task.row.execution_time_ms)})`;
  const facts = [`- **Cause**: ${escapeText(error)}`];
  if (same) facts.unshift(`- **Tasks**: ${names(tasks.map(({ task_id }) => task_id))}`);
  if (took_down.length > 0) facts.push(`- **Skipped because of it** (${took_down.length}): ${names(took_down)}`);
  facts.push(`- **What to do**: ${escapeText(suggestion)}`);
  if (!same && task.row.context !== undefined) facts.push(`- **Context**: ${escapeText(taskContextSummary(task.row.context))}`);
  facts.push(`- **Files**${same ? ` of ${code(task.task_id)}` : ""}: ${files(task)}`);
  return [title, ...described(task, same), facts.join("\n"), ...logs(view, task, size)];
}

function success(view: RunView, task: TaskView, size: MarkdownSize): string[] {
  const { row } = task;
  const facts = [code(row.agent), showDuration(row.execution_time_ms)];
  if (row.attempts > 1) facts.push(`${row.attempts} attempts`);
  if (row.reused) facts.push("reused");
  const notes = earlierAttempts(view, task).map(
    ({ attempt, how, error_kind, error }) => `- **Attempt ${attempt} ${how}** (${error_kind}): ${escapeText(error)}`,
  );
  for (const warning of row.warnings ?? []) notes.push(`- **Warning**: ${escapeText(warning)}`);
  if (row.context !== undefined) notes.push(`- **Context**: ${escapeText(taskContextSummary(row.context))}`);
  notes.push(`- **Files**: ${files(task)}`);
  const output = showOutput(row.output, size.text);
  const where = output === undefined ? undefined : fullOutputLocation(output, view, task, code);
  return [
    `### ${code(task.task_id)} (${facts.join(", ")})`,
    ...described(task, false),
    ...(output === undefined ? ["No output."] : [fence(output.text, output.language)]),
    ...(where === undefined ? [] : [`${where}.`]),
    notes.join("\n"),
  ];
}

const described = ({ row }: TaskView, same: boolean): string[] =>
  same || row.description.trim() === "" ? [] : [escapeText(row.description)];

function logs(view: RunView, task: TaskView, size: MarkdownSize): string[] {
  return logEnds(view, task, size.text).flatMap(({ stream, path, text, is_cut }) => [
    stream === "message" ? "Last message:" : `${is_cut ? "The end of " : ""}${code(path)}:`,
    fence(text, "text"),
  ]);
}

function traces({ run, tasks }: RunView, size: MarkdownSize): string[] {
  const { folder, result, started } = run;
  const facts = [
    `- **Correlation id**: ${code(started.correlation_id)}`,
    `- **Index**: ${code(folder.index)}`,
    `- **Journal**: ${code(folder.journal)}`,
    `- **Result**: ${code(folder.result)}`,
  ];
  const rows = tasks
    .slice(0, size.rows)
    .map(({ task_id, state }) => `| ${cell(task_id)} | ${state} | ${cell(folder.trace(task_id))} |`);
  const more = tasks.length > rows.length ? [`And ${tasks.length - rows.length} more, in ${code(result.trace_index)}.`] : [];
  return ["## Traces", facts.join("\n"), ["| Task | Status | Trace |", "| --- | --- | --- |", ...rows].join("\n"), ...more];
}

function steps(view: RunView): string[] {
  const list = nextSteps(view).map(({ text, command }) =>
    command === undefined ? `- ${escapeText(text)}` : `- ${escapeText(text)}: ${code(command)}`,
  );
  return ["## Next steps", list.length === 0 ? "Nothing is left to do." : list.join("\n")];
}

const files = ({ row, trace }: TaskView): string =>
  [row.trace_file, ...(trace.attempts.at(-1)?.log_files ?? [])].map(code).join(", ");

/** Lists the first twenty names. */
function names(task_ids: readonly string[]): string {
  const shown = task_ids.slice(0, 20).map(code).join(", ");
  return task_ids.length > 20 ? `${shown} and ${task_ids.length - 20} more` : shown;
}

/** Fences any text: the fence is longer than every run of backticks in the text. */
export function fence(text: string, language: string): string {
  const longest = Math.max(2, ...(text.match(/`+/g) ?? []).map((run) => run.length));
  const ticks = "`".repeat(longest + 1);
  return `${ticks}${language}\n${text.replace(/\n$/, "")}\n${ticks}`;
}

/** Formats any line as a code span. */
export function code(text: string): string {
  const line = oneLine(text);
  const runs = (line.match(/`+/g) ?? []).map((run) => run.length);
  let length = 1;
  while (runs.includes(length)) length++;
  const ticks = "`".repeat(length);
  const space = line === "" || /^`|`$/.test(line) ? " " : "";
  return `${ticks}${space}${line}${space}${ticks}`;
}

/** Formats a line as a code span for a table, where a bar ends a cell even inside a span. */
const cell = (text: string): string => code(text).replaceAll("|", "\\|");

/** Escapes text, on one line, so that it is not read as Markdown or HTML. */
export const escapeText = (text: string): string =>
  oneLine(text)
    .replaceAll(/[\\`*_{}[\]<>()#|~&!$]/g, "\\$&")
    // Characters that start a list or underline a heading.
    .replace(/^[-+=]/, "\\$&")
    .replace(/^(\d+)\./, "$1\\.");
