import { constants } from "node:os";
import { type Command, Option } from "commander";
import { type Plan, plan, type RunEnd, runPlan } from "#dispatch";
import { exit_codes } from "#errors";
import type { CommandContext } from "../context.ts";
import { readInput } from "../input.ts";
import { openOutput } from "../output-file.ts";
import { addConfigFlags, addPlanFlags, type PlanFlags, planOptionsOf } from "../plan-flags.ts";
import { listenToSignals } from "../signals.ts";

/** Forms that the result can take on stdout. */
const formats = ["json", "ndjson", "markdown", "junit"] as const;

interface RunFlags extends PlanFlags {
  dryRun?: true;
  output?: string;
  format?: (typeof formats)[number];
  quiet?: true;
  progress?: "auto" | "plain" | "none";
}

const examples = `
Examples:
  dispatch run < tasks.json > results.json     the result on stdout, progress on stderr
  dispatch run tasks.json --dry-run            what would run, in which order
  dispatch run tasks.json --select report      one task and what it depends on
  dispatch run tasks.json --var ENV=prod -w 8  values for \${NAME}, eight workers
  dispatch run tasks.json --format ndjson      every event as it happens

Exit codes: 0 all succeeded, 1 some did not, 2 bad input and nothing ran, 128 + n stopped by signal n.`;

/** `dispatch run`. */
export function defineRun(command: Command, context: CommandContext): void {
  addConfigFlags(addPlanFlags(command.argument("[file]", "task file; stdin without it")))
    .option("--dry-run", "show levels, order and critical path; run nothing")
    .option("-o, --output <file>", "write the result there instead of stdout")
    .addOption(new Option("--format <format>", "form of the result (default: json)").choices(formats))
    .addOption(new Option("--progress <how>", "how progress is shown (default: auto)").choices(["auto", "plain", "none"]))
    .option("-q, --quiet", "no progress and no messages but errors")
    .addHelpText("after", examples)
    .action((file: string | undefined, flags: RunFlags) => runAction(file, flags, context));
}

async function runAction(file: string | undefined, flags: RunFlags, context: CommandContext): Promise<void> {
  const { streams } = context;
  const output = flags.output === undefined ? undefined : openOutput("--output", flags.output);
  const input = await readInput(file);
  const planned = await plan({ ...input, ...planOptionsOf(flags) });
  const write = (text: string): void => {
    if (output === undefined) streams.out(text);
    else output.write(text);
  };
  if (flags.dryRun) return write(await dryRun(planned, flags));
  const { result, stopped, signal } = await runWithSignals(planned, flags, context);
  write(`${JSON.stringify(result, undefined, 2)}\n`);
  if (signal !== undefined) context.exit(exit_codes.signal + constants.signals[signal]);
  else context.exit(result.status === "success" && stopped === undefined ? exit_codes.success : exit_codes.failure);
}

async function dryRun(planned: Plan, flags: RunFlags): Promise<string> {
  const { forecastRun } = await import("#dispatch");
  const { dryRunText } = await import("../dry-run.ts");
  const forecast = forecastRun(planned);
  return flags.format === "json"
    ? `${JSON.stringify(forecast, undefined, 2)}\n`
    : dryRunText(forecast, planned.config.max_workers);
}

async function runWithSignals(
  planned: Plan,
  flags: RunFlags,
  { streams }: CommandContext,
): Promise<RunEnd & { signal: ReturnType<typeof listenToSignals>["received"] }> {
  const { colourLevel, createProgress, dispatchHint, progressMode } = await import("#reports");
  const { stderr: stream, env } = process;
  const { isTTY, columns } = stream;
  const about = { isTTY, columns, env };
  const progress = await createProgress({
    mode: streams.shows_notes
      ? progressMode({ flag: flags.progress ?? "auto", quiet: flags.quiet ?? false, ...about })
      : "none",
    stream,
    work: planned,
    colour: colourLevel(about),
    unicode: env["TERM"] !== "linux",
    now: () => performance.now(),
    hint: dispatchHint(planned.graph),
  });
  const signals = listenToSignals((what, signal) => {
    progress.warn(what === "stop" ? `${signal}: stopping what runs. Once more kills it.` : "Killing what runs.");
  });
  let end: RunEnd | undefined;
  try {
    end = await runPlan(planned, {
      signal: signals.stop,
      kill: signals.kill,
      onEvent: progress.listen,
      onWarning: progress.warn,
    });
    return { ...end, signal: signals.received };
  } finally {
    progress.finish(end?.result);
    signals.close();
  }
}
