import type { Command } from "commander";
import { plan } from "#dispatch";
import { DispatchError, exit_codes, type Problem } from "#errors";
import type { CommandIo } from "../command-io.ts";
import { readInput } from "../input.ts";
import { addConfigFlags, addContextFlags, addPlanFlags, type PlanFlags, planOptionsOf, unusedFlags } from "../plan-flags.ts";
import { reportFailure } from "../report-failure.ts";
import { expandPattern, isPattern } from "../task-files.ts";

interface ValidateFlags extends PlanFlags {
  json?: true;
}

/** What `validate` found in one task file. */
type Checked = Valid | Invalid;

interface Valid {
  type: "valid";
  file: string;
  tasks: number;
  /** Flags that it does not use; sentences. */
  notes: string[];
}

interface Invalid {
  type: "invalid";
  file: string;
  error: DispatchError;
}

const examples = `
Checks each task file, the configuration and the flags as dispatch run does, and prints all problems at once.
Quote a pattern, and dispatch expands it: ** crosses folders; node_modules, .git and dotfiles are skipped.

Examples:
  dispatch validate tasks.json
  dispatch validate lint.json release.json
  dispatch validate 'tasks/**/*.json'
  dispatch validate --json < tasks.json | jq '.problems[].message'
  dispatch validate --json 'tasks/**/*.json' | jq '.files[] | select(.valid | not).file'

Exit codes:
  0  every task file is valid
  2  a task file, the configuration or the command line is invalid`;

/** `dispatch validate`. */
export function defineValidate(command: Command, io: CommandIo): void {
  const argument = command.argument("[files...]", "task files, or quoted patterns (default: stdin)");
  addContextFlags(addConfigFlags(addPlanFlags(argument)))
    .option("--json", "print the problems as JSON")
    .addHelpText("after", examples)
    .action((args: string[], flags: ValidateFlags) => {
      const [file] = args;
      // The arguments decide the form of the output, not the number of files that a pattern happens to match.
      return args.length > 1 || (file !== undefined && isPattern(file))
        ? validateAll(args, flags, io)
        : validateOne(file, flags, io);
    });
}

async function validateOne(file: string | undefined, flags: ValidateFlags, { streams, exit }: CommandIo): Promise<void> {
  const checked = await check(file, flags);
  if (checked.type === "valid") {
    for (const note of checked.notes) streams.note(`dispatch: ${note}\n`);
    const { tasks } = checked;
    streams.print(flags.json ? toJson({ valid: true, tasks, problems: [] }) : summaryOf(checked));
    return;
  }
  if (!flags.json) throw checked.error;
  streams.print(toJson({ valid: false, problems: problemsOf(checked) }));
  exit(exit_codes.bad_input);
}

async function validateAll(args: readonly string[], flags: ValidateFlags, { streams, exit }: CommandIo): Promise<void> {
  const checked: Checked[] = [];
  // A problem of the configuration concerns every file, and is printed once.
  const printed = new Set<string>();
  const seen = new Set<string>();
  for await (const file of filesOf(args)) {
    const key = typeof file === "string" ? file : file.file;
    if (seen.has(key)) continue;
    seen.add(key);
    const one = typeof file === "string" ? await check(file, flags) : file;
    checked.push(one);
    if (flags.json) continue;
    if (one.type === "valid") streams.print(summaryOf(one));
    else reportFailure(one.error, streams, printed);
  }
  for (const note of commonNotes(checked)) streams.note(`dispatch: ${note}\n`);
  const invalid = checked.filter(({ type }) => type === "invalid").length;
  if (flags.json) streams.print(toJson({ valid: invalid === 0, files: checked.map(rowOf) }));
  else if (invalid > 0 && checked.length > 1)
    streams.error(`dispatch: ${invalid} of ${checked.length} task files ${invalid === 1 ? "is" : "are"} invalid.\n`);
  if (invalid > 0) exit(exit_codes.bad_input);
}

/** Yields the files that the arguments name or match, and what is wrong with a pattern that matches none. */
async function* filesOf(args: readonly string[]): AsyncGenerator<string | Invalid> {
  for (const argument of args) {
    if (!isPattern(argument)) {
      yield argument;
      continue;
    }
    try {
      yield* await expandPattern(argument);
    } catch (error) {
      if (!(error instanceof DispatchError)) throw error;
      yield { type: "invalid", file: argument, error };
    }
  }
}

async function check(file: string | undefined, flags: ValidateFlags): Promise<Checked> {
  try {
    const input = await readInput(file);
    const planned = await plan({ ...input, ...planOptionsOf(flags) });
    return { type: "valid", file: input.file, tasks: planned.tasks.length, notes: unusedFlags(flags, planned) };
  } catch (error) {
    if (!(error instanceof DispatchError)) throw error;
    return { type: "invalid", file: file === undefined || file === "-" ? "<stdin>" : file, error };
  }
}

/** Returns the notes on flags that no valid file uses. A note starts with its flag and a colon; its advice may differ. */
function commonNotes(checked: readonly Checked[]): string[] {
  const [first = [], ...others] = checked.flatMap((one) => (one.type === "valid" ? [one.notes] : []));
  return first.filter((note) => {
    const flag = note.slice(0, note.indexOf(": ") + 2);
    return others.every((notes) => notes.some((other) => other.startsWith(flag)));
  });
}

function summaryOf({ file, tasks }: Valid): string {
  return `${file}: ${tasks === 1 ? "1 task" : `${tasks} tasks`}, no problems found.\n`;
}

const rowOf = (checked: Checked): object =>
  checked.type === "valid"
    ? { file: checked.file, valid: true, tasks: checked.tasks, problems: [] }
    : { file: checked.file, valid: false, problems: problemsOf(checked) };

function problemsOf({ file, error }: Invalid): readonly Problem[] {
  const { problems, message, advice } = error;
  return problems.length > 0 ? problems : [{ file, message, ...(advice === undefined ? {} : { advice }) }];
}

const toJson = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;
