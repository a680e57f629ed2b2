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
What had succeeded is taken over as it stands and is not run again; what failed, was skipped or was interrupted is.
The task file is the one that the run began with; what is changed in it since needs a new run. The options that were in
force last still hold, but for the flags that are given here.

Examples:
  dispatch resume                              go on with the newest run
  dispatch resume 20260531T1704 > result.json  the run whose id begins so; the result is that of the whole run
  dispatch resume --task report                also run this task again, and all that depends on it
  dispatch resume -w 8 --timeout 900           with more workers, and more time

Exit codes: as of dispatch run; 2 where the run is under way, or there is none.`;

/** `dispatch resume`. */
export function defineResume(command: Command, context: CommandIo): void {
  const { streams } = context;
  addOutputFlags(
    addConfigFlags(
      addValueFlags(command).argument("[run]", "the run's id or its beginning; `latest` (the default) is the newest"),
      { shows_defaults: false },
    ),
  )
    .option("--task <ids>", "run these again, comma-separated, and what depends on them; repeatable", collectTasks)
    .addHelpText("after", examples)
    .action(async (run: string | undefined, flags: ResumeFlags) => {
      const file_out = flags.output === undefined ? undefined : openOutput("--output", flags.output);
      const { flags: given = {}, ...others } = planOptionsOf(flags);
      // Where the run is, is said; all else may change.
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
      context.exit(await runWithProgress(planned, flags, output, streams));
    });
}

/** Who has mended the task file since must know that it is not read again. */
function remainingTasks({ tasks, resumed }: Plan): string {
  const { history, reused } = resumed ?? {};
  const run_id = history?.folder.run_id ?? "";
  const done = reused?.size ?? 0;
  if (done === tasks.length) return `The run ${run_id} had succeeded: nothing of it is run again.`;
  const by_file = "by the task file as it was when the run began";
  if (done === 0) {
    const all = tasks.length === 1 ? "its task runs" : `all of its ${tasks.length} tasks run`;
    return `Going on with the run ${run_id}: ${all} ${by_file}.`;
  }
  const have = done === 1 ? "has" : "have";
  const others = tasks.length - done === 1 ? "the other runs" : "the others run";
  return `Going on with the run ${run_id}, of whose ${tasks.length} tasks ${done} ${have} succeeded; ${others} ${by_file}.`;
}

function collectTasks(text: string, earlier: string[] | undefined): string[] {
  const ids = text.split(",").map((id) => id.trim());
  return [...(earlier ?? []), ...ids.filter((id) => id !== "")];
}
