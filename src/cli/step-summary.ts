import { appendFileSync, statSync } from "node:fs";
import { DispatchError, messageOf } from "#errors";
import { githubReport, max_summary_bytes } from "#reports";
import type { RecordedRun } from "#traces";
import type { Streams } from "./streams.ts";

/** The file in $GITHUB_STEP_SUMMARY: what earlier commands of the step have written to it, and a way to add to it. */
function openStepSummary(path: string): { bytes: number; append(markdown: string): void } {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // Markdown that follows on a line of its own begins a new block.
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

/** Adds the summary to the step's, in a GitHub workflow; gives the annotations, which only a stream of the step can carry. */
export function reportToGithub(run: RecordedRun, streams: Streams): string {
  const path = process.env["GITHUB_STEP_SUMMARY"] ?? "";
  if (path === "") return githubReport(run).annotations;
  const file = openStepSummary(path);
  const { annotations, summary } = githubReport(run, max_summary_bytes - file.bytes);
  if (summary === "") streams.note("dispatch: The step's summary has no room left for the run's report.\n");
  else file.append(summary);
  return annotations;
}
