import { type FailureGroup, groupFailures } from "./failures.ts";
import { full_size, type MarkdownSize, renderMarkdown } from "./markdown.ts";
import { plural, printable } from "./printable.ts";
import { earlierAttempts, journalNotes, type RunView } from "./run-view.ts";

/** The report of a run for a step of a GitHub workflow. */
export interface GithubReport {
  /** Workflow commands, one per line, for stdout. */
  annotations: string;
  /** Markdown to append to the file in $GITHUB_STEP_SUMMARY. Empty if not even the shortest summary fits. */
  summary: string;
}

/** GitHub shows nothing of a step's summary that is larger. */
export const max_summary_bytes = 1024 * 1024;

/** GitHub shows ten errors, ten warnings and ten notices per step, and drops the rest silently. */
const max_annotations = 10;

/** Sizes to try, largest first. */
const sizes: readonly MarkdownSize[] = [
  full_size,
  { rows: 50, text: { lines: 10, characters: 500 } },
  { rows: 10, text: { lines: 3, characters: 100 } },
];

/** Renders the report of a run for GitHub; `summary_bytes` is the free space in the step's summary. */
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
  const groups = (["error", "cancelled", "interrupted"] as const).flatMap((state) => groupFailures(view, state));
  const errors = groups.map((group) => command("error", titleOf(group), bodyOf(group)));
  const warnings = journalNotes(view).map((note) => command("warning", "dispatch", note));
  const notices: string[] = [];
  for (const task of view.tasks) {
    for (const warning of task.row.warnings ?? []) warnings.push(command("warning", task.task_id, warning));
    if (task.state !== "success" || task.row.attempts < 2) continue;
    const earlier = earlierAttempts(view, task).map(({ attempt, how, error }) => `Attempt ${attempt} ${how}: ${error}`);
    if (earlier.length === 0) continue;
    notices.push(command("notice", `${task.task_id}: success after ${task.row.attempts} attempts`, earlier.join("\n")));
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
      command(name, "dispatch", `${rest} more ${name}s are not shown: see the run's report.`),
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
  if (tasks.length > 1) lines.push(`Same error in: ${listNames(tasks.slice(1).map(({ task_id }) => task_id))}`);
  if (took_down.length > 0) lines.push(`Skipped because of it: ${listNames(took_down)}`);
  return lines.join("\n");
}

const listNames = (names: readonly string[]): string =>
  names.length <= 20 ? names.join(", ") : `${names.slice(0, 20).join(", ")} and ${names.length - 20} more`;

const command = (name: "error" | "warning" | "notice", title: string, data: string): string =>
  `::${name} title=${escapeProperty(title)}::${escapeData(printable(data))}`;

/** Escapes a workflow command's message: https://docs.github.com/actions/reference/workflow-commands-for-github-actions. */
export const escapeData = (text: string): string => text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");

/** Escapes a workflow command's property: `:` would end all properties, `,` this one. */
export const escapeProperty = (text: string): string => escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
