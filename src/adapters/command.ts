import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import type { Agent, AgentEvent, Job } from "#agents";
import { fromFirstCharacter, type Open, readEnd, withOpenFiles } from "#agents";
import { messageOf, unreachable } from "#errors";
import { type AttemptOutcome, type Failure, stoppedOutcome } from "#events";
import type { ProcessEnd } from "#process";
import { command_schema, env_schema, isTooDeep } from "#tasks";

/** Most that is read back as JSON output. */
const max_output_bytes = 1024 * 1024;

/** How much of other output is kept, from its end. */
const tail_bytes = 64 * 1024;

/** What is read before a part that is kept, so that no secret is cut before it is redacted. */
const margin_bytes = 16 * 1024;

const input_schema = z
  .looseObject({
    command: command_schema.describe("a script for /bin/sh, or a program with its arguments"),
    stdin: z.string().optional().describe("what the command reads; empty without it"),
    env: env_schema.optional().describe("added to the environment, after the task's `env`"),
    cwd: z.string().min(1).optional().describe("the command's folder; relative to the task's"),
  })
  .meta({ id: "CommandInput" });

type CommandInput = z.infer<typeof input_schema>;

/** The agent `command`: runs any command; its JSON, or the end of what it printed, is the output. */
export const command: Agent = {
  name: "command",
  aliases: [],
  adapter: "command",
  description: "Runs a shell script or a program; its JSON on stdout or in $DISPATCH_OUTPUT_FILE is the output.",
  capabilities: ["shell", "any-program"],
  triggers: ["run", "execute", "test", "lint", "build", "check"],
  input: input_schema,
  shell_fields: ["command"],
  probe: async () => ({ found: true, version: process.version }),
  // A command has nothing to tell before its end, but the port is one of events.
  // biome-ignore lint/correctness/useYield: see above
  async *run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
    // The schema above has checked and completed it.
    const input = job.input as CommandInput;
    let end: ProcessEnd;
    try {
      end = await start(job, input, signal);
    } catch (error) {
      return {
        status: "error",
        error_kind: "internal",
        error: `The command's log files cannot be written: ${messageOf(error)}.`,
      };
    }
    const warnings = end.warnings.length > 0 ? { warnings: end.warnings } : {};
    if (end.stopped) return { ...stoppedOutcome(signal.reason), ...warnings };
    switch (end.type) {
      case "not_started":
        return {
          status: "error",
          error_kind: "spawn",
          error: `${end.message}.`,
          ...suggestFor(end.code, input.command),
          ...warnings,
        };
      case "signalled":
        return { status: "error", error_kind: "signal", error: `The command was killed by ${end.signal}.`, ...warnings };
      case "exited":
        if (end.exit_code !== 0) return { ...(await exitFailure(job, end.exit_code)), ...warnings };
        return { ...(await readOutput(job)), ...warnings };
      default:
        return unreachable(end);
    }
  },
};

/** Starts the command on its logs: what it prints never passes through here. */
async function start(job: Job, input: CommandInput, signal: AbortSignal): Promise<ProcessEnd> {
  const { files } = job;
  return withOpenFiles((open) =>
    job.supervisor.run(
      {
        command: input.command,
        cwd: input.cwd === undefined ? job.cwd : resolve(job.cwd, input.cwd),
        env: { ...job.inherited_env, ...job.env, ...input.env },
        ...(input.stdin === undefined ? {} : { stdin: openText(`${files.input}.stdin`, input.stdin, open) }),
        stdout: open(files.stdout, "a"),
        stderr: open(files.stderr, "a"),
      },
      signal,
    ),
  );
}

/** A file without a name that holds `text`: unlike a pipe it is never broken, nor full. */
function openText(path: string, text: string, open: Open): number {
  writeFileSync(path, text, { mode: 0o600 });
  try {
    return open(path, "r");
  } finally {
    unlinkSync(path);
  }
}

