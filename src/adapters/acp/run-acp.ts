import { writeFileSync } from "node:fs";
import { PassThrough } from "node:stream";
import {
  type AnyMessage,
  type ClientConnection,
  client,
  methods,
  type NewSessionRequest,
  PROTOCOL_VERSION,
  RequestError,
} from "@agentclientprotocol/sdk";
import type { AgentEvent, Job } from "#agents";
import { readEnd, withOpenFiles } from "#agents";
import { messageOf, systemCode } from "#errors";
import type { AttemptOutcome } from "#events";
import type { ProcessEnd } from "#process";
import { complaint_bytes, concludeTurn, withoutSecrets } from "../turn/conclude.ts";
import { agentEnvironment } from "../turn/environment.ts";
import { followLines } from "../turn/lines.ts";
import { lastLine } from "../turn/message.ts";
import { endMessage } from "../turn/message-stream.ts";
import { buildPrompt } from "../turn/prompt.ts";
import { type AgentSettings, addCost } from "../turn/settings.ts";
import { createTurnState, type ReportedFailure } from "../turn/turn-state.ts";
import { fieldsOf, parseLine, textOf } from "../turn/untyped-json.ts";
import { decide } from "./permission.ts";
import { createTerminals, type Terminals } from "./terminals.ts";
import { type SessionState, takeMessage } from "./updates.ts";
import { OutsideError, openWorkspace, type Workspace } from "./workspace.ts";

/** Longest wait between looks at what the agent has printed; milliseconds. Requests and answers follow each other quickly. */
const max_pause = 25;

/** How long an agent may take to go once nobody speaks with it any more; milliseconds. */
const leave_ms = 1000;

/** An agent as it is started. */
export interface AcpProgram {
  title: string;
  sign_in: string;
  command: readonly [string, ...string[]];
  settings: AgentSettings;
  /** Variables of the environment that are its own start with these. */
  env_prefixes: readonly string[];
  /** It reads files itself, whatever its client offers. */
  reads_itself: boolean;
}

/** Has an agent take one turn. What it prints goes into the log first, and is read from there: the log is all that it said. */
export async function* runAcp(
  program: AcpProgram,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  const { settings, title } = program;
  const account: SessionState = { ...createTurnState(), cost_before: 0, is_live: false };
  const warnings: string[] = [];
  const events: AgentEvent[] = [];
  const env = {
    ...agentEnvironment(job.inherited_env, program.env_prefixes, settings.pass_env),
    ...settings.env,
    ...job.env,
  };
  const leave = new AbortController();
  const to_agent = new PassThrough();
  let workspace: Workspace;
  let ended: Promise<ProcessEnd>;
  try {
    workspace = openWorkspace([job.cwd, job.workspace_path]);
    ended = start(program, job, env, to_agent, AbortSignal.any([signal, leave.signal]));
  } catch (error) {
    return { status: "error", error_kind: "internal", error: `${title} cannot be started: ${messageOf(error)}.` };
  }
  const terminals = createTerminals(job, workspace, env, signal);
  const { readable, writable: heard } = new TransformStream<AnyMessage, AnyMessage>();
  const feed = heard.getWriter();
  // Once the connection is closed nobody listens, and nobody needs to.
  feed.closed.catch(() => {});
  const writable = new WritableStream<AnyMessage>({ write: (message) => void to_agent.write(`${JSON.stringify(message)}\n`) });
  const connection = openClient({ program, job, workspace, terminals, account, events }).connect({ readable, writable });
  let is_done = false;
  const turn = takeTurn(program, job, connection, account, events)
    .then(
      () => (is_done = true),
      (error: unknown) => {
        // An agent that has gone is told by its end.
        if (!connection.signal.aborted) account.failure = failureOf(error);
      },
    )
    .finally(() => {
      to_agent.end();
      setTimeout(() => leave.abort(), leave_ms).unref();
    });
  const onTooLong = (): void => void warnings.push(`${title} printed a line that is too long to read.`);
  for await (const lines of followLines(job.files.stdout, { ended, max_pause, onTooLong })) {
    for (const line of lines) {
      const message = parseLine(line);
      if (message === undefined) continue;
      yield* takeMessage(message, account);
      yield* events.splice(0);
      // What is no news is the library's to understand: it checks each message itself, whatever it is called here.
      if (message["method"] !== "session/update") void feed.write(message as AnyMessage).catch(() => {});
    }
  }
  void feed.close().catch(() => {});
  const end = await ended;
  connection.close();
  await turn;
  yield* endMessage(account);
  warnings.push(...(await terminals.close()));
  yield* events.splice(0);
  addCost(account, settings);
  return concludeTurn({
    program,
    account: await withoutSecrets(account, job),
    // How it goes when nobody needs it any more tells nothing of its turn.
    end: is_done && !signal.aborted ? { type: "exited", exit_code: 0, stopped: false, warnings: end.warnings } : end,
    reason: signal.aborted ? signal.reason : undefined,
    permissions: settings.permissions,
    wants_structure: job.output_schema !== undefined,
    last_words: lastLine(await job.redact(readEnd(job.files.stderr, complaint_bytes).text)),
    warnings,
  });
}

function start(
  { command, settings }: AcpProgram,
  job: Job,
  env: Readonly<Record<string, string>>,
  stdin: PassThrough,
  signal: AbortSignal,
): Promise<ProcessEnd> {
  return withOpenFiles((open) => {
    const streams = { stdin, stdout: open(job.files.stdout, "a"), stderr: open(job.files.stderr, "a") };
    return job.supervisor.run({ command: [...command, ...settings.args], cwd: job.cwd, env, ...streams }, signal);
  });
}

