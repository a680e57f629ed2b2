import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { messageOf } from "#errors";
import type { AttemptOutcome } from "#events";
import { type FileLook, type Redactor, redactFile } from "#secrets";
import { type RunFolder, writeWhole } from "#traces";

/** An attempt that has ended, and what it leaves in the run's folder. */
interface EndedAttempt {
  folder: RunFolder;
  task_id: string;
  attempt: number;
  /** The content of the input file without its secrets, where it has any: the agent needed them. */
  shown_input: unknown;
  /** Outputs that are what the log of stdout holds. */
  printed: WeakSet<object>;
}

/** Longest output file that is read as JSON; agents may leave no longer one. */
const max_output_bytes = 1024 * 1024;

/**
 * Takes the secrets out of an attempt's outcome and files. From here on nobody sees them: not the journal, not the result,
 * not the tasks that use the output.
 */
export async function redactAttempt(ended: EndedAttempt, outcome: AttemptOutcome, redactor: Redactor): Promise<AttemptOutcome> {
  const { folder, task_id, attempt, printed, shown_input } = ended;
  const warnings: string[] = [];

  /** What cannot be redacted must not stay. */
  async function redacted<Answer>(path: string, work: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await work();
    } catch (error) {
      rmSync(path, { force: true });
      warnings.push(`${path} was removed, because it could not be redacted: ${messageOf(error)}.`);
      return undefined;
    }
  }

  const redactLog = (stream: "out" | "err" | "verify"): Promise<FileLook | undefined> => {
    const path = folder.log(task_id, attempt, stream);
    return redacted(path, () => redactFile(path, redactor));
  };
  const stdout = await redactLog("out");
  await redactLog("err");
  await redactLog("verify");
  const output = folder.output(task_id, attempt);
  if (existsSync(output)) await redacted(output, () => redactOutput(output, redactor));
  const input = folder.input(task_id);
  if (shown_input !== undefined) await redacted(input, async () => writeWhole(input, JSON.stringify(shown_input)));
  const shown = await redactOutcome(outcome, redactor, stdout === "no_marker" ? printed : undefined);
  return warnings.length === 0 ? shown : { ...shown, warnings: [...(shown.warnings ?? []), ...warnings] };
}

/** What was `printed` stands in a log in which nothing was found, not even behind escapes. */
async function redactOutcome(
  outcome: AttemptOutcome,
  redactor: Redactor,
  printed: WeakSet<object> | undefined,
): Promise<AttemptOutcome> {
  if (outcome.status !== "success") return redactor.redactValue(outcome);
  const { output, ...rest } = outcome;
  if (typeof output !== "object" || output === null || printed?.has(output) !== true) return redactor.redactValue(outcome);
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
