import { type FailureGroup, groupFailures } from "./failures.ts";
import { full_size, type MarkdownSize, renderMarkdown } from "./markdown.ts";
import { plural, printable } from "./printable.ts";
import { earlierAttempts, journalNotes, type RunView } from "./run-view.ts";

/** What a step of a GitHub workflow shows of a run. */
export interface GithubReport {
  /** Workflow commands, one a line, for stdout. */
  annotations: string;
  /** Markdown, to be appended to the file in $GITHUB_STEP_SUMMARY. Empty where not even a short one fits. */
  summary: string;
}

/** GitHub refuses a step's summary above this, and then shows nothing of it. */
export const max_summary_bytes = 1024 * 1024;

/** GitHub shows ten errors, ten warnings and ten notices of a step, and drops the rest without a word. */
const max_annotations = 10;

/** Sizes to try, until one fits. */
const sizes: readonly MarkdownSize[] = [
  full_size,
  { rows: 50, text: { lines: 10, characters: 500 } },
  { rows: 10, text: { lines: 3, characters: 100 } },
];

/** The report of a run for GitHub; `summary_bytes` is how much of the step's summary is still free. */
export function renderGithub(view: RunView, summary_bytes: number = max_summary_bytes): GithubReport {
  let summary = "";
  for (const size of sizes) {
    const markdown = renderMarkdown(view, size);
    if (Buffer.byteLength(markdown) > summary_bytes) continue;
    summary = markdown;
    break;
  }
  return { annotations: annotate(view), summary };
}

function annotate(view: RunView): string {
  const failed = [...groupFailures(view, "failed"), ...groupFailures(view, "cancelled")];
  const errors = failed.map((group) => command("error", titleOf(group), bodyOf(group)));
  const warnings = journalNotes(view).map((note) => command("warning", "dispatch", note));
  const notices: string[] = [];
  for (const task of view.tasks) {
    for (const warning of task.row.warnings ?? []) warnings.push(command("warning", task.task_id, warning));
    if (task.state !== "succeeded" || task.row.attempts < 2) continue;
    const why = earlierAttempts(view, task).map(({ attempt, how, error }) => `Attempt ${attempt} ${how}: ${error}`);
    notices.push(command("notice", `${task.task_id} succeeded after ${task.row.attempts} attempts`, why.join("\n")));
  }
  const kinds = [
    ["error", errors],
    ["warning", warnings],
    ["notice", notices],
  ] as const;
  const lines = kinds.flatMap(([name, all]) => {
    if (all.length <= max_annotations) return all;
    const rest = all.length - max_annotations + 1;
    return [
      ...all.slice(0, max_annotations - 1),
      command(name, "dispatch", `${rest} more are not shown: see the run's report.`),
    ];
  });
  return lines.map((line) => `${line}\n`).join("");
}

function titleOf({ tasks, error_kind }: FailureGroup): string {
  const [first, ...others] = tasks;
  const and = others.length === 0 ? "" : ` and ${plural(others.length, "other task")}`;
  return `${first.task_id}${and}: ${error_kind}`;
}

function bodyOf({ error, suggestion, tasks, took_down }: FailureGroup): string {
  const lines = [error, suggestion];
  if (tasks.length > 1) lines.push(`The same in: ${some(tasks.slice(1).map(({ task_id }) => task_id))}`);
  if (took_down.length > 0) lines.push(`Did not run because of it: ${some(took_down)}`);
  return lines.join("\n");
}

const some = (names: readonly string[]): string =>
  names.length <= 20 ? names.join(", ") : `${names.slice(0, 20).join(", ")} and ${names.length - 20} more`;

const command = (name: "error" | "warning" | "notice", title: string, data: string): string =>
  `::${name} title=${escapeProperty(title)}::${escapeData(printable(data))}`;

/** A workflow command's message: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. */
export const escapeData = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

/** A workflow command's property: `:` would end the properties, `,` this one. */
export const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
