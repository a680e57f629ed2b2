import type { Command } from "commander";
import { plan } from "#dispatch";
import { DispatchError } from "#errors";
import type { CommandIo } from "../command-io.ts";
import { readInput } from "../input.ts";
import { addConfigFlags, addContextFlags, addPlanFlags, type PlanFlags, planOptionsOf, unusedFlags } from "../plan-flags.ts";

const examples = `
Checks the task file, the configuration and the flags as dispatch run does, and prints all problems at once.

Examples:
  dispatch validate tasks.json
  dispatch validate --json < tasks.json | jq '.problems[].message'

Exit codes:
  0  the task file is valid
  2  the task file, the configuration or the command line is invalid`;

/** `dispatch validate`. */
export function defineValidate(command: Command, { streams, exit }: CommandIo): void {
  addContextFlags(addConfigFlags(addPlanFlags(command.argument("[file]", "task file (default: stdin)"))))
    .option("--json", "print the problems as JSON")
    .addHelpText("after", examples)
    .action(async (file: string | undefined, flags: PlanFlags & { json?: true }) => {
      try {
        const input = await readInput(file);
        const planned = await plan({ ...input, ...planOptionsOf(flags) });
        const { tasks } = planned;
        for (const message of unusedFlags(flags, planned)) streams.note(`dispatch: ${message}\n`);
        const count = tasks.length === 1 ? "1 task" : `${tasks.length} tasks`;
        streams.print(
          flags.json
            ? toJson({ valid: true, tasks: tasks.length, problems: [] })
            : `${input.file}: ${count}, no problems found.\n`,
        );
      } catch (error) {
        if (!(error instanceof DispatchError) || !flags.json) throw error;
        const problems = error.problems.length > 0 ? error.problems : [{ file: file ?? "<stdin>", message: error.message }];
        streams.print(toJson({ valid: false, problems }));
        exit(2);
      }
    });
}

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
