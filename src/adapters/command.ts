import { existsSync, unlinkSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { type Agent, type AgentEvent, type Job, type LogScanned, type OpenFile, withOpenFiles } from "#agents";
import { messageOf, unreachable } from "#errors";
import { type AttemptOutcome, type Failure, stoppedOutcome } from "#events";
import { decodeTail, type FileEnd, readFileEnd } from "#files";
import type { ProcessEnd } from "#process";
import { command_schema, env_schema, isTooDeep } from "#tasks";

/** Largest output that is parsed as JSON. */
const max_output_bytes = 1024 * 1024;

/** How much of any other output is kept, counted from its end. */
const tail_bytes = 64 * 1024;

/** How much more is read and masked before the cut, so that no secret is cut in half first. */
const margin_bytes = 16 * 1024;

const input_schema = z
  .looseObject({
    command: command_schema.describe("a script for /bin/sh, or a program with its arguments"),
    stdin: z.string().optional().describe("text for the command's standard input; empty by default"),
    env: env_schema.optional().describe("added to the environment, after the task's `env`"),
    cwd: z.string().min(1).optional().describe("the command's working folder, relative to the task's"),
  })
  .meta({ id: "CommandInput" });

type CommandInput = z.infer<typeof input_schema>;

/** The agent `command`: runs any command. The output is the JSON it prints, or else the end of its stdout. */
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
  async *run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
    // The input schema has validated it.
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
          ...suggestionFor(end.code, input.command),
          ...warnings,
        };
      case "signalled":
        return { status: "error", error_kind: "signal", error: `The command was killed by ${end.signal}.`, ...warnings };
      case "exited": {
        if (end.exit_code !== 0) return { ...(await exitFailure(job, end.exit_code)), ...warnings };
        const { outcome, scanned } = await readOutput(job);
        if (scanned !== undefined) yield scanned;
        return { ...outcome, ...warnings };
      }
      default:
        return unreachable(end);
    }
  },
};

/** Starts the command with its logs as stdout and stderr; its output never passes through this process. */
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

/** Opens an unlinked file that holds `text`. Unlike a pipe, it never breaks and never fills up. */
function openText(path: string, text: string, open: OpenFile): number {
  writeFileSync(path, text, { mode: 0o600 });
  try {
    return open(path, "r");
  } finally {
    unlinkSync(path);
  }
}

