import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { DispatchError, messageOf } from "#errors";
import type { Listener, RunResult } from "#events";
import { type ReportKind, renderReport, report_kinds } from "#reports";
import { type RunFolder, readRun } from "#traces";
import { type OutputFile, openOutput } from "./output-file.ts";
import { reportToGithub } from "./step-summary.ts";
import type { Streams } from "./streams.ts";

/** Formats of the result. */
export const run_formats = ["json", "ndjson", "markdown", "junit"] as const;

/** One of `run_formats`. */
export type RunFormat = (typeof run_formats)[number];

/** A report requested by `--report`. */
export interface RequestedReport {
  kind: ReportKind;
  /** Output file; undefined for the run's folder. */
  file: OutputFile | undefined;
}

/** Parses one `--report KIND[=FILE]` and adds it to the earlier ones. */
export function collectReport(text: string, earlier: RequestedReport[] | undefined): RequestedReport[] {
  const [name = "", ...rest] = text.split("=");
  const kind = report_kinds.find((known) => known === name);
  if (kind === undefined) throw new InvalidArgumentError(`Write KIND or KIND=FILE; kinds are ${report_kinds.join(", ")}.`);
  const path = rest.join("=");
  if (kind === "github" && path !== "")
    throw new InvalidArgumentError("Write github without a file; it writes annotations and to $GITHUB_STEP_SUMMARY.");
  return [...(earlier ?? []), { kind, file: path === "" ? undefined : openOutput("--report", path) }];
}

/** File names of reports in the run's folder. */
const report_names: Readonly<Record<ReportKind, string>> = {
  markdown: "report.md",
  junit: "junit.xml",
  github: "github.txt",
  "chrome-trace": "timeline.json",
  json: "report.json",
};

/** The destination of a run's result. */
export interface RunOutput {
  /** Receives the run's events, for `ndjson`. */
  listen: Listener | undefined;
  /** Writes the result. Throws a `DispatchError` (`output`) on failure. */
  write(result: RunResult, folder: RunFolder): void;
  close(): void;
}

/** Opens the destination of the result: stdout, or the file of `--output`. */
export function openRunOutput(format: RunFormat, output: OutputFile | undefined, streams: Streams): RunOutput {
  if (format === "ndjson") {
    const appender = output?.append();
    const put = (text: string): void => {
      if (appender === undefined) streams.out(text);
      else appender.write(text);
    };
    return { listen: (event) => put(`${JSON.stringify(event)}\n`), write: () => {}, close: () => appender?.close() };
  }
  return {
    listen: undefined,
    write(result, folder) {
      const text = format === "json" ? `${JSON.stringify(result, undefined, 2)}\n` : renderReport(format, readRun(folder));
      if (output === undefined) streams.out(text);
      else output.write(text);
    },
    close: () => {},
  };
}

/** Writes the requested reports and prints a message for each failure. Returns whether all succeeded. */
export function writeReports(wanted: readonly RequestedReport[], folder: RunFolder, streams: Streams): boolean {
  if (wanted.length === 0) return true;
  let all_written = true;
  for (const { kind, file } of wanted) {
    const written = tryWrite(`The report ${kind}`, streams, () => {
      const run = readRun(folder);
      // GitHub reads annotations from stderr too; stdout has the result.
      if (kind === "github") streams.note(reportToGithub(run, streams));
      else (file ?? openOutput("--report", join(folder.path, report_names[kind]), 0o600)).write(renderReport(kind, run));
    });
    all_written &&= written;
  }
  return all_written;
}

/** Runs `work`, and prints a message instead of throwing if it fails. Returns whether it succeeded. */
export function tryWrite(what: string, streams: Streams, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (error) {
    const advice = error instanceof DispatchError && error.advice !== undefined ? ` ${error.advice}` : "";
    streams.note(`dispatch: ${what} could not be written: ${messageOf(error)}${advice}\n`);
    return false;
  }
}
