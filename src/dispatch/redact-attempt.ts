import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import type { LogScanned } from "#agents";
import { messageOf } from "#errors";
import type { AttemptOutcome } from "#events";
import { replaceFile } from "#files";
import { no_redactor, type Redactor, redactFile } from "#secrets";
import type { RunFolder } from "#traces";

/** An attempt that ended, and its files in the run's folder. */
interface EndedAttempt {
  folder: RunFolder;
  task_id: string;
  attempt: number;
  /** The masked content of the input file, if the file has secrets: the agent needed them. */
  shown_input: unknown;
  /** Present if the agent has searched the log of stdout. */
  scanned?: LogScanned | undefined;
}

/** Longest output file that is parsed as JSON; agents may not write longer ones. */
const max_output_bytes = 1024 * 1024;

/** Masks an attempt's outcome and files, before the journal, the result or a dependent sees them. */
export async function redactAttempt(ended: EndedAttempt, outcome: AttemptOutcome, redactor: Redactor): Promise<AttemptOutcome> {
  if (redactor === no_redactor) return outcome;
  const { folder, task_id, scanned, shown_input } = ended;
  // Most logs were searched already and are clean: neither the log nor the output parsed from it is searched again.
  const is_clean = scanned?.is_clean === true;
  const warnings = await redactFiles(ended, is_clean ? ["err", "verify"] : ["out", "err", "verify"], redactor);
  const input = folder.input(task_id);
  if (shown_input !== undefined) await orRemoved(input, warnings, async () => replaceFile(input, JSON.stringify(shown_input)));
  const shown = await redactOutcome(outcome, redactor, is_clean && scanned.is_output);
  return warnings.length === 0 ? shown : { ...shown, warnings: [...(shown.warnings ?? []), ...warnings] };
}

/** Masks the files of an attempt whose dispatch was killed. Returns a warning for each file that had to be removed. */
export async function redactLeftoverLogs(
  left: Pick<EndedAttempt, "folder" | "task_id" | "attempt">,
  redactor: Redactor,
): Promise<string[]> {
  if (redactor === no_redactor) return [];
  const warnings = await redactFiles(left, ["out", "err", "verify"], redactor);
  const input = left.folder.input(left.task_id);
  if (existsSync(input)) await orRemoved(input, warnings, () => redactJson(input, redactor));
  return warnings;
}

async function redactFiles(
  { folder, task_id, attempt }: Pick<EndedAttempt, "folder" | "task_id" | "attempt">,
  streams: readonly ("out" | "err" | "verify")[],
  redactor: Redactor,
): Promise<string[]> {
  const warnings: string[] = [];
  for (const stream of streams) {
    const path = folder.log(task_id, attempt, stream);
    await orRemoved(path, warnings, () => redactFile(path, redactor));
  }
  const output = folder.output(task_id, attempt);
  if (existsSync(output)) await orRemoved(output, warnings, () => redactJson(output, redactor));
  const prompt = folder.prompt(task_id, attempt);
  if (existsSync(prompt)) await orRemoved(prompt, warnings, () => redactFile(prompt, redactor));
  return warnings;
}

/** Removes a file that cannot be masked. */
async function orRemoved(path: string, warnings: string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    rmSync(path, { force: true });
    warnings.push(`${path} was removed, because its secrets could not be masked: ${messageOf(error)}.`);
  }
}

/** Masks an outcome, except an output that is known to have no secret. */
async function redactOutcome(outcome: AttemptOutcome, redactor: Redactor, is_output_clean: boolean): Promise<AttemptOutcome> {
  if (outcome.status !== "success" || !is_output_clean) return redactor.redactValue(outcome);
  const { output, ...rest } = outcome;
  return { ...(await redactor.redactValue(rest)), output };
}

/** Masks a JSON file by its values, because escapes may hide a secret; any other file as text. */
async function redactJson(path: string, redactor: Redactor): Promise<void> {
  const stat = statSync(path);
  if (!stat.isFile()) return;
  if (stat.size <= max_output_bytes) {
    const value = jsonIn(readFileSync(path, "utf8"));
    const shown = await redactor.redactValue(value);
    if (shown !== value) replaceFile(path, JSON.stringify(shown));
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
