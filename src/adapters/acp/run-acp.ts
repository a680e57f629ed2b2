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
import { withOpenFiles } from "#agents";
import { messageOf, systemCode } from "#errors";
import type { AttemptOutcome } from "#events";
import { readFileEnd } from "#files";
import type { ProcessEnd } from "#process";
import { concludeTurn, max_stderr_bytes, redactFailure } from "../turn/conclude.ts";
import { agentEnvironment } from "../turn/environment.ts";
import { lastErrorLine } from "../turn/error-message.ts";
import { followLines } from "../turn/follow-lines.ts";
import { endMessage } from "../turn/message-stream.ts";
import { buildPrompt } from "../turn/prompt.ts";
import { type AgentSettings, addCost } from "../turn/settings.ts";
import { createTurnState, type ReportedFailure } from "../turn/turn-state.ts";
import { fieldsOf, parseLine, textOf } from "../turn/untyped-json.ts";
import { decidePermission } from "./permission.ts";
import { createTerminals, type Terminals } from "./terminals.ts";
import { handleMessage, type SessionState } from "./updates.ts";
import { OutsideWorkspaceError, openWorkspace, type Workspace } from "./workspace.ts";

/** Longest wait between reads of the agent's output; milliseconds. Short, because the agent waits for replies. */
const max_poll_ms = 25;

/** How long an agent may take to exit after its input is closed; milliseconds. */
const exit_wait_ms = 1000;

/** How to start an agent over the protocol. */
export interface AcpProgram {
  title: string;
  sign_in: string;
  command: readonly [string, ...string[]];
  settings: AgentSettings;
  /** Prefixes of its own environment variables. */
  env_prefixes: readonly string[];
  /** Whether it reads files itself, so that dispatch does not offer to read them. */
  reads_files_itself: boolean;
}

