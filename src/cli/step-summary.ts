import { appendFileSync, statSync } from "node:fs";
import { DispatchError, messageOf } from "#errors";
import { githubReport, max_summary_bytes } from "#reports";
import type { RecordedRun } from "#traces";
import type { Streams } from "./streams.ts";

/** Opens the file in $GITHUB_STEP_SUMMARY. `bytes` is its size, to which earlier commands of the step may have added. */
function openStepSummary(path: string): { bytes: number; append(markdown: string): void } {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // A blank line starts a new Markdown block.
  const separator = bytes === 0 ? "" : "\n\n";
  return {
    bytes: bytes + separator.length,
    append(markdown) {
      try {
        appendFileSync(path, separator + markdown);
      } catch (error) {
        throw new DispatchError("output", `The file in $GITHUB_STEP_SUMMARY cannot be written: ${messageOf(error)}.`, {
          advice: `Check ${path}, or unset the variable.`,
        });
      }
    },
  };
}

/** Adds the report to the step summary of a GitHub workflow. Returns the annotations, which must go to stdout or stderr. */
export function reportToGithub(run: RecordedRun, streams: Streams): string {
  const path = process.env["GITHUB_STEP_SUMMARY"] ?? "";
  if (path === "") return githubReport(run).annotations;
  const file = openStepSummary(path);
  const { annotations, summary } = githubReport(run, max_summary_bytes - file.bytes);
  if (summary === "") streams.note("dispatch: The report was left out of $GITHUB_STEP_SUMMARY, which is full.\n");
  else file.append(summary);
  return annotations;
}
