import { unreachable } from "#errors";
import type { GivenContext, RunEvent } from "#events";
import { readLogEnd } from "#traces";
import { missingContext } from "./context-words.ts";
import { showDuration } from "./duration.ts";
import { suggestionFor } from "./failures.ts";
import { indentText, type Page } from "./layout.ts";
import { logEnds } from "./log-ends.ts";
import { formatCost, formatTokens } from "./money.ts";
import { runCommandLine } from "./next-steps.ts";
import { fullOutputLocation, printedText, showOutput } from "./output.ts";
import { firstWords, oneLine, plural, printable, type Size, shorten } from "./printable.ts";
import { localTime, renderSteps, state_paint } from "./run-table.ts";
import { journalNotes, type RunView, type TaskView } from "./run-view.ts";

const size: Size = { lines: 30, characters: 6000 };

/** How much of what an agent says or does at a time is told in a line. */
const max_words = 300;

const max_prompt_bytes = 1024 * 1024;

/** What happened to a task, from the first it was heard of to what to do now. */
export function renderStory(view: RunView, task: TaskView, page: Page): string {
  const { run } = view;
  const { paint } = page;
  const { row, trace, state } = task;
  const spent = row.attempts === 0 ? "" : `, ${plural(row.attempts, "attempt")}, ${showDuration(row.execution_time_ms)}`;
  const kind = row.error_kind !== null && (state === "failed" || state === "cancelled") ? ` (${row.error_kind})` : "";
  const model = row.model === undefined ? [] : [`model ${oneLine(row.model)}`];
  const about = [`agent ${row.agent}`, ...model, `run ${run.folder.run_id}`, `started ${localTime(run.started.time)}`];
  const parts = [
    [
      paint[state_paint[state]](indentText(`${task.task_id}: ${state}${kind}${spent}`, "", page)),
      ...(row.description.trim() === "" ? [] : [indentText(oneLine(row.description), "", page)]),
      paint.dim(indentText(about.join(", "), "", page)),
      ...journalNotes(view).map((note) => paint.warn(indentText(note, "", page))),
    ].join("\n"),
    ...block("Depends on", dependencies(view, task), page),
    ...block("What happened", timeline(view, task), page),
    ...why(view, task, page),
    ...told(view, task, page),
    ...block(
      "Where its commands say DISPATCH_V1 and so on",
      Object.keys(trace.values).length === 0 ? [] : shown(trace.values),
      page,
    ),
    ...block("What it was given to read", trace.context === null ? [] : contextLines(trace.context), page),
    ...logs(view, task, page),
    // Plain text is its own output, and stands above where it was printed.
    ...block("Output", row.log_files.length > 0 && printedText(row.output) !== undefined ? [] : output(view, task), page),
    ...block("What it spent", spending(task), page),
    ...block("Files that it says it has changed", (row.files_changed ?? []).map(oneLine), page),
    ...block("Warnings", (row.warnings ?? []).map(printable), page),
    ...block("Files", [row.trace_file, ...prompts(task), ...row.log_files], page),
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

/** The task's events in words; times are seconds from the start of the run. */
function timeline(view: RunView, task: TaskView): string[] {
  const origin = Date.parse(view.run.started.time);
  const at = (event: RunEvent): number => Date.parse(event.time) - origin;
  const lines: string[] = [];
  let since: number | undefined;
  let open: number | undefined;
  for (const event of eventsOf(view, task)) {
    if (event.type === "attempt.started") open = event.attempt;
    const said =
      event.type === "run.resumed"
        ? `the run was taken up again${open === undefined ? "" : `: attempt ${open} was interrupted, and has no end`}`
        : sentence(view, task, event, since === undefined ? 0 : at(event) - since);
    if (event.type === "attempt.finished" || event.type === "run.resumed") open = undefined;
    if (said === undefined) continue;
    since = event.type === "task.ready" ? at(event) : undefined;
    lines.push(`${(at(event) / 1000).toFixed(3).padStart(8)} s  ${oneLine(said)}`);
  }
  if (lines.length === 0) lines.push("Nothing: it never became ready.");
  return lines;
}

/** The task's events, and between them where the run was taken up again. */
function eventsOf({ run }: RunView, { task_id, trace }: TaskView): RunEvent[] {
  const last = trace.events.at(-1);
  const last_at = last === undefined ? 0 : run.events.lastIndexOf(last);
  let began = false;
  return run.events.filter((event, i) => {
    const is_own = "task_id" in event && event.task_id === task_id;
    began ||= is_own;
    return is_own || (event.type === "run.resumed" && began && i < last_at);
  });
}

/** What an event says; undefined for those that only repeat another, or that are many. */
function sentence({ by_id }: RunView, { trace }: TaskView, event: RunEvent, waited: number): string | undefined {
  switch (event.type) {
    case "task.ready": {
      const ends = trace.dependencies.flatMap(
        (id) => by_id.get(id)?.trace.events.findLast(({ type }) => type === "task.finished") ?? [],
      );
      const last = ends.sort((a, b) => a.seq - b.seq).at(-1);
      return last === undefined || !("task_id" in last)
        ? "ready"
        : `ready: ${last.task_id} had ended, the last that it depends on`;
    }
    case "attempt.started":
      return `attempt ${event.attempt} started${waited > 0 ? ` after ${showDuration(waited)} of waiting for a worker` : ""}`;
    case "attempt.finished": {
      const spent = showDuration(event.duration_ms);
      if (event.status === "success") return `attempt ${event.attempt} succeeded after ${spent}`;
      const how = event.status === "cancelled" ? "was stopped" : "failed";
      return `attempt ${event.attempt} ${how} after ${spent} (${event.error_kind ?? ""}): ${event.error ?? ""}`;
    }
    case "task.retrying":
      return `waits ${showDuration(event.delay_ms)} before attempt ${event.attempt}`;
    case "task.waiting":
      return `waits for ${event.agent}, which is limited until ${localTime(event.until)}`;
    case "task.finished": {
      const { outcome } = event;
      if (trace.reused_from !== null) return undefined;
      return outcome.status === "success" || event.attempts > 0 ? `ended: ${outcome.status}` : `ended: ${outcome.error}`;
    }
    case "task.reused":
      return `taken over from run ${event.from}: nothing that counts has changed since`;
    case "task.changed":
      return `runs again, though it had succeeded in run ${event.since}: ${event.changed.join("; ")}`;
    case "tasks.added":
      return `added ${plural(event.tasks.length, "task")} to the run`;
    case "agent.tool":
      return `used ${event.tool}${event.input === undefined ? "" : ` ${firstWords(JSON.stringify(event.input), max_words)}`}`;
    case "agent.message":
      return `said: ${firstWords(event.text, max_words)}`;
    case "agent.permission":
      return `asked whether it may ${event.wanted}: ${event.granted ? "it may" : "it may not"}`;
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

function why(view: RunView, { row, state, trace, took_down }: TaskView, page: Page): string[] {
  switch (state) {
    case "succeeded":
      return [];
    case "unfinished":
      return block(
        "Why it has no end",
        ["The journal stops before this task does: it still runs, or the run was killed."],
        page,
      );
    case "not started":
      return block("Why it did not run", ["The journal stops before this task began."], page);
    case "failed":
    case "skipped":
    case "cancelled": {
      const lines = [printable(row.error ?? "It gave no reason.")];
      const root = view.by_id.get(trace.root_task_id ?? "");
      if (root !== undefined && root.row.error !== null)
        lines.push(`${root.task_id} (${root.state}): ${oneLine(root.row.error)}`);
      if (took_down.length > 0) lines.push(`Did not run because of it: ${took_down.join(", ")}`);
      const title = state === "failed" ? "Why it failed" : state === "skipped" ? "Why it was skipped" : "Why it was stopped";
      return block(title, lines, page).map((text) => page.paint.bad(text));
    }
    default:
      return unreachable(state);
  }
}

/** What the last attempt was told: an agent its prompt, which holds the input; others their input. */
function told(view: RunView, { task_id, trace }: TaskView, page: Page): string[] {
  const last = trace.attempts.at(-1);
  const prompt = last === undefined ? undefined : readLogEnd(view.run.folder.prompt(task_id, last.attempt), max_prompt_bytes);
  if (last === undefined || prompt === undefined) return block("What it was given", shown(trace.input), page);
  const title = trace.attempts.length > 1 ? `What it was told (attempt ${last.attempt})` : "What it was told";
  const { text, left_out } = shorten(printable(prompt.text), size, "start");
  return block(
    title,
    [text, ...(left_out === undefined ? [] : [`(${left_out} left out; ${last.prompt_file} has the whole)`])],
    page,
  );
}

function spending({ row }: TaskView): string[] {
  const { usage, turns, session_id } = row;
  if (usage === undefined && session_id === undefined) return [];
  const cost = usage?.cost_usd === undefined ? "It does not tell what it cost" : formatCost(usage.cost_usd);
  const spent = [
    ...(usage === undefined ? [] : [formatTokens(usage)]),
    ...(turns === undefined ? [] : [plural(turns, "turn")]),
  ];
  const session = session_id === undefined ? [] : [`Its session is ${oneLine(session_id)}`];
  return [[cost, ...spent].join("; "), ...session];
}

function shown(value: unknown): string[] {
  const output = showOutput(value, size);
  if (output === undefined) return [];
  return output.left_out === undefined
    ? [output.text]
    : [output.text, `(${output.left_out} left out; the task's trace has the whole)`];
}

const streams = {
  said: "What it said last",
  out: "What it printed",
  err: "What it printed to stderr",
  verify: "What its verify commands did",
} as const;

/** The ends of the logs, of the last attempt first: an earlier one is told where it differs. */
function logs(view: RunView, task: TaskView, page: Page): string[] {
  return logEnds(view, task, size).flatMap(({ stream, path, attempt, text, is_cut }) => {
    const title = task.trace.attempts.length > 1 ? `${streams[stream]} (attempt ${attempt})` : streams[stream];
    return block(title, [...(is_cut ? [`(the end of ${path})`] : []), text], page);
  });
}

/** What its agent was told. */
const prompts = ({ trace }: TaskView): string[] => trace.attempts.flatMap(({ prompt_file }) => prompt_file ?? []);

function output(view: RunView, task: TaskView): string[] {
  const given = showOutput(task.row.output, size);
  if (given === undefined) return [];
  const where = fullOutputLocation(given, view, task, (path) => path);
  return where === undefined ? [given.text] : [given.text, `(${where})`];
}

function advice(view: RunView, { row, state, trace }: TaskView, page: Page): string[] {
  if (state === "succeeded") return [];
  const { run } = view;
  const root = trace.root_task_id;
  if (state === "unfinished" || state === "not started") {
    const step = { text: "If nobody runs it any more, go on with the run", command: runCommandLine(run, "resume") };
    return block("What to do", [renderSteps([step], page)], page);
  }
  const steps =
    root === null
      ? [{ text: printable(row.suggestion ?? suggestionFor(row.error_kind ?? "internal")) }]
      : [{ text: `See why ${root} did not succeed`, command: runCommandLine(run, "trace", root) }];
  return steps.length === 0 ? [] : block("What to do", [renderSteps(steps, page)], page);
}
