import { fstatSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import { Writable } from "node:stream";
import { type Command, Option } from "commander";
import { type Plan, type RunEnd, runPlan } from "#dispatch";
import { DispatchError, exit_codes } from "#errors";
import { colourLevel, createProgress, dispatchHint, type Progress, progressMode, report_kinds } from "#reports";
import {
  collectReport,
  type RequestedReport,
  type RunFormat,
  type RunOutput,
  run_formats,
  tryWrite,
  writeReports,
} from "./run-output.ts";
import { listenToSignals } from "./signals.ts";
import type { Streams } from "./streams.ts";

/** The flags for the result, reports and progress of a run. */
export interface OutputFlags {
  output?: string;
  format?: RunFormat;
  report?: RequestedReport[];
  quiet?: true;
  progress?: "auto" | "plain" | "none";
}

/** Adds the flags of every command that runs tasks: output, reports, progress. */
export function addOutputFlags(command: Command): Command {
  return command
    .option("-o, --output <file>", "write the result to this file instead of stdout")
    .addOption(new Option("--format <format>", "format of the result (default: json)").choices(run_formats))
    .addOption(
      new Option(
        `--report <kind[=file]>`,
        `also write a report: ${report_kinds.join(", ")}; without a file, to the run's folder; repeatable`,
      ).argParser(collectReport),
    )
    .addOption(new Option("--progress <mode>", "how to show progress (default: auto)").choices(["auto", "plain", "none"]))
    .option("-q, --quiet", "print only warnings and errors");
}

/** Runs a plan with signals, progress and output. Returns the exit code. */
export async function runWithProgress(planned: Plan, flags: OutputFlags, output: RunOutput, streams: Streams): Promise<number> {
  const fast_spawn = allowsFastSpawn(process.env);
  const progress = await openProgress(planned, flags, streams);
  const signals = listenToSignals((how, signal) => progress.stopping(how, signal));
  let end: RunEnd;
  try {
    end = await runPlan(planned, {
      signal: signals.stop,
      kill: signals.kill,
      writes: writtenFiles(flags),
      fast_spawn,
      onEvent(event) {
        output.listen?.(event);
        progress.listen(event);
      },
      onWarning: (message) => progress.warn(message),
    });
  } finally {
    progress.stop();
    // The handlers stay: the result is not yet written, and stdout may be slow.
    signals.runIsOver();
  }
  return finishRun(end, { flags, output, streams, progress, received: signals.received });
}

/** Returns whether commands may start by posix_spawn. Throws a `DispatchError` if the variable has an unknown value. */
function allowsFastSpawn(env: NodeJS.ProcessEnv): boolean {
  const value = env["DISPATCH_SPAWN"] || undefined;
  if (value === undefined || value === "node") return value === undefined;
  throw new DispatchError("usage", `DISPATCH_SPAWN has the unknown value ${JSON.stringify(value)}.`, {
    advice: "Set it to node, or unset it.",
  });
}

/** The inputs of `finishRun` besides the run's end. */
interface FinishOptions {
  flags: OutputFlags;
  output: RunOutput;
  streams: Streams;
  progress: Progress;
  /** The signal that stopped the run. */
  received: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
}

/** Writes the result and reports of a finished run. Returns the exit code. */
function finishRun({ result, stopped, folder }: RunEnd, { flags, output, streams, progress, received }: FinishOptions): number {
  const written = tryWrite("The result", streams, () => {
    output.write(result, folder);
    output.close();
  });
  progress.finish(result);
  const reported = writeReports(flags.report ?? [], folder, streams);
  if (streams.is_stdout_closed) streams.note(`dispatch: stdout was closed; the result is in ${folder.result}.\n`);
  if (stopped?.type === "journal")
    streams.note(
      `dispatch: The run was stopped because its journal cannot be written: ${stopped.error}. Fix the cause, then run dispatch resume.\n`,
    );
  if (received !== undefined) return exit_codes.signal + constants.signals[received];
  return result.status === "success" && stopped === undefined && written && reported ? exit_codes.success : exit_codes.failure;
}

const hasPaidAgents = ({ tasks, agents }: Plan): boolean => tasks.some(({ agent }) => agents.get(agent)?.is_paid === true);

function openProgress(planned: Plan, flags: OutputFlags, streams: Streams): Promise<Progress> {
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
    // A run with a paid agent uses budget, checks and trace, even with few tasks, so it gets no hint.
    hint: planned.resumed !== undefined || hasPaidAgents(planned) ? undefined : dispatchHint(planned.graph),
  });
}

/** Returns the files that this process writes: the named outputs, and where /proc exists, the files of its streams. */
function writtenFiles({ output, report = [] }: OutputFlags): string[] {
  const named = [output, ...report.map(({ file }) => file?.path)].flatMap((path) => (path === undefined ? [] : resolve(path)));
  const redirected = [1, 2].flatMap((stream) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${stream}`);
      return fstatSync(stream).isFile() ? [path] : [];
    } catch {
      // macOS has no /proc.
      return [];
    }
  });
  return [...new Set([...named, ...redirected])];
}
