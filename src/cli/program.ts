import { Command, CommanderError } from "commander";
import { DispatchError, exit_codes, formatProblem } from "#errors";
import manifest from "../../package.json" with { type: "json" };
import { runCommand } from "./commands/run.ts";
import { validateCommand } from "./commands/validate.ts";
import type { CommandContext } from "./context.ts";
import { openStreams, type Streams } from "./streams.ts";

/** Runs the command line; the answer is the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const streams = openStreams();
  let exit_code: number = exit_codes.success;
  const context: CommandContext = {
    streams,
    exit(code) {
      exit_code = code;
    },
  };
  const program = new Command("dispatch")
    .description(manifest.description)
    .version(manifest.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .showSuggestionAfterError()
    .addHelpText(
      "after",
      "\nExample:\n  dispatch run < tasks.json > results.json\n\nEach command has examples of its own: dispatch run --help",
    );
  for (const command of [runCommand(context), validateCommand(context)]) program.addCommand(command);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => void streams.out(text),
      writeErr: (text) => streams.complain(text),
      outputError: (text, write) =>
        write(text.replace(/^error: (.)/, (_, first: string) => `dispatch: ${first.toUpperCase()}`)),
    });
  }
  try {
    if (argv.length === 0) {
      streams.complain(program.helpInformation());
      return exit_codes.bad_input;
    }
    await program.parseAsync(argv, { from: "user" });
    return exit_code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit_codes.success : exit_codes.bad_input;
    if (error instanceof DispatchError) {
      complainOf(error, streams);
      return exit_codes.bad_input;
    }
    throw error;
  }
}

/** Longest list of problems that is printed; after that the file is the problem. */
const most_problems = 1000;

function complainOf(error: DispatchError, streams: Streams): void {
  const { problems, message, advice } = error;
  if (problems.length === 0) {
    streams.complain(`dispatch: ${message}${advice === undefined ? "" : ` ${advice}`}\n`);
    return;
  }
  const lines = problems.slice(0, most_problems).map(formatProblem);
  if (problems.length > most_problems) lines.push(`dispatch: ${problems.length - most_problems} more problems are not listed.`);
  streams.complain(`${lines.join("\n")}\n`);
}
