import type { Command } from "commander";
import { type Plan, planResume } from "#dispatch";
import type { CommandIo } from "../command-io.ts";
import { openOutput } from "../output-file.ts";
import { addConfigFlags, addValueFlags, type PlanFlags, planOptionsOf } from "../plan-flags.ts";
import { openRunOutput } from "../run-output.ts";
import { addOutputFlags, type OutputFlags, runWithProgress } from "../run-with-progress.ts";
import { traceDirectory } from "../trace-dir.ts";

interface ResumeFlags extends PlanFlags, OutputFlags {
  task?: string[];
  traceDir?: string;
}

const examples = `
Reuses the results of successful tasks. Tasks that failed, were skipped or were interrupted run again.
The run keeps the task file it started with: to apply changes to the file, start a new run. Options from the last start
apply unless flags override them.

Examples:
  dispatch resume                              continue the newest run
  dispatch resume 20260531T1704                continue the run whose id starts with 20260531T1704
  dispatch resume --task report                run this task again too, and its dependents
  dispatch resume -w 8 --timeout 900           with more workers and a longer timeout

Exit codes:
  0        all tasks succeeded
  1        at least one task did not succeed
  2        there is no such run, another dispatch is running it, or the command line is invalid
  128 + n  stopped by signal n, for example 130 for SIGINT`;

/** `dispatch resume`. */
export function defineResume(command: Command, io: CommandIo): void {
  const { streams } = io;
  addOutputFlags(
    addConfigFlags(addValueFlags(command).argument("[run]", "run id or the start of one (default: the newest run)"), {
      shows_defaults: false,
    }),
  )
    .option("--task <ids>", "run these tasks and their dependents again; comma-separated, repeatable", collectTasks)
    .addHelpText("after", examples)
    .action(async (run: string | undefined, flags: ResumeFlags) => {
      const file_out = flags.output === undefined ? undefined : openOutput("--output", flags.output);
      const { flags: given = {}, ...others } = planOptionsOf(flags);
      // --trace-dir only locates the run; it is not a setting that the resumed run may change.
      const { trace_dir: _, ...changed } = given;
      const planned = await planResume({
        ...others,
        flags: changed,
        trace_dir: await traceDirectory(flags.traceDir),
        ...(run === undefined ? {} : { run }),
        ...(flags.task === undefined ? {} : { repeat: flags.task }),
        onWarning: (message) => streams.note(`dispatch: ${message}\n`),
      });
      if (file_out !== undefined) streams.enableNotes();
      const is_quiet = flags.quiet === true || flags.progress === "none";
      if (!is_quiet) streams.note(`dispatch: ${remainingTasks(planned)}\n`);
      const output = openRunOutput(flags.format ?? "json", file_out, streams);
      io.exit(await runWithProgress(planned, flags, output, streams));
    });
}

/** Describes what a resume runs. A user who has changed the task file must learn that it is not read again. */
function remainingTasks({ tasks, resumed }: Plan): string {
  const { history, reused } = resumed ?? {};
  const run_id = history?.folder.run_id ?? "";
  const done = reused?.size ?? 0;
  if (done === tasks.length) return `All tasks of run ${run_id} have succeeded; nothing to run.`;
  const count = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
  const reuse = done === 0 ? `${count} to run` : `${done} of ${count} reused, ${tasks.length - done} to run`;
  return `Resuming run ${run_id}: ${reuse}. Later changes to the task file are ignored.`;
}

function collectTasks(text: string, earlier: string[] | undefined): string[] {
  const ids = text.split(",").map((id) => id.trim());
  return [...(earlier ?? []), ...ids.filter((id) => id !== "")];
}
