import { join } from "node:path";
import { InvalidArgumentError } from "commander";
import { DispatchError, messageOf } from "#errors";
import type { Listener, RunResult } from "#events";
import { type ReportKind, renderReport, report_kinds } from "#reports";
import { type RunFolder, readRun } from "#traces";
import { type OutputFile, openOutput } from "./output-file.ts";
import { reportToGithub } from "./step-summary.ts";
import type { Streams } from "./streams.ts";

/** Forms that the result can take on stdout. */
export const run_formats = ["json", "ndjson", "markdown", "junit"] as const;

/** One of `run_formats`. */
export type RunFormat = (typeof run_formats)[number];

/** A report that was asked for beside the result. */
export interface RequestedReport {
  kind: ReportKind;
  /** Where it goes; without it, to the run's folder. */
  file: OutputFile | undefined;
}

/** Reads KIND[=FILE], as commander calls it for each. */
export function collectReport(text: string, earlier: RequestedReport[] | undefined): RequestedReport[] {
  const [name = "", ...rest] = text.split("=");
  const kind = report_kinds.find((known) => known === name);
  if (kind === undefined) throw new InvalidArgumentError(`Give KIND or KIND=FILE; kinds are ${report_kinds.join(", ")}.`);
  const path = rest.join("=");
  if (kind === "github" && path !== "")
    throw new InvalidArgumentError("github takes no file: it writes to $GITHUB_STEP_SUMMARY and annotates.");
  return [...(earlier ?? []), { kind, file: path === "" ? undefined : openOutput("--report", path) }];
}

/** Names of reports in the run's folder. */
const report_names: Readonly<Record<ReportKind, string>> = {
  markdown: "report.md",
  junit: "junit.xml",
  github: "github.txt",
  "chrome-trace": "timeline.json",
  json: "report.json",
};

/** Where a run's result goes, and in which form. */
export interface RunOutput {
  /** Hears the run's events, for `ndjson`. */
  listen: Listener | undefined;
  /** Writes the result. Throws a `DispatchError` (`output`) where it cannot. */
  write(result: RunResult, folder: RunFolder): void;
  close(): void;
}

/** Opens the place for the result: stdout, or the file that `-o` names. */
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

/** Writes the reports that were asked for; says which could not be written, and whether all were. */
export function writeReports(wanted: readonly RequestedReport[], folder: RunFolder, streams: Streams): boolean {
  if (wanted.length === 0) return true;
  let whole = true;
  for (const { kind, file } of wanted) {
    const done = tryWrite(`The report ${kind}`, streams, () => {
      const run = readRun(folder);
      // GitHub reads annotations from either stream; stdout carries the result.
      if (kind === "github") streams.note(reportToGithub(run, streams));
      else (file ?? openOutput("--report", join(folder.path, report_names[kind]), 0o600)).write(renderReport(kind, run));
    });
    whole &&= done;
  }
  return whole;
}

/** Writes something of a run that is over: that it fails is told, and takes nothing else down. */
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
