import { constants } from "node:os";
import { Writable } from "node:stream";
import { type Command, Option } from "commander";
import { forecastRun, type Plan, plan, type RunEnd, runPlan } from "#dispatch";
import { exit_codes } from "#errors";
import { colourLevel, createProgress, dispatchHint, type Progress, progressMode, report_kinds } from "#reports";
import type { CommandContext } from "../context.ts";
import { dryRunText } from "../dry-run.ts";
import { readInput } from "../input.ts";
import { openOutput } from "../output-file.ts";
import { addConfigFlags, addContextFlags, addPlanFlags, type PlanFlags, planOptionsOf } from "../plan-flags.ts";
import {
  collectReport,
  openRunOutput,
  type RunFormat,
  type RunOutput,
  run_formats,
  tryWriting,
  type WantedReport,
  writeReports,
} from "../run-output.ts";
import { listenToSignals } from "../signals.ts";
import type { Streams } from "../streams.ts";

interface RunFlags extends PlanFlags {
  dryRun?: true;
  output?: string;
  format?: RunFormat;
  report?: WantedReport[];
  quiet?: true;
  progress?: "auto" | "plain" | "none";
}

const examples = `
A task file:
  { "tasks": [
      { "task_id": "lint", "agent": "command", "input_data": { "command": "npm run lint" } },
      { "task_id": "build", "agent": "command", "input_data": { "command": "npm run build" },
        "dependencies": ["lint"], "verify": ["test -s dist/index.js"], "retries": 1 } ] }

Examples:
  dispatch run < tasks.json > results.json     the result on stdout, progress on stderr
  dispatch run tasks.json --dry-run            what would run, in which order
  dispatch run tasks.json --select report      one task and what it depends on
  dispatch run tasks.json --var ENV=prod -w 8  values for \${NAME}, eight workers
  dispatch run tasks.json --format ndjson      every event as it happens

Exit codes: 0 all succeeded, 1 some did not, 2 bad input and nothing ran, 128 + n stopped by signal n.`;

/** `dispatch run`. */
export function defineRun(command: Command, context: CommandContext): void {
  addContextFlags(addConfigFlags(addPlanFlags(command.argument("[file]", "task file; stdin without it"))))
    .option("--dry-run", "show levels, order and critical path; run nothing")
    .option("-o, --output <file>", "write the result there instead of stdout")
    .addOption(new Option("--format <format>", "form of the result (default: json)").choices(run_formats))
    .addOption(
      new Option(
        `--report <kind[=file]>`,
        `also write ${report_kinds.join(", ")}; without a file to the run's folder; repeatable`,
      ).argParser(collectReport),
    )
    .addOption(new Option("--progress <how>", "how progress is shown (default: auto)").choices(["auto", "plain", "none"]))
    .option("-q, --quiet", "no progress: nothing but warnings and errors")
    .addHelpText("after", examples)
    .action((file: string | undefined, flags: RunFlags) => runAction(file, flags, context));
}

async function runAction(file: string | undefined, flags: RunFlags, context: CommandContext): Promise<void> {
  const { streams } = context;
  const file_out = flags.output === undefined ? undefined : openOutput("--output", flags.output);
  const input = await readInput(file);
  const planned = await plan({ ...input, ...planOptionsOf(flags) });
  if (flags.dryRun) {
    const text = dryRun(planned, flags);
    if (file_out === undefined) streams.out(text);
    else file_out.write(text);
    return;
  }
  if (file_out !== undefined) streams.keepForNotes();
  const output = openRunOutput(flags.format ?? "json", file_out, streams);
  context.exit(await runWatched(planned, flags, output, streams));
}

function dryRun(planned: Plan, flags: RunFlags): string {
  const forecast = forecastRun(planned);
  if (flags.format === "json") return `${JSON.stringify(forecast, undefined, 2)}\n`;
  return dryRunText(forecast, planned.config.max_workers);
}

/** Runs a plan with signals, progress and output; the answer is the exit code. */
async function runWatched(planned: Plan, flags: RunFlags, output: RunOutput, streams: Streams): Promise<number> {
  const progress = await openProgress(planned, flags, streams);
  const signals = listenToSignals((what, signal) => {
    progress.warn(what === "stop" ? `${signal}: stopping what runs. Once more kills it.` : "Killing what runs.");
  });
  let end: RunEnd;
  try {
    end = await runPlan(planned, {
      signal: signals.stop,
      kill: signals.kill,
      onEvent(event) {
        output.listen?.(event);
        progress.listen(event);
      },
      onWarning: (message) => progress.warn(message),
    });
  } finally {
    progress.stop();
    signals.close();
  }
  const { result, stopped, folder } = end;
  const written = tryWriting("The result", streams, () => {
    output.write(result, folder);
    output.close();
  });
  progress.finish(result);
  const reported = writeReports(flags.report ?? [], folder, streams);
  if (streams.reader_left) streams.note(`dispatch: Nobody reads stdout any more; the result stands in ${folder.result}.\n`);
  if (stopped?.type === "journal")
    streams.note(`dispatch: The run was stopped, because its journal cannot be written: ${stopped.error}.\n`);
  if (signals.received !== undefined) return exit_codes.signal + constants.signals[signals.received];
  return result.status === "success" && stopped === undefined && written && reported ? exit_codes.success : exit_codes.failure;
}

function openProgress(planned: Plan, flags: RunFlags, streams: Streams): Promise<Progress> {
  const { env } = process;
  const stream = streams.messages;
  const { isTTY, columns } = stream;
  const about = { isTTY, columns, env };
  const flag = streams.shows_notes ? (flags.progress ?? "auto") : "none";
  return createProgress({
    mode: progressMode({ flag, quiet: flags.quiet ?? false, ...about }),
    stream: streams.shows_notes ? stream : new Writable({ write: (_, __, done) => done() }),
    work: planned,
    colour: colourLevel(about),
    unicode: env["TERM"] !== "linux",
    now: () => performance.now(),
    hint: dispatchHint(planned.graph),
  });
}
