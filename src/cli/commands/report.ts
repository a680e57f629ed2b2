import { type Command, Option } from "commander";
import { type ReportKind, renderReport, report_kinds } from "#reports";
import { findRun, readRun } from "#traces";
import type { CommandIo } from "../command-io.ts";
import { openOutput } from "../output-file.ts";
import { reportToGithub } from "../step-summary.ts";
import { traceDirectory } from "../trace-dir.ts";

interface Flags {
  format: ReportKind;
  output?: string;
  traceDir?: string;
}

const examples = `
Examples:
  dispatch report                                     the newest run, in Markdown
  dispatch report --format junit -o report.xml        for Jenkins, GitLab and others
  dispatch report --format github                     annotations to stdout, a summary to $GITHUB_STEP_SUMMARY
  dispatch report --format chrome-trace -o run.json   a timeline for ui.perfetto.dev
  dispatch report 20260531T1704 --format json         the result of the run whose id starts with 20260531T1704

Exit codes:
  0  the report was written
  1  writing to the output failed
  2  there is no such run, or the command line is invalid`;

/** `dispatch report`. */
export function defineReport(command: Command, { streams }: CommandIo): void {
  command
    .argument("[run]", "run id or the start of one (default: the newest run)")
    .addOption(new Option("--format <kind>", "format of the report").choices(report_kinds).default("markdown"))
    .option("-o, --output <file>", "write to this file instead of stdout")
    .option("--trace-dir <folder>", "folder of the traces")
    .addHelpText("after", examples)
    .action(async (name: string | undefined, flags: Flags) => {
      const output = flags.output === undefined ? undefined : openOutput("--output", flags.output);
      const run = readRun(findRun(await traceDirectory(flags.traceDir), name));
      const lines = run.skipped_lines === 1 ? "1 damaged line" : `${run.skipped_lines} damaged lines`;
      if (run.skipped_lines > 0) streams.note(`dispatch: Skipped ${lines} of the journal ${run.folder.journal}.\n`);
      const text = flags.format === "github" ? reportToGithub(run, streams) : renderReport(flags.format, run);
      if (output === undefined) streams.print(text);
      else output.write(text);
    });
}
