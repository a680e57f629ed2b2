import { unreachable } from "#errors";
import type { GivenContext, RunEvent } from "#events";
import { readLogEnd } from "#traces";
import { missingContext } from "./context-text.ts";
import { showDuration } from "./duration.ts";
import { suggestionFor } from "./failures.ts";
import { indentText, type Page } from "./layout.ts";
import { logEnds } from "./log-ends.ts";
import { formatCost, formatTokens } from "./money.ts";
import { runCommandLine } from "./next-steps.ts";
import { fullOutputLocation, printedText, showOutput } from "./output.ts";
import { oneLine, plural, printable, type Size, shorten, truncateLine } from "./printable.ts";
import { localTime, renderSteps, state_paint, stateWithKind } from "./run-table.ts";
import { journalNotes, no_error, type RunView, type TaskView } from "./run-view.ts";
import { shownStatus } from "./status.ts";

const size: Size = { lines: 30, characters: 6000 };

/** Characters of an agent's message or tool call that a line shows. */
const max_line_characters = 300;

const max_prompt_bytes = 1024 * 1024;

/** Renders the trace of a task: its events, input, context, logs, output and next steps. */
export function renderTaskReport(view: RunView, task: TaskView, page: Page): string {
  const { run } = view;
  const { paint } = page;
  const { row, trace, state } = task;
  const effort = row.attempts === 0 ? "" : `, ${plural(row.attempts, "attempt")}, ${showDuration(row.execution_time_ms)}`;
  const title = `${task.task_id}: ${stateWithKind(state, row.error_kind)}${effort}`;
  const model = row.model === undefined ? [] : [`model ${oneLine(row.model)}`];
  const about = [`agent ${row.agent}`, ...model, `run ${run.folder.run_id}`, `started ${localTime(run.started.time)}`];
  const parts = [
    [
      paint[state_paint[state]](indentText(title, "", page)),
      ...(row.description.trim() === "" ? [] : [indentText(oneLine(row.description), "", page)]),
      paint.dim(indentText(about.join(", "), "", page)),
      ...journalNotes(view).map((note) => paint.warn(indentText(note, "", page))),
    ].join("\n"),
    ...block("Dependencies", dependencies(view, task), page),
    ...block("Events", timeline(view, task), page),
    ...reasonBlock(view, task, page),
    ...promptOrInput(view, task, page),
    ...block("Variables in its commands", Object.keys(trace.values).length === 0 ? [] : valueLines(trace.values), page),
    ...block("Context", trace.context === null ? [] : contextLines(trace.context), page),
    ...logs(view, task, page),
    // Output that is plain text is shown above, as stdout.
    ...block("Output", row.log_files.length > 0 && printedText(row.output) !== undefined ? [] : output(view, task), page),
    ...block("Usage", usageLines(task), page),
    ...block("Changed files (reported by the agent)", (row.files_changed ?? []).map(oneLine), page),
    ...block("Warnings", (row.warnings ?? []).map(printable), page),
    ...block("Files", [row.trace_file, ...promptFiles(task), ...row.log_files], page),
    ...advice(view, task, page),
  ];
  return `${parts.join("\n\n")}\n`;
}

function block(title: string, lines: readonly string[], page: Page): string[] {
  if (lines.length === 0) return [];
  return [`${page.paint.strong(title)}\n${lines.map((line) => indentText(line, "  ", page)).join("\n")}`];
}

const contextLines = ({ keys, tokens, missing, file }: GivenContext): string[] => [
  ...(keys.length === 0 ? ["nothing"] : [`${keys.map(oneLine).join(", ")}: ${plural(tokens, "token")}`]),
  ...(missing.length === 0 ? [] : [missingContext(missing)]),
  file,
];

const dependencies = ({ by_id }: RunView, { trace }: TaskView): string[] =>
  trace.dependencies.map((id) => `${id}: ${by_id.get(id)?.state ?? "not in this run"}`);

