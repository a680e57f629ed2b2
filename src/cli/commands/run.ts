import type { Command } from "commander";
import { forecastRun, type Plan, plan, previewReuse } from "#dispatch";
import type { CommandIo } from "../command-io.ts";
import { dryRunText, spendingText } from "../dry-run.ts";
import { readInput } from "../input.ts";
import { openOutput, refuseToOverwrite } from "../output-file.ts";
import { addConfigFlags, addContextFlags, addPlanFlags, type PlanFlags, planOptionsOf, unusedFlags } from "../plan-flags.ts";
import { openRunOutput } from "../run-output.ts";
import { addOutputFlags, type OutputFlags, runWithProgress } from "../run-with-progress.ts";
import type { Streams } from "../streams.ts";

interface RunFlags extends PlanFlags, OutputFlags {
  dryRun?: true;
}

const examples = `
A task file:
  { "tasks": [
      { "task_id": "lint", "agent": "command", "input_data": { "command": "npm run lint" } },
      { "task_id": "build", "agent": "command", "input_data": { "command": "npm run build" },
        "dependencies": ["lint"], "verify": ["test -s dist/index.js"], "retries": 1 } ] }

Examples:
  dispatch run < tasks.json > results.json     the result on stdout, progress on stderr
  dispatch run tasks.json --dry-run            what would run, and in which order
  dispatch run tasks.json --select report      one task and its dependencies
  dispatch run tasks.json --var ENV=prod -w 8  set \${ENV}, use eight workers
  dispatch run tasks.json --reuse              skip tasks that succeeded before and are unchanged
  dispatch run tasks.json --reuse --dry-run    which tasks those are, and why the others would run
  dispatch run tasks.json --format ndjson      every event as it happens

Exit codes:
  0        all tasks succeeded
  1        at least one task did not succeed
  2        invalid input or command line; nothing ran
  128 + n  stopped by signal n, for example 130 for SIGINT`;

/** `dispatch run`. */
export function defineRun(command: Command, io: CommandIo): void {
  addOutputFlags(addContextFlags(addConfigFlags(addPlanFlags(command.argument("[file]", "task file (default: stdin)")))))
    .option("--dry-run", "show levels, order and critical path; run nothing")
    .addHelpText("after", examples)
    .action((file: string | undefined, flags: RunFlags) => runAction(file, flags, io));
}

async function runAction(file: string | undefined, flags: RunFlags, io: CommandIo): Promise<void> {
  const { streams } = io;
  const file_out = flags.output === undefined ? undefined : openOutput("--output", flags.output);
  refuseToOverwrite(file, [file_out, ...(flags.report ?? []).map((report) => report.file)]);
  const input = await readInput(file);
  const planned = await plan({ ...input, ...planOptionsOf(flags) });
  for (const message of unusedFlags(flags, planned)) streams.note(`dispatch: ${message}\n`);
  if (flags.dryRun) {
    const text = await dryRun(planned, flags, streams);
    if (file_out === undefined) streams.print(text);
    else file_out.write(text);
    return;
  }
  if (file_out !== undefined) streams.enableNotes();
  const output = openRunOutput(flags.format ?? "json", file_out, streams);
  io.exit(await runWithProgress(planned, flags, output, streams));
}

async function dryRun(planned: Plan, flags: RunFlags, streams: Streams): Promise<string> {
  const forecast = forecastRun(planned);
  const { max_workers, reuse } = planned.config;
  const warn = (message: string): void => streams.note(`dispatch: ${message}\n`);
  const reused = reuse ? { reuse: await previewReuse(planned, new AbortController().signal, warn) } : {};
  if (flags.format === "json") return `${JSON.stringify({ ...forecast, ...reused }, undefined, 2)}\n`;
  return `${dryRunText({ ...forecast, ...reused }, max_workers)}${spendingText(planned, reused.reuse)}`;
}