async function exitFailure(job: Job, exit_code: number): Promise<Failure> {
  const said = (await lastLine(job, job.files.stderr)) ?? (await lastLine(job, job.files.stdout));
  const error = `The command exited with ${exit_code}${said === undefined ? "." : `: ${said}`}`;
  const failure: Failure = { status: "error", error_kind: "exit", error };
  if (exit_code === 127)
    return {
      ...failure,
      suggestion: /\[\[: not found/.test(error)
        ? '/bin/sh has no [[: write [ … ], or give the command to bash, as ["bash", "-c", "…"].'
        : "Exit code 127 means that the shell did not find a command: check PATH and spelling.",
    };
  if (exit_code === 126)
    return { ...failure, suggestion: "Exit code 126 means that a file is not executable: check its permissions." };
  return failure;
}

function suggestFor(code: string | undefined, command: CommandInput["command"]): { suggestion?: string } {
  const [program = "", ...args] = typeof command === "string" ? [] : command;
  switch (code) {
    case "ENOENT":
      if (args.length === 0 && program.includes(" ")) {
        const words = JSON.stringify(program.trim().split(/\s+/)).replaceAll(",", ", ");
        return { suggestion: `A list has each word by itself: ${words}. A script for the shell is one string, not a list.` };
      }
      return { suggestion: "Check the spelling, PATH and the task's folder." };
    case "EACCES":
      return { suggestion: "Make it executable (chmod +x), or run it by its interpreter." };
    case "E2BIG":
      return { suggestion: "Read large values from the file in $DISPATCH_INPUT_FILE." };
    default:
      return {};
  }
}

async function readOutput(job: Job): Promise<AttemptOutcome> {
  const from_file = readJsonFile(job.files.output);
  if (from_file !== undefined) return from_file;
  try {
    const { text, bytes } = readEnd(job.files.stdout, max_output_bytes);
    const is_whole = bytes <= max_output_bytes;
    const parsed = is_whole ? parseOutput(text) : undefined;
    const is_clean = is_whole && job.isCleanLog(text);
    if (parsed !== undefined) return { status: "success", output: outputFromLog(job, parsed.value) };
    const truncated = bytes > tail_bytes;
    const end = truncated ? readEnd(job.files.stdout, tail_bytes + margin_bytes).text : text;
    // A cut must not leave half a secret, which is not known for one.
    const stdout = truncated ? endOf(is_clean ? end : await job.redact(end), tail_bytes) : text;
    const output = { stdout, bytes, truncated };
    if (is_whole) return { status: "success", output: outputFromLog(job, output) };
    const warnings = isJson(job.files.stdout, bytes) ? { warnings: [too_large] } : {};
    return { status: "success", output, ...warnings };
  } catch (error) {
    // Without it nobody can tell what the command produced.
    const why = `The command's log ${job.files.stdout} cannot be read: ${messageOf(error)}.`;
    return { status: "error", error_kind: "internal", error: why };
  }
}

/** Who printed JSON expects to be understood; how large it may be to be looked at for that. */
const max_looked_at = 16 * max_output_bytes;

const too_large =
  "What it printed is JSON, but larger than 1 MiB, so its end was kept as text. Print less, or write it to a file and print its name.";

function isJson(path: string, bytes: number): boolean {
  return bytes <= max_looked_at && parseOutput(readEnd(path, bytes).text) !== undefined;
}

/** Says where an output comes from. */
function outputFromLog(job: Job, output: unknown): unknown {
  job.isMadeOfLog(output);
  return output;
}

/** What the command left in $DISPATCH_OUTPUT_FILE: it asked for this to be its output, so it must be JSON. */
function readJsonFile(path: string): AttemptOutcome | undefined {
  const invalid = (error: string): AttemptOutcome => ({ status: "error", error_kind: "invalid_output", error });
  // Most commands leave none, and an exception for each would cost more than all the rest of this.
  if (!existsSync(path)) return undefined;
  let read: ReturnType<typeof readEnd>;
  try {
    read = readEnd(path, max_output_bytes);
  } catch (error) {
    return invalid(`The file in $DISPATCH_OUTPUT_FILE cannot be read: ${messageOf(error)}.`);
  }
  if (read.bytes > max_output_bytes) return invalid("The file in $DISPATCH_OUTPUT_FILE is larger than 1 MiB.");
  const parsed = parseOutput(read.text);
  return parsed === undefined
    ? invalid("The file in $DISPATCH_OUTPUT_FILE is not JSON.")
    : { status: "success", output: parsed.value };
}

/** JSON as a value; undefined where it is none, or nested too deeply for the rest of the house, and so text like any other. */
function parseOutput(text: string): { value: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (isTooDeep(value)) return undefined;
  // A version, an id or a hash may look like a number: what JSON cannot give back as it was printed stays as it was printed.
  const written = text.trim();
  return { value: typeof value === "number" && String(value) !== written ? written : value };
}

/** The last bytes of a text, without a character that they would begin in the middle of. */
function endOf(text: string, max_bytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= max_bytes ? text : fromFirstCharacter(bytes.subarray(bytes.length - max_bytes));
}

/** The last line that says something, without colours, at most 300 characters. */
async function lastLine(job: Job, path: string): Promise<string | undefined> {
  try {
    const end = await job.redact(readEnd(path, 4096 + margin_bytes).text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it removes
    const text = end.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
    return (
      text
        .split("\n")
        .map((line) => line.trim())
        // Node ends its report of an uncaught error with its version.
        .findLast((line) => line !== "" && !/^Node\.js v\d[\d.]*$/.test(line))
        ?.slice(0, 300)
    );
  } catch {
    return undefined;
  }
}