/** Describes the task's events; times are in seconds from the start of the run. */
function timeline(view: RunView, task: TaskView): string[] {
  const origin = Date.parse(view.run.started.time);
  const at = (event: RunEvent): number => Date.parse(event.time) - origin;
  const lines: string[] = [];
  let ready_at: number | undefined;
  let open_attempt: number | undefined;
  for (const event of taskEvents(view, task)) {
    if (event.type === "attempt.started") open_attempt = event.attempt;
    const text =
      event.type === "run.resumed"
        ? `run resumed${open_attempt === undefined ? "" : `; attempt ${open_attempt} was interrupted`}`
        : describeEvent(view, task, event, ready_at === undefined ? 0 : at(event) - ready_at);
    if (event.type === "attempt.finished" || event.type === "run.resumed") open_attempt = undefined;
    if (text === undefined) continue;
    ready_at = event.type === "task.ready" ? at(event) : undefined;
    lines.push(`${(at(event) / 1000).toFixed(3).padStart(8)} s  ${oneLine(text)}`);
  }
  if (lines.length === 0) lines.push("None: the task never became ready.");
  return lines;
}

/** Returns the task's events, and the resumes of the run between them. */
function taskEvents({ run }: RunView, { task_id, trace }: TaskView): RunEvent[] {
  const last = trace.events.at(-1);
  const last_at = last === undefined ? 0 : run.events.lastIndexOf(last);
  let has_events = false;
  return run.events.filter((event, i) => {
    const is_own = "task_id" in event && event.task_id === task_id;
    has_events ||= is_own;
    return is_own || (event.type === "run.resumed" && has_events && i < last_at);
  });
}

/** Describes an event; returns undefined for events that repeat another or that are frequent. */
function describeEvent({ by_id }: RunView, { trace }: TaskView, event: RunEvent, waited_ms: number): string | undefined {
  switch (event.type) {
    case "task.ready": {
      const ends = trace.dependencies.flatMap(
        (id) => by_id.get(id)?.trace.events.findLast(({ type }) => type === "task.finished") ?? [],
      );
      const last = ends.sort((a, b) => a.seq - b.seq).at(-1);
      return last === undefined || !("task_id" in last) ? "ready" : `ready after its last dependency, ${last.task_id}`;
    }
    case "attempt.started":
      return `attempt ${event.attempt} started${waited_ms > 0 ? ` (waited ${showDuration(waited_ms)} for a worker)` : ""}`;
    case "attempt.finished": {
      const { status, error_kind, error } = event;
      const result = `attempt ${event.attempt} ${shownStatus(status, error_kind)} in ${showDuration(event.duration_ms)}`;
      if (status === "success") return result;
      return `${result}${status === "error" ? ` (${error_kind ?? "internal"})` : ""}: ${error ?? no_error}`;
    }
    case "task.retrying":
      return `retries in ${showDuration(event.delay_ms)} (attempt ${event.attempt})`;
    case "task.waiting":
      return `waits for the rate limit of ${event.agent} until ${localTime(event.until)}`;
    case "task.finished": {
      const { outcome } = event;
      if (trace.reused_from !== null) return undefined;
      const is_success = outcome.status === "success";
      return `task ended: ${is_success ? outcome.status : shownStatus(outcome.status, outcome.error_kind)}`;
    }
    case "task.reused":
      return `reused from run ${event.from}: no input has changed since`;
    case "task.changed":
      return `runs again, because its success in run ${event.since} no longer counts: ${event.changed.join("; ")}`;
    case "tasks.added":
      return `added ${plural(event.tasks.length, "task")} to the run`;
    case "agent.tool":
      return `tool call: ${event.tool}${event.input === undefined ? "" : ` ${truncateLine(JSON.stringify(event.input), max_line_characters)}`}`;
    case "agent.message":
      return `message: ${truncateLine(event.text, max_line_characters)}`;
    case "agent.permission":
      return `permission to ${event.wanted}: ${event.granted ? "granted" : "denied"}`;
    case "run.started":
    case "context.gathered":
    case "run.finished":
    case "task.started":
    case "attempt.input":
    case "attempt.left":
    case "agent.usage":
    case "agent.session":
    case "run.resumed":
      return undefined;
    default:
      return unreachable(event);
  }
}

