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
  log: SearchedLog | undefined;
}

/** The log of stdout, where the agent has searched all of it. */
export interface SearchedLog {
  /** There is no secret in it. */
  is_clean: boolean;
  /** What is made of it, and of nothing else. */
  output: unknown;
}

/** Longest output file that is read as JSON; agents may leave no longer one. */
const max_output_bytes = 1024 * 1024;

/**
 * Takes the secrets out of an attempt's outcome and files. From here on nobody sees them: not the journal, not the result,
 * not the tasks that use the output.
 */
export async function redactAttempt(ended: EndedAttempt, outcome: AttemptOutcome, redactor: Redactor): Promise<AttemptOutcome> {
  if (redactor === no_redactor) return outcome;
  const { folder, task_id, log, shown_input } = ended;
  // Most that is printed was searched, and is clean; then neither its log nor what was made of it need be looked at.
  const is_clean = log?.is_clean === true;
  const warnings = await redactFiles(ended, is_clean ? ["err", "verify"] : ["out", "err", "verify"], redactor);
  const input = folder.input(task_id);
  if (shown_input !== undefined) await orRemoved(input, warnings, async () => writeWhole(input, JSON.stringify(shown_input)));
  const shown = await redactOutcome(outcome, redactor, is_clean ? log.output : undefined);
  return warnings.length === 0 ? shown : { ...shown, warnings: [...(shown.warnings ?? []), ...warnings] };
}

/** Takes the secrets out of what an attempt has left whose dispatch was killed; what had to be removed is told. */
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

/** What cannot be redacted must not stay. */
async function orRemoved(path: string, warnings: string[], work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    rmSync(path, { force: true });
    warnings.push(`${path} was removed, because it could not be redacted: ${messageOf(error)}.`);
  }
}

/** An outcome without its secrets; `clean` is an output that has none. */
async function redactOutcome(outcome: AttemptOutcome, redactor: Redactor, clean: unknown): Promise<AttemptOutcome> {
  if (outcome.status !== "success" || clean === undefined || outcome.output !== clean) return redactor.redactValue(outcome);
  const { output, ...rest } = outcome;
  return { ...(await redactor.redactValue(rest)), output };
}

/** Strings in JSON may hide a secret behind escapes; what is no JSON is text. */
async function redactJson(path: string, redactor: Redactor): Promise<void> {
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