/** Runs one turn of an agent. Its output goes to the log and is read from there, so the log is complete. */
export async function* runAcp(
  program: AcpProgram,
  job: Job,
  signal: AbortSignal,
): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
  const { settings, title } = program;
  const turn: SessionState = { ...createTurnState(), cost_before_turn: 0, is_live: false };
  const warnings: string[] = [];
  const events: AgentEvent[] = [];
  const env = {
    ...agentEnvironment(job.inherited_env, program.env_prefixes, settings.pass_env),
    ...settings.env,
    ...job.env,
  };
  const stop_agent = new AbortController();
  const to_agent = new PassThrough();
  let workspace: Workspace;
  let ended: Promise<ProcessEnd>;
  try {
    workspace = openWorkspace([job.cwd, job.workspace_path]);
    ended = start(program, job, env, to_agent, AbortSignal.any([signal, stop_agent.signal]));
  } catch (error) {
    return { status: "error", error_kind: "internal", error: `${title} cannot be started: ${messageOf(error)}.` };
  }
  const terminals = createTerminals(job, workspace, env, signal);
  const { readable, writable: incoming_stream } = new TransformStream<AnyMessage, AnyMessage>();
  const incoming = incoming_stream.getWriter();
  // After the connection is closed, failed writes do not matter.
  incoming.closed.catch(() => {});
  const writable = new WritableStream<AnyMessage>({ write: (message) => void to_agent.write(`${JSON.stringify(message)}\n`) });
  const connection = openClient({ program, job, workspace, terminals, turn, events }).connect({ readable, writable });
  let is_completed = false;
  const conversation = runTurn(program, job, connection, turn, events)
    .then(
      () => (is_completed = true),
      (error: unknown) => {
        // If the agent has exited, its exit status explains the failure.
        if (!connection.signal.aborted) turn.failure = failureOf(error);
      },
    )
    .finally(() => {
      to_agent.end();
      setTimeout(() => stop_agent.abort(), exit_wait_ms).unref();
    });
  const onTooLong = (): void => void warnings.push(`${title} printed a line that is too long to read.`);
  for await (const lines of followLines(job.files.stdout, { ended, max_poll_ms, onTooLong })) {
    for (const line of lines) {
      const message = parseLine(line);
      if (message === undefined) continue;
      yield* handleMessage(message, turn);
      yield* events.splice(0);
      // Everything except updates goes to the library. The cast is safe: the library validates each message itself.
      if (message["method"] !== "session/update") void incoming.write(message as AnyMessage).catch(() => {});
    }
  }
  void incoming.close().catch(() => {});
  const end = await ended;
  connection.close();
  await conversation;
  yield* endMessage(turn);
  warnings.push(...(await terminals.close()));
  yield* events.splice(0);
  addCost(turn, settings);
  return concludeTurn({
    program,
    turn: await redactFailure(turn, job),
    // After a completed turn, the agent's exit status does not matter.
    end: is_completed && !signal.aborted ? { type: "exited", exit_code: 0, stopped: false, warnings: end.warnings } : end,
    reason: signal.aborted ? signal.reason : undefined,
    permissions: settings.permissions,
    wants_structure: job.output_schema !== undefined,
    last_stderr_line: lastErrorLine(await job.redact(readFileEnd(job.files.stderr, max_stderr_bytes).text)),
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

/** Creates the client side, which handles the agent's requests. */
function openClient(options: {
  program: AcpProgram;
  job: Job;
  workspace: Workspace;
  terminals: Terminals;
  turn: SessionState;
  events: AgentEvent[];
}) {
  const { program, job, workspace, terminals, turn, events } = options;
  const { permissions } = program.settings;
  const recordPermission = (wanted: string, granted: boolean): void => {
    events.push({ type: "agent.permission", wanted, granted });
    if (!granted) turn.refused_tools.add(wanted.replace(/^do /, ""));
  };
  /** Handles a request. A refusal is recorded and returned as an error, which the agent must handle. */
  async function serve<Value>(wanted: string, is_allowed: boolean, work: () => Promise<Value> | Value): Promise<Value> {
    if (!is_allowed) {
      recordPermission(wanted, false);
      throw RequestError.invalidRequest(undefined, `permissions "${permissions}" do not allow it`);
    }
    try {
      return await work();
    } catch (error) {
      if (error instanceof OutsideWorkspaceError) recordPermission(wanted, false);
      if (systemCode(error) === "ENOENT") throw RequestError.resourceNotFound(wanted);
      throw RequestError.internalError(undefined, messageOf(error));
    }
  }
  const { fs, session, terminal } = methods.client;
  const has_terminals = permissions === "full";
  return client({ name: "dispatch" })
    .onRequest(session.requestPermission, async ({ params }) => {
      const { response, granted, wanted } = decidePermission(params, permissions, workspace);
      // Masked before the cut: half a secret is not recognised.
      recordPermission(`do ${JSON.stringify((await job.redact(wanted)).slice(0, 200))}`, granted);
      return response;
    })
    .onRequest(fs.readTextFile, ({ params: { path, line, limit } }) =>
      serve(`read ${path}`, true, async () => ({ content: await workspace.read(path, line, limit) })),
    )
    .onRequest(fs.writeTextFile, ({ params: { path, content } }) =>
      serve(`write ${path}`, permissions !== "read-only", async () => {
        await workspace.write(path, content);
        turn.files_changed.add(path);
        return {};
      }),
    )
    .onRequest(terminal.create, ({ params }) =>
      serve(`run ${params.command}`, has_terminals, () => ({ terminalId: terminals.create(params) })),
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

/** Runs the conversation: initialize, new or loaded session, prompt, stop reason. */
async function runTurn(
  { settings, reads_files_itself }: AcpProgram,
  job: Job,
  { agent }: ClientConnection,
  turn: SessionState,
  events: AgentEvent[],
): Promise<void> {
  const { permissions } = settings;
  const { protocolVersion, agentCapabilities } = await agent.request(methods.agent.initialize, {
    protocolVersion: PROTOCOL_VERSION,
    clientCapabilities: {
      fs: { readTextFile: !reads_files_itself, writeTextFile: permissions !== "read-only" },
      terminal: permissions === "full",
    },
    clientInfo: { name: "dispatch", version: "1" },
  });
  if (protocolVersion !== PROTOCOL_VERSION) {
    throw new Error(`It speaks protocol version ${protocolVersion}, but dispatch needs version ${PROTOCOL_VERSION}`);
  }
  const session_options: NewSessionRequest = { cwd: job.cwd, mcpServers: [] };
  const previous_session_id = agentCapabilities?.loadSession === true ? job.previous?.failure.session_id : undefined;
  // If the session is gone, a new one starts with its history in the prompt.
  const is_continued =
    previous_session_id !== undefined &&
    (await agent.request(methods.agent.session.load, { sessionId: previous_session_id, ...session_options }).then(
      () => true,
      () => false,
    ));
  const sessionId = is_continued
    ? previous_session_id
    : (await agent.request(methods.agent.session.new, session_options)).sessionId;
  turn.session_id = sessionId;
  // Reported at once, so that a resume after a crash continues this session.
  events.push({ type: "agent.session", session_id: sessionId });
  turn.is_live = true;
  const prompt = buildPrompt({ ...job, is_continued });
  writeFileSync(job.files.prompt, prompt, { mode: 0o600 });
  const { stopReason } = await agent.request(methods.agent.session.prompt, {
    sessionId,
    prompt: [{ type: "text", text: prompt }],
  });
  if (stopReason === "end_turn") turn.is_completed = true;
  else turn.failure = { message: stop_reason_errors[stopReason] ?? `It ended with ${stopReason}` };
}

const stop_reason_errors: Readonly<Record<string, string>> = {
  max_tokens: "The model reached its output limit",
  max_turn_requests: "It reached its limit of requests per turn",
  refusal: "It refused to continue",
  cancelled: "Its turn was cancelled",
};

/** The protocol's error code for an agent that needs the user to sign in. */
const auth_required = -32000;

function failureOf(error: unknown): ReportedFailure {
  if (!(error instanceof RequestError)) return { message: messageOf(error) };
  const { details, message, code } = fieldsOf(error.data);
  const detail = textOf(details) ?? textOf(message) ?? textOf(error.data);
  const text = detail === undefined ? error.message : `${error.message}: ${detail}`;
  const http_status = error.code === auth_required ? 401 : typeof code === "number" ? code : undefined;
  return { message: text, http_status: http_status ?? (error.code >= 400 && error.code < 600 ? error.code : undefined) };
}
