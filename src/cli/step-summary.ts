import { appendFileSync, statSync } from "node:fs";
import { DispatchError, messageOf } from "#errors";

/** The file in $GITHUB_STEP_SUMMARY: what earlier commands of the step have written to it, and a way to add to it. */
export function openStepSummary(path: string): { bytes: number; append(markdown: string): void } {
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
