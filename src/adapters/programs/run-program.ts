import { statSync, writeFileSync } from "node:fs";
import type { AgentEvent, Job } from "#agents";
import { readEnd, withOpenFiles } from "#agents";
import { messageOf } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import type { ProcessEnd } from "#process";
import { complaint_bytes, concludeTurn, installLine, withoutSecrets } from "../turn/conclude.ts";
import { agentEnvironment } from "../turn/environment.ts";
import { followLines } from "../turn/lines.ts";
import { lastLine } from "../turn/message.ts";
import { endMessage } from "../turn/message-stream.ts";
import { buildPrompt } from "../turn/prompt.ts";
import { type AgentSettings, addCost } from "../turn/settings.ts";
import { createTurnState } from "../turn/turn-state.ts";
import { parseLine } from "../turn/untyped-json.ts";
import { serializeFirstStart } from "./first-start.ts";
import type { Program } from "./program.ts";

/** Words of a program that does not know one of its flags, and the flag. */
const unknown_flag =
  /(?:unknown (?:option|argument)s?|unexpected argument|unrecognized (?:option|argument)s?):? ['"]?-{0,2}([A-Za-z][\w-]*)/i;

/** Words of a program that does not find the session that it is to continue. */
const no_session = /no conversation found|no rollout found|error resuming session|session not found/i;

/** Runs an agent's program for one turn. A session that is gone is begun anew, with its story in the prompt. */
export async function* runAgentProgram(
  program: Program,
  settings: AgentSettings,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  const session_id = job.previous?.failure.session_id;
  const outcome = yield* takeTurn(program, settings, job, { session_id, from: 0 }, signal);
  if (outcome !== "session is gone") return outcome;
  // What it has printed so far is none of the next start's.
  const from = statSync(job.files.stdout).size;
  const again = yield* takeTurn(program, settings, job, { session_id: undefined, from }, signal);
  if (again === "session is gone") throw new Error("no session was asked for");
  return again;
}

/** One turn: the prompt on the program's standard input, one JSON object a line on its output. */
async function* takeTurn(
  program: Program,
  settings: AgentSettings,
  job: Job,
  { session_id, from }: { session_id: string | undefined; from: number },
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome | "session is gone", void> {
  const account = createTurnState();
  account.session_before = job.previous?.failure.session_usage;
  const warnings: string[] = [];
  const own_env = {
    ...agentEnvironment(job.inherited_env, program.env_prefixes, settings.pass_env),
    ...settings.env,
    ...job.env,
  };
  const begun = await serializeFirstStart(program, own_env, signal);
  if (signal.aborted) return stoppedOutcome(signal.reason);
  let started: { ended: Promise<ProcessEnd> };
  try {
    started = start(program, settings, job, { own_env, session_id }, signal);
  } catch (error) {
    begun();
    const why = `The files of ${program.title} cannot be written: ${messageOf(error)}.`;
    return { status: "error", error_kind: "internal", error: why };
  }
  let passed_over = 0;
  const onTooLong = (): void => void passed_over++;
  for await (const lines of followLines(job.files.stdout, { from, ended: started.ended, onTooLong })) {
    begun();
    for (const line of lines) {
      const event = parseLine(line);
      // What is no event is kept in the log, and means nothing here.
      if (event === undefined) continue;
      const before = account.session_id;
      for (const told of program.take(event, account)) {
        account.has_spoken ||= told.type === "agent.message" || told.type === "agent.tool";
        yield told;
      }
      const after = account.session_id;
      // At once: whoever goes on after a crash goes on in it.
      if (after !== undefined && after !== before) yield { type: "agent.session", session_id: after };
    }
  }
  begun();
  yield* endMessage(account);
  if (passed_over > 0) warnings.push(`${program.title} printed ${passed_over} lines that are too long to read.`);
  const end = await started.ended;
  addCost(account, settings);
  const stderr = await job.redact(readEnd(job.files.stderr, complaint_bytes).text);
  const has_failed = end.type === "exited" && end.exit_code !== 0 && !end.stopped;
  if (has_failed && session_id !== undefined && !account.has_spoken && no_session.test(stderr)) return "session is gone";
  const has_begun = account.session_id !== undefined || account.failure !== undefined;
  const flag = has_failed && !has_begun ? unknown_flag.exec(stderr)?.[1] : undefined;
  if (flag !== undefined) {
    const error = `${program.title} does not know the flag ${flag.length === 1 ? "-" : "--"}${flag}.`;
    const suggestion = `It may be too old: ${program.least_version} or later is needed. Update it with ${installLine(program)}@latest.`;
    return { status: "error", error_kind: "spawn", error, suggestion };
  }
  const { failure } = account;
  const explained = failure === undefined ? undefined : program.explain?.(failure, stderr);
  if (failure !== undefined && explained !== undefined) account.failure = { ...failure, message: explained };
  return concludeTurn({
    program,
    account: await withoutSecrets(account, job),
    end,
    reason: end.stopped ? signal.reason : undefined,
    permissions: settings.permissions,
    wants_structure: job.output_schema !== undefined,
    last_words: lastLine(stderr),
    warnings,
  });
}

function start(
  program: Program,
  settings: AgentSettings,
  job: Job,
  { own_env, session_id }: { own_env: Readonly<Record<string, string>>; session_id: string | undefined },
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
    trusted: settings.trust_workspace ? [...new Set([job.cwd, job.workspace_path])] : [],
  });
  return withOpenFiles((open) => {
    const running = {
      command: [...(settings.command ?? [program.file]), ...args, ...settings.args],
      cwd: job.cwd,
      // Its permissions stand in there: no task's own variable wins over them.
      env: { ...own_env, ...env },
      stdin: open(job.files.prompt, "r"),
      stdout: open(job.files.stdout, "a"),
      stderr: open(job.files.stderr, "a"),
    };
    return { ended: job.supervisor.run(running, signal) };
  });
}