/** What an agent may ask for, and who answers. */
function openClient(options: {
  program: AcpProgram;
  job: Job;
  workspace: Workspace;
  terminals: Terminals;
  account: SessionState;
  events: AgentEvent[];
}) {
  const { program, job, workspace, terminals, account, events } = options;
  const { permissions } = program.settings;
  const record = (wanted: string, granted: boolean): void => {
    events.push({ type: "agent.permission", wanted, granted });
    if (!granted) account.refused.add(wanted.replace(/^do /, ""));
  };
  /** Does what was asked for; a refusal is recorded, and is the agent's to deal with. */
  async function answer<Value>(wanted: string, may: boolean, work: () => Promise<Value> | Value): Promise<Value> {
    if (!may) {
      record(wanted, false);
      throw RequestError.invalidRequest(undefined, `permissions "${permissions}" do not allow it`);
    }
    try {
      return await work();
    } catch (error) {
      if (error instanceof OutsideError) record(wanted, false);
      if (systemCode(error) === "ENOENT") throw RequestError.resourceNotFound(wanted);
      throw RequestError.internalError(undefined, messageOf(error));
    }
  }
  const { fs, session, terminal } = methods.client;
  const has_terminals = permissions === "full";
  return client({ name: "dispatch" })
    .onRequest(session.requestPermission, async ({ params }) => {
      const { response, granted, wanted } = decide(params, permissions, workspace);
      // Cut after that: half a secret is not known for one.
      record(`do ${JSON.stringify((await job.redact(wanted)).slice(0, 200))}`, granted);
      return response;
    })
    .onRequest(fs.readTextFile, ({ params: { path, line, limit } }) =>
      answer(`read ${path}`, true, async () => ({ content: await workspace.read(path, line, limit) })),
    )
    .onRequest(fs.writeTextFile, ({ params: { path, content } }) =>
      answer(`write ${path}`, permissions !== "read-only", async () => {
        await workspace.write(path, content);
        account.files_changed.add(path);
        return {};
      }),
    )
    .onRequest(terminal.create, ({ params }) =>
      answer(`run ${params.command}`, has_terminals, () => ({ terminalId: terminals.create(params) })),
    )
    .onRequest(terminal.output, ({ params }) => terminals.output(params.terminalId))
    .onRequest(terminal.waitForExit, ({ params }) => terminals.wait(params.terminalId))
    .onRequest(terminal.kill, async ({ params }) => {
      await terminals.kill(params.terminalId);
      return {};
    })
    .onRequest(terminal.release, async ({ params }) => {
      await terminals.release(params.terminalId);
      return {};
    });
}

/** The conversation: who we are, the session, the prompt, and what the agent says of its end. */
async function takeTurn(
  { settings, reads_itself }: AcpProgram,
  job: Job,
  { agent }: ClientConnection,
  account: SessionState,
  events: AgentEvent[],
): Promise<void> {
  const { permissions } = settings;
  const { protocolVersion, agentCapabilities } = await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: {
      fs: { readTextFile: !reads_itself, writeTextFile: permissions !== "read-only" },
      terminal: permissions === "full",
    },
    clientInfo: { name: "dispatch", version: "1" },
  });
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw new Error(`It speaks version ${protocolVersion} of the protocol, and dispatch version ${PROTOCOL_VERSION}`);
  }
  const where: NewSessionRequest = { cwd: job.cwd, mcpServers: [] };
  const earlier = agentCapabilities?.loadSession === true ? job.previous?.failure.session_id : undefined;
  // A session that is gone is begun anew; its story is part of the prompt then.
  const is_continued =
    earlier !== undefined &&
    (await agent.request(methods.agent.session.load, { sessionId: earlier, ...where }).then(
      () => true,
      () => false,
    ));
  const sessionId = is_continued ? earlier : (await agent.request(methods.agent.session.new, where)).sessionId;
  account.session_id = sessionId;
  // At once: whoever goes on after a crash goes on in it.
  events.push({ type: "agent.session", session_id: sessionId });
  account.is_live = true;
  const prompt = buildPrompt({ ...job, is_continued });
  writeFileSync(job.files.prompt, prompt, { mode: 0o600 });
  const { stopReason } = await agent.request(methods.agent.session.prompt, {
    sessionId,
    prompt: [{ type: "text", text: prompt }],
  });
  if (stopReason === "end_turn") account.is_completed = true;
  else account.failure = { message: ends[stopReason] ?? `It ended with ${stopReason}` };
}

const ends: Readonly<Record<string, string>> = {
  max_tokens: "The model reached the most that it may write",
  max_turn_requests: "It reached the most requests that a turn may have",
  refusal: "It refused to go on",
  cancelled: "Its turn was cancelled",
};

/** The code by which an agent says that it must be signed in to. */
const auth_required = -32000;

function failureOf(error: unknown): ReportedFailure {
  if (!(error instanceof RequestError)) return { message: messageOf(error) };
  const { details, message, code } = fieldsOf(error.data);
  const said = textOf(details) ?? textOf(message) ?? textOf(error.data);
  const text = said === undefined ? error.message : `${error.message}: ${said}`;
  const http_status = error.code === auth_required ? 401 : typeof code === "number" ? code : undefined;
  return { message: text, http_status: http_status ?? (error.code >= 400 && error.code < 600 ? error.code : undefined) };
}
