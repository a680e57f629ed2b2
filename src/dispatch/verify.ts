import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import type { Job } from "#agents";
import { unreachable } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import type { Supervisor } from "#process";
import type { CommandLine } from "#tasks";
import type { AttemptContext } from "./attempt-context.ts";
import { underTimeout } from "./under-timeout.ts";

/** Runs a task's `verify` commands in order. The first that does not exit with 0 fails the attempt. */
export async function verify(
  { folder, supervisor }: Pick<AttemptContext, "folder" | "supervisor">,
  job: Job,
  { commands, written }: { commands: readonly CommandLine[]; written: readonly CommandLine[] },
  seconds: number,
  signal: AbortSignal,
  output: unknown,
): Promise<{ failed: AttemptOutcome | undefined; warnings: string[] }> {
  const warnings: string[] = [];
  if (commands.length === 0) return { failed: undefined, warnings };
  writeFileSync(job.files.output, JSON.stringify(output), { mode: 0o600 });
  const log = openSync(folder.log(job.task_id, job.attempt, "verify"), "a", 0o600);
  try {
    for (const [i, command] of commands.entries()) {
      // The script itself has variables in place of values; messages show the task file's own text.
      const line = written[i] ?? command;
      const shown = typeof line === "string" ? line : line.join(" ");
      writeSync(log, `$ ${shown}\n`);
      const failed = await underTimeout(seconds, signal, async (limited): Promise<AttemptOutcome | undefined> => {
        if (limited.aborted) return stoppedOutcome(limited.reason);
        const end = await supervisor.run(
          { command, cwd: job.cwd, env: { ...job.inherited_env, ...job.env }, stdout: log, stderr: log },
          limited,
        );
        warnings.push(...end.warnings);
        if (end.stopped) {
          const outcome = stoppedOutcome(limited.reason);
          return outcome.error_kind === "timeout"
            ? { ...outcome, error: `The verify command took longer than ${seconds} s: ${shown}` }
            : outcome;
        }
        if (end.type === "exited" && end.exit_code === 0) return undefined;
        return { status: "error", error_kind: "verify", error: `The verify command ${describeEnd(end)}: ${shown}` };
      });
      if (failed !== undefined) return { failed, warnings };
    }
    return { failed: undefined, warnings };
  } finally {
    closeSync(log);
  }
}

function describeEnd(end: Awaited<ReturnType<Supervisor["run"]>>): string {
  switch (end.type) {
    case "exited":
      return `exited with ${end.exit_code}`;
    case "signalled":
      return `was killed by ${end.signal}`;
    case "not_started":
      return `could not be started (${end.message})`;
    default:
      return unreachable(end);
  }
}
