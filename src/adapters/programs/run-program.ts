import { statSync, writeFileSync } from "node:fs";
import type { AgentEvent, Job } from "#agents";
import { withOpenFiles } from "#agents";
import { messageOf } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import { readFileEnd } from "#files";
import type { ProcessEnd } from "#process";
import { concludeTurn, installLine, max_stderr_bytes, redactFailure } from "../turn/conclude.ts";
import { agentEnvironment } from "../turn/environment.ts";
import { lastErrorLine } from "../turn/error-message.ts";
import { followLines } from "../turn/follow-lines.ts";
import { endMessage } from "../turn/message-stream.ts";
import { buildPrompt } from "../turn/prompt.ts";
import { type AgentSettings, addCost } from "../turn/settings.ts";
import { createTurnState } from "../turn/turn-state.ts";
import { parseLine } from "../turn/untyped-json.ts";
import { serializeFirstStart } from "./first-start.ts";
import type { Program } from "./program.ts";

/** What a program prints if it does not know a flag; captures the flag. */
const unknown_flag =
  /(?:unknown (?:option|argument)s?|unexpected argument|unrecognized (?:option|argument)s?):? ['"]?-{0,2}([A-Za-z][\w-]*)/i;

/** What a program prints if the session to continue does not exist. */
const session_not_found = /no conversation found|no rollout found|error resuming session|session not found/i;

/** Runs an agent's program for one turn. If the session is gone, a new one starts with the history in the prompt. */
export async function* runAgentProgram(
  program: Program,
  settings: AgentSettings,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  const session_id = job.previous?.failure.session_id;
  const outcome = yield* runTurn(program, settings, job, { session_id, from: 0 }, signal);
  if (outcome !== "session_gone") return outcome;
  // The second start reads only what is printed from here on.
  const from = statSync(job.files.stdout).size;
  const second_outcome = yield* runTurn(program, settings, job, { session_id: undefined, from }, signal);
  if (second_outcome === "session_gone") throw new Error("A turn without a session reported a missing session");
  return second_outcome;
}

/** Runs one turn: the prompt goes to the program's standard input, its output is one JSON object per line. */
async function* runTurn(
  program: Program,
  settings: AgentSettings,
  job: Job,
  { session_id, from }: { session_id: string | undefined; from: number },
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome | "session_gone", void> {
  const turn = createTurnState();
  turn.previous_session_usage = job.previous?.failure.session_usage;
  const warnings: string[] = [];
  const base_env = {
    ...agentEnvironment(job.inherited_env, program.env_prefixes, settings.pass_env),
    ...settings.env,
    ...job.env,
  };
  const releaseFirstStart = await serializeFirstStart(program, base_env, signal);
  if (signal.aborted) return stoppedOutcome(signal.reason);
  let started: { ended: Promise<ProcessEnd> };
  try {
    started = start(program, settings, job, { base_env, session_id }, signal);
  } catch (error) {
    releaseFirstStart();
    const why = `The files of ${program.title} cannot be written: ${messageOf(error)}.`;
    return { status: "error", error_kind: "internal", error: why };
  }
  let skipped_lines = 0;
  const onTooLong = (): void => void skipped_lines++;
  for await (const lines of followLines(job.files.stdout, { from, ended: started.ended, onTooLong })) {
    releaseFirstStart();
    for (const line of lines) {
      const event = parseLine(line);
      // Lines that are not JSON stay in the log and are ignored here.
      if (event === undefined) continue;
      const before = turn.session_id;
      for (const agent_event of program.handle(event, turn)) {
        turn.has_activity ||= agent_event.type === "agent.message" || agent_event.type === "agent.tool";
        yield agent_event;
      }
      const after = turn.session_id;
      // Reported at once, so that a resume after a crash continues this session.
      if (after !== undefined && after !== before) yield { type: "agent.session", session_id: after };
    }
  }
  releaseFirstStart();
  yield* endMessage(turn);
  if (skipped_lines > 0) warnings.push(`${program.title} printed ${skipped_lines} lines that are too long to read.`);
  const end = await started.ended;
  addCost(turn, settings);
  const stderr = await job.redact(readFileEnd(job.files.stderr, max_stderr_bytes).text);
  const has_failed = end.type === "exited" && end.exit_code !== 0 && !end.stopped;
  if (has_failed && session_id !== undefined && !turn.has_activity && session_not_found.test(stderr)) return "session_gone";
  const has_begun = turn.session_id !== undefined || turn.failure !== undefined;
  const flag = has_failed && !has_begun ? unknown_flag.exec(stderr)?.[1] : undefined;
  if (flag !== undefined) {
    const error = `${program.title} does not know the flag ${flag.length === 1 ? "-" : "--"}${flag}.`;
    const suggestion = `It may be too old; dispatch needs ${program.min_version} or later. Update it: ${installLine(program)}@latest`;
    return { status: "error", error_kind: "spawn", error, suggestion };
  }
  const { failure } = turn;
  const explained = failure === undefined ? undefined : program.explainFailure?.(failure, stderr);
  if (failure !== undefined && explained !== undefined) turn.failure = { ...failure, message: explained };
  return concludeTurn({
    program,
    turn: await redactFailure(turn, job),
    end,
    reason: end.stopped ? signal.reason : undefined,
    permissions: settings.permissions,
    wants_structure: job.output_schema !== undefined,
    last_stderr_line: lastErrorLine(stderr),
    warnings,
  });
}

function start(
  program: Program,
  settings: AgentSettings,
  job: Job,
  { base_env, session_id }: { base_env: Readonly<Record<string, string>>; session_id: string | undefined },
  signal: AbortSignal,
): { ended: Promise<ProcessEnd> } {
  const { output_schema } = job;
  const enforced = output_schema !== undefined && program.enforces(output_schema);
  if (enforced) writeFileSync(job.files.schema, JSON.stringify(output_schema), { mode: 0o600 });
  const prompt = buildPrompt({
    description: job.description,
    input: job.input,
    upstream_results: job.upstream_results,
    upstream_failures: job.upstream_failures,
    output_schema: enforced ? undefined : output_schema,
    previous: job.previous,
    is_continued: session_id !== undefined,
  });
  writeFileSync(job.files.prompt, prompt, { mode: 0o600 });
  const { args, env = {} } = program.start({
    session_id,
    model: settings.model,
    permissions: settings.permissions,
    schema: enforced ? { value: output_schema, file: job.files.schema } : undefined,
    budget_usd: job.max_usd,
    trusted_folders: settings.trust_workspace ? [...new Set([job.cwd, job.workspace_path])] : [],
  });
  return withOpenFiles((open) => {
    const running = {
      command: [...(settings.command ?? [program.file]), ...args, ...settings.args],
      cwd: job.cwd,
      // `env` may hold the program's permissions, so it overrides the task's variables.
      env: { ...base_env, ...env },
      stdin: open(job.files.prompt, "r"),
      stdout: open(job.files.stdout, "a"),
      stderr: open(job.files.stderr, "a"),
    };
    return { ended: job.supervisor.run(running, signal) };
  });
}
