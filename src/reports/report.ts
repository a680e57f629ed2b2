import { unreachable } from "#errors";
import type { RecordedRun } from "#traces";
import { renderChromeTrace } from "./chrome-trace.ts";
import { type GithubReport, renderGithub } from "./github.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { viewRun } from "./run-view.ts";

/** The formats of `dispatch report`. */
export const report_kinds = ["markdown", "junit", "github", "chrome-trace", "json"] as const;

/** One of `report_kinds`. */
export type ReportKind = (typeof report_kinds)[number];

/** Renders the report of a recorded run. Reads the ends of its logs and writes nothing. */
export function renderReport(kind: ReportKind, run: RecordedRun): string {
  switch (kind) {
    case "markdown":
      return renderMarkdown(viewRun(run));
    case "junit":
      return renderJunit(viewRun(run));
    case "github":
      return githubReport(run).annotations;
    case "chrome-trace":
      return renderChromeTrace(viewRun(run));
    case "json":
      return `${JSON.stringify(run.result, undefined, 2)}\n`;
    default:
      return unreachable(kind);
  }
}

/** Renders both parts of the report for GitHub; `summary_bytes` is the free space in the step's summary. */
export const githubReport = (run: RecordedRun, summary_bytes?: number): GithubReport =>
  renderGithub(viewRun(run), summary_bytes);
