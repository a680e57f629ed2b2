import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { messageOf } from "#errors";
import type { AttemptOutcome } from "#events";
import { no_redactor, type Redactor, redactFile } from "#secrets";
import { type RunFolder, writeWhole } from "#traces";

/** An attempt that has ended, and what it leaves in the run's folder. */
interface EndedAttempt {
  folder: RunFolder;
  task_id: string;
  attempt: number;
  /** The content of the input file without its secrets, where it has any: the agent needed them. */
  shown_input: unknown;
  printed: Printed | undefined;
}

/** An output that is made of all that stands in the log of stdout. */
export interface Printed {
  output: unknown;
  text: string;
}

/** Longest output file that is read as JSON; agents may leave no longer one. */
const max_output_bytes = 1024 * 1024;

/**
 * Takes the secrets out of an attempt's outcome and files. From here on nobody sees them: not the journal, not the result,
 * not the tasks that use the output.
 */
export async function redactAttempt(ended: EndedAttempt, outcome: AttemptOutcome, redactor: Redactor): Promise<AttemptOutcome> {
  if (redactor === no_redactor) return outcome;
  const { folder, task_id, attempt, printed, shown_input } = ended;
  const warnings: string[] = [];

  /** What cannot be redacted must not stay. */
  async function redacted(path: string, work: () => Promise<unknown>): Promise<void> {
    try {
      await work();
    } catch (error) {
      rmSync(path, { force: true });
      warnings.push(`${path} was removed, because it could not be redacted: ${messageOf(error)}.`);
    }
  }

  // Most that is printed is at hand, and clean; then neither its log nor what was made of it need be looked at.
  const is_clean = printed !== undefined && !redactor.mayHold(printed.text);
  for (const stream of is_clean ? (["err", "verify"] as const) : (["out", "err", "verify"] as const)) {
    const path = folder.log(task_id, attempt, stream);
    await redacted(path, () => redactFile(path, redactor));
  }
  const output = folder.output(task_id, attempt);
  if (existsSync(output)) await redacted(output, () => redactOutput(output, redactor));
  const prompt = folder.prompt(task_id, attempt);
  if (existsSync(prompt)) await redacted(prompt, () => redactFile(prompt, redactor));
  const input = folder.input(task_id);
  if (shown_input !== undefined) await redacted(input, async () => writeWhole(input, JSON.stringify(shown_input)));
  const shown = await redactOutcome(outcome, redactor, is_clean ? printed.output : undefined);
  return warnings.length === 0 ? shown : { ...shown, warnings: [...(shown.warnings ?? []), ...warnings] };
}

/** An outcome without its secrets; `clean` is an output that has none. */
async function redactOutcome(outcome: AttemptOutcome, redactor: Redactor, clean: unknown): Promise<AttemptOutcome> {
  if (outcome.status !== "success" || clean === undefined || outcome.output !== clean) return redactor.redactValue(outcome);
  const { output, ...rest } = outcome;
  return { ...(await redactor.redactValue(rest)), output };
}

/** An output file is JSON, whose strings may hide a secret behind escapes; what is not is text. */
async function redactOutput(path: string, redactor: Redactor): Promise<void> {
  const stat = statSync(path);
  if (!stat.isFile()) return;
  if (stat.size <= max_output_bytes) {
    const value = jsonIn(readFileSync(path, "utf8"));
    const shown = await redactor.redactValue(value);
    if (shown !== value) writeWhole(path, JSON.stringify(shown));
  }
  await redactFile(path, redactor);
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