function reasonBlock(view: RunView, { row, state, trace, took_down }: TaskView, page: Page): string[] {
  switch (state) {
    case "success":
      return [];
    case "open":
      return block("Why it is open", ["The task is still running, or the run was killed."], page);
    case "not started":
      return block("Why it has not started", ["The task is still waiting, or the run was killed."], page);
    case "error":
    case "skipped":
    case "cancelled":
    case "interrupted": {
      const lines = [printable(row.error ?? no_error)];
      const root = view.by_id.get(trace.root_task_id ?? "");
      if (root !== undefined && root.row.error !== null)
        lines.push(`${root.task_id} (${root.state}): ${oneLine(root.row.error)}`);
      if (took_down.length > 0) lines.push(`Skipped because of it: ${took_down.join(", ")}`);
      return block(state === "error" ? "Why it failed" : `Why it was ${state}`, lines, page).map((text) =>
        page.paint.bad(text),
      );
    }
    default:
      return unreachable(state);
  }
}

/** Shows the prompt of the last attempt, which includes the input, or the input of an agent without a prompt. */
function promptOrInput(view: RunView, { task_id, trace }: TaskView, page: Page): string[] {
  const last = trace.attempts.at(-1);
  const prompt = last === undefined ? undefined : readLogEnd(view.run.folder.prompt(task_id, last.attempt), max_prompt_bytes);
  if (last === undefined || prompt === undefined) return block("Input", valueLines(trace.input), page);
  const title = trace.attempts.length > 1 ? `Prompt (attempt ${last.attempt})` : "Prompt";
  const { text, left_out } = shorten(printable(prompt.text), size, "start");
  return block(
    title,
    [text, ...(left_out === undefined ? [] : [`(${left_out} left out; full prompt in ${last.prompt_file})`])],
    page,
  );
}

function usageLines({ row }: TaskView): string[] {
  const { usage, turns, session_id } = row;
  if (usage === undefined && session_id === undefined) return [];
  const cost = usage?.cost_usd === undefined ? "cost not reported" : formatCost(usage.cost_usd);
  const parts = [
    cost,
    ...(usage === undefined ? [] : [formatTokens(usage)]),
    ...(turns === undefined ? [] : [plural(turns, "turn")]),
  ];
  return [parts.join("; "), ...(session_id === undefined ? [] : [`session ${oneLine(session_id)}`])];
}

function valueLines(value: unknown): string[] {
  const output = showOutput(value, size);
  if (output === undefined) return [];
  return output.left_out === undefined
    ? [output.text]
    : [output.text, `(${output.left_out} left out; full text in the task's trace)`];
}

const stream_titles = {
  message: "Last message",
  out: "Stdout",
  err: "Stderr",
  verify: "Verify commands",
} as const;

/** Shows the ends of the last attempt's logs. */
function logs(view: RunView, task: TaskView, page: Page): string[] {
  return logEnds(view, task, size).flatMap(({ stream, path, attempt, text, is_cut }) => {
    const title = task.trace.attempts.length > 1 ? `${stream_titles[stream]} (attempt ${attempt})` : stream_titles[stream];
    return block(title, [...(is_cut ? [`(the end of ${path})`] : []), text], page);
  });
}

const promptFiles = ({ trace }: TaskView): string[] => trace.attempts.flatMap(({ prompt_file }) => prompt_file ?? []);

function output(view: RunView, task: TaskView): string[] {
  const given = showOutput(task.row.output, size);
  if (given === undefined) return [];
  const where = fullOutputLocation(given, view, task, (path) => path);
  return where === undefined ? [given.text] : [given.text, `(${where})`];
}

function advice(view: RunView, { row, state, trace }: TaskView, page: Page): string[] {
  if (state === "success") return [];
  const { run } = view;
  const root = trace.root_task_id;
  if (state === "open" || state === "not started") {
    const step = { text: "If the run was killed, resume it", command: runCommandLine(run, "resume") };
    return block("What to do", [renderSteps([step], page)], page);
  }
  const steps =
    root === null
      ? [{ text: printable(row.suggestion ?? suggestionFor(row.error_kind ?? "internal")) }]
      : [{ text: `See why ${root} did not succeed`, command: runCommandLine(run, "trace", root) }];
  return steps.length === 0 ? [] : block("What to do", [renderSteps(steps, page)], page);
}
