import { fstatSync, readlinkSync } from "node:fs";
import { constants } from "node:os";
import { resolve } from "node:path";
import { Writable } from "node:stream";
import { type Command, Option } from "commander";
import { type Plan, type RunEnd, runPlan } from "#dispatch";
import { exit_codes } from "#errors";
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

/** The flags that decide where a run's result goes and how its progress is shown. */
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
    .option("-o, --output <file>", "write the result there instead of stdout")
    .addOption(new Option("--format <format>", "form of the result (default: json)").choices(run_formats))
    .addOption(
      new Option(
        `--report <kind[=file]>`,
        `also write ${report_kinds.join(", ")}; without a file to the run's folder; repeatable`,
      ).argParser(collectReport),
    )
    .addOption(new Option("--progress <how>", "how progress is shown (default: auto)").choices(["auto", "plain", "none"]))
    .option("-q, --quiet", "no progress: nothing but warnings and errors");
}

/** Runs a plan with signals, progress and output; the answer is the exit code. */
export async function runWithProgress(planned: Plan, flags: OutputFlags, output: RunOutput, streams: Streams): Promise<number> {
  const progress = await openProgress(planned, flags, streams);
  const signals = listenToSignals((how, signal) => progress.stopping(how, signal));
  let end: RunEnd;
  try {
    end = await runPlan(planned, {
      signal: signals.stop,
      kill: signals.kill,
      writes: writtenFiles(flags),
      onEvent(event) {
        output.listen?.(event);
        progress.listen(event);
      },
      onWarning: (message) => progress.warn(message),
    });
  } finally {
    progress.stop();
    // Not closed: the result is still to be written, and stdout may take its time.
    signals.runIsOver();
  }
  return finishRun(end, { flags, output, streams, progress, received: signals.received });
}

/** What a run has to be told to. */
interface FinishOptions {
  flags: OutputFlags;
  output: RunOutput;
  streams: Streams;
  progress: Progress;
  /** The signal that stopped it. */
  received: "SIGINT" | "SIGTERM" | "SIGHUP" | undefined;
}

/** Writes the result of a run that is over, and its reports; the answer is the exit code. */
function finishRun({ result, stopped, folder }: RunEnd, { flags, output, streams, progress, received }: FinishOptions): number {
  const written = tryWrite("The result", streams, () => {
    output.write(result, folder);
    output.close();
  });
  progress.finish(result);
  const reported = writeReports(flags.report ?? [], folder, streams);
  if (streams.is_stdout_closed)
    streams.note(`dispatch: Nobody reads stdout any more; the result stands in ${folder.result}.\n`);
  if (stopped?.type === "journal")
    streams.note(`dispatch: The run was stopped, because its journal cannot be written: ${stopped.error}.\n`);
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
    // Who asks an agent has its budget, its checks and its trace of dispatch, however few tasks there are.
    hint: planned.resumed !== undefined || hasPaidAgents(planned) ? undefined : dispatchHint(planned.graph),
  });
}

/** The files that this process writes, as far as the system tells: those that were named, and what its streams lead to. */
function writtenFiles({ output, report = [] }: OutputFlags): string[] {
  const named = [output, ...report.map(({ file }) => file?.path)].flatMap((path) => (path === undefined ? [] : resolve(path)));
  const led_to = [1, 2].flatMap((stream) => {
    try {
      const path = readlinkSync(`/proc/self/fd/${stream}`);
      return fstatSync(stream).isFile() ? [path] : [];
    } catch {
      // Not every system tells.
      return [];
    }
  });
  return [...new Set([...named, ...led_to])];
}
