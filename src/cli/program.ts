import { existsSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { DispatchError, exit_codes } from "#errors";
import manifest from "../../package.json" with { type: "json" };
import type { CommandIo } from "./command-io.ts";
import { reportFailure } from "./report-failure.ts";
import { openStreams } from "./streams.ts";

/** A command in the list of commands. Its arguments and action are in its own file, loaded on demand. */
interface CommandEntry {
  name: string;
  description: string;
  load(): Promise<(command: Command, io: CommandIo) => void>;
}

const entries: readonly CommandEntry[] = [
  {
    name: "run",
    description: "run the tasks of a task file",
    load: async () => (await import("./commands/run.ts")).defineRun,
  },
  {
    name: "resume",
    description: "continue an interrupted or failed run",
    load: async () => (await import("./commands/resume.ts")).defineResume,
  },
  {
    name: "validate",
    description: "check a task file without running it",
    load: async () => (await import("./commands/validate.ts")).defineValidate,
  },
  {
    name: "report",
    description: "write a report of a recorded run",
    load: async () => (await import("./commands/report.ts")).defineReport,
  },
  {
    name: "trace",
    description: "list recorded runs, the tasks of a run, or the history of a task",
    load: async () => (await import("./commands/trace.ts")).defineTrace,
  },
  {
    name: "graph",
    description: "draw the dependency graph of a task file",
    load: async () => (await import("./commands/graph.ts")).defineGraph,
  },
  {
    name: "context",
    description: "show the context that each task would get",
    load: async () => (await import("./commands/context.ts")).defineContext,
  },
  {
    name: "agents",
    description: "list the agents and whether each is ready",
    load: async () => (await import("./commands/agents.ts")).defineAgents,
  },
  {
    name: "route",
    description: "show which agent a request would go to",
    load: async () => (await import("./commands/route.ts")).defineRoute,
  },
  {
    name: "init",
    description: "create dispatch.config.json and an example task file",
    load: async () => (await import("./commands/init.ts")).defineInit,
  },
  {
    name: "schema",
    description: "print a JSON Schema",
    load: async () => (await import("./commands/schema.ts")).defineSchema,
  },
];

/** Runs the command line and returns the exit code. */
export async function runProgram(argv: readonly string[]): Promise<number> {
  const streams = openStreams();
  let exit_code: number = exit_codes.success;
  const io: CommandIo = {
    streams,
    exit(code) {
      exit_code = code;
    },
  };
  try {
    const program = await createProgram(argv, io);
    if (argv.length === 0) {
      program.outputHelp({ error: true });
      return exit_codes.bad_input;
    }
    // For an unknown command, commander's `help` prints the general help without an error.
    const [first, topic] = argv;
    if (
      first === "help" &&
      topic !== undefined &&
      !topic.startsWith("-") &&
      ![...entries.map(({ name }) => name), "help"].includes(topic)
    )
      program.error(`error: unknown command '${topic}'`);
    await program.parseAsync(argv, { from: "user" });
    const failure = await streams.flush();
    if (failure === undefined) return exit_code;
    streams.error(`dispatch: Writing to stdout failed: ${failure}.\n`);
    return exit_code === exit_codes.success ? exit_codes.failure : exit_code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exit_codes.success : exit_codes.bad_input;
    if (!(error instanceof DispatchError)) throw error;
    reportFailure(error, streams);
    return error.code === "output" ? exit_codes.failure : exit_codes.bad_input;
  }
}

/** Creates the program: with the called command only, or else with all commands, loading in full those that `argv` names. */
async function createProgram(argv: readonly string[], io: CommandIo): Promise<Command> {
  const program = new Command("dispatch")
    .description(manifest.description)
    .version(manifest.version, "-V, --version", "print the version")
    .helpOption("-h, --help", "show help")
    .helpCommand("help [command]", "show help for a command")
    .addHelpText(
      "after",
      `
Examples:
  dispatch run < tasks.json > results.json
  dispatch validate tasks.json
  dispatch agents debug

Exit codes:
  0        success
  1        a task did not succeed, or writing the output failed
  2        invalid input or command line
  128 + n  stopped by signal n, for example 130 for SIGINT

Run 'dispatch <command> --help' for the options and examples of a command.`,
    );
  const wanted = argv.filter((word) => !word.startsWith("-")).slice(0, 2);
  const write = {
    writeOut: (text: string) => io.streams.print(text),
    writeErr: (text: string) => io.streams.error(text),
    outputError: (text: string, write: (text: string) => void) => write(`dispatch: ${formatUsageError(text)}\n`),
  };
  program.exitOverride().configureOutput(write);
  const called = entries.find(({ name }) => name === argv[0]);
  for (const { name, description, load } of called === undefined ? entries : [called]) {
    const command = new Command(name).description(description).helpOption("-h, --help", "show help");
    command.exitOverride().configureOutput(write);
    if (wanted.includes(name)) (await load())(command, io);
    program.addCommand(command);
  }
  return program;
}

/** Options of other tools, with advice. */
const option_synonyms = new Map([
  ...["-j", "--jobs", "--workers", "--parallel", "--concurrency"].map((name) => [name, "Use -w, --max-workers."] as const),
  ...["-k", "--keep-going"].map(
    (name) => [name, "dispatch keeps going by default; --fail-fast stops at the first failure."] as const,
  ),
  ["-n", "Use --dry-run."],
]);

/** Rewords an error of commander: what is wrong, where, what to do. */
function formatUsageError(text: string): string {
  const [first = "", hint] = text
    .trim()
    .replace(/^error: /, "")
    .split("\n");
  const what = `${first.charAt(0).toUpperCase()}${first.slice(1)}`.replace(/([^.?])$/, "$1.");
  const command = /^unknown command '(.*)'/.exec(first)?.[1];
  if (hint !== undefined) return `${what} ${hint.replaceAll(/[()]/g, "")}`;
  const option = /^unknown option '(-[^=' ]*)/.exec(first)?.[1];
  if (option !== undefined) return `${what} ${option_synonyms.get(option) ?? "See --help."}`;
  if (command === undefined) return what;
  if (existsSync(command)) return `${what} Did you mean dispatch run ${command}?`;
  return /\.jsonc?$/.test(command)
    ? `${what} To run a task file, use dispatch run FILE; the file ${command} does not exist.`
    : `${what} See dispatch --help.`;
}