async function exitFailure(job: Job, exit_code: number): Promise<Failure> {
  const last_line = (await lastLine(job, job.files.stderr)) ?? (await lastLine(job, job.files.stdout));
  const error = `The command exited with ${exit_code}${last_line === undefined ? "." : `: ${last_line}`}`;
  const failure: Failure = { status: "error", error_kind: "exit", error };
  if (exit_code === 127)
    return {
      ...failure,
      suggestion: /\[\[: not found/.test(error)
        ? '/bin/sh has no [[: use [ … ], or run the command with bash: ["bash", "-c", "…"].'
        : "Exit code 127 means that the shell did not find a command: check PATH and spelling.",
    };
  if (exit_code === 126)
    return { ...failure, suggestion: "Exit code 126 means that a file is not executable: check its permissions." };
  return failure;
}

function suggestionFor(code: string | undefined, command: CommandInput["command"]): { suggestion?: string } {
  const [program = "", ...args] = typeof command === "string" ? [] : command;
  switch (code) {
    case "ENOENT":
      if (args.length === 0 && program.includes(" ")) {
        const words = JSON.stringify(program.trim().split(/\s+/)).replaceAll(",", ", ");
        return { suggestion: `In a list, each word is its own item: ${words}. A shell script is one string, not a list.` };
      }
      return { suggestion: "Check the spelling, PATH and the task's folder." };
    case "EACCES":
      return { suggestion: "Make it executable (chmod +x), or run it with its interpreter." };
    case "E2BIG":
      return { suggestion: "Read large values from the file in $DISPATCH_INPUT_FILE." };
    default:
      return {};
  }
}

/** An outcome, and what was found in the log of stdout if it was searched. */
interface ReadOutput {
  outcome: AttemptOutcome;
  scanned?: LogScanned;
}

async function readOutput(job: Job): Promise<ReadOutput> {
  const from_file = readOutputFile(job.files.output);
  if (from_file !== undefined) return { outcome: from_file };
  try {
    const { text, bytes } = readFileEnd(job.files.stdout, max_output_bytes);
    const is_whole = bytes <= max_output_bytes;
    const parsed = is_whole ? parseOutput(text) : undefined;
    const is_clean = is_whole && !job.mayHoldSecret(text);
    const scanned: LogScanned = { type: "log.scanned", is_clean, is_output: true };
    if (parsed !== undefined) return { outcome: { status: "success", output: parsed.value }, scanned };
    const truncated = bytes > tail_bytes;
    const end = truncated ? readFileEnd(job.files.stdout, tail_bytes + margin_bytes).text : text;
    // Masked before the cut: half a secret is not recognised.
    const stdout = truncated ? lastBytes(is_clean ? end : await job.redact(end), tail_bytes) : text;
    const output = { stdout, bytes, truncated };
    if (is_whole) return { outcome: { status: "success", output }, scanned };
    const warnings = isJson(job.files.stdout, bytes) ? { warnings: [too_large_warning] } : {};
    return { outcome: { status: "success", output, ...warnings } };
  } catch (error) {
    // Without the log, the command's output is unknown.
    const why = `The command's log ${job.files.stdout} cannot be read: ${messageOf(error)}.`;
    return { outcome: { status: "error", error_kind: "internal", error: why } };
  }
}

/** Largest output that is checked for JSON, only to warn that it is too large to be parsed. */
const max_json_check_bytes = 16 * max_output_bytes;

const too_large_warning =
  "The output is JSON but larger than 1 MiB, so only its end was kept, as text. Print less, or write a file and print its name.";

function isJson(path: string, bytes: number): boolean {
  return bytes <= max_json_check_bytes && parseOutput(readFileEnd(path, bytes).text) !== undefined;
}

/** Reads $DISPATCH_OUTPUT_FILE, if the command wrote it. The command chose it as its output, so it must be JSON. */
function readOutputFile(path: string): AttemptOutcome | undefined {
  const invalid = (error: string): AttemptOutcome => ({ status: "error", error_kind: "invalid_output", error });
  // Most commands write none, and an exception for each would cost more than the rest of this function.
  if (!existsSync(path)) return undefined;
  let read: FileEnd;
  try {
    read = readFileEnd(path, max_output_bytes);
  } catch (error) {
    return invalid(`The file in $DISPATCH_OUTPUT_FILE cannot be read: ${messageOf(error)}.`);
  }
  if (read.bytes > max_output_bytes) return invalid("The file in $DISPATCH_OUTPUT_FILE is larger than 1 MiB.");
  const parsed = parseOutput(read.text);
  return parsed === undefined
    ? invalid("The file in $DISPATCH_OUTPUT_FILE is not JSON.")
    : { status: "success", output: parsed.value };
}

/** Parses JSON; undefined if the text is not JSON, or is nested too deeply for the other rooms. It is then plain text. */
function parseOutput(text: string): { value: unknown } | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (isTooDeep(value)) return undefined;
  // A version, an id or a hash may look like a number; it stays text unless it prints the same again.
  const printed = text.trim();
  return { value: typeof value === "number" && String(value) !== printed ? printed : value };
}

/** Returns the last bytes of a text, from the first whole character. */
function lastBytes(text: string, max_bytes: number): string {
  const bytes = Buffer.from(text);
  return bytes.length <= max_bytes ? text : decodeTail(bytes.subarray(bytes.length - max_bytes));
}

/** Returns the last non-empty line of a log, without colours, at most 300 characters. */
async function lastLine(job: Job, path: string): Promise<string | undefined> {
  try {
    const end = await job.redact(readFileEnd(path, 4096 + margin_bytes).text);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what it removes
    const text = end.replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, "");
    return (
      text
        .split("\n")
        .map((line) => line.trim())
        // Node prints its version after an uncaught error.
        .findLast((line) => line !== "" && !/^Node\.js v\d[\d.]*$/.test(line))
        ?.slice(0, 300)
    );
  } catch {
    return undefined;
  }
}
