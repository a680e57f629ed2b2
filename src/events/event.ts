import type { AttemptDetails, ErrorKind, TaskOutcome, Usage } from "./outcome.ts";
import type { RunResult } from "./result.ts";

/** The version of the event format, in every event as `v`. */
export const event_version = 1;

/** One task, as the run's first event lists it. */
export interface PlannedTask {
  task_id: string;
  agent: string;
  description: string;
  dependencies: readonly string[];
}

/** First event of a run. */
export interface RunStarted {
  type: "run.started";
  correlation_id: string;
  user_prompt?: string;
  /** In the task file's order. */
  tasks: readonly PlannedTask[];
  workspace_path: string;
  /** The effective options, by their JSON names. */
  options: Record<string, unknown>;
  versions: { dispatch: string; node: string; platform: string };
  /** Folder of the run's files; absolute. */
  run_folder: string;
  /** Values for `${NAME}` from outside the task file, without secrets. */
  vars?: Readonly<Record<string, string>>;
  /** Output files outside the run's folder; absolute. */
  writes?: readonly string[];
  /** Prefix of `DISPATCH_TOKEN` in every child process of this start. */
  token: string;
}

/** The run was resumed after its dispatch process had ended. */
export interface RunResumed {
  type: "run.resumed";
  /** The effective options from here on. */
  options: Record<string, unknown>;
  versions: RunStarted["versions"];
  /** As in `run.started`, for this start. */
  token: string;
  /** As in `run.started`, with the values of earlier starts. */
  vars?: Readonly<Record<string, string>>;
  /** Tasks that succeeded earlier and do not run again. */
  reused: readonly string[];
}

/** A context key of a task for which nothing was found. */
export interface MissingContext {
  key: string;
  /** The reason, as a phrase to follow a colon. */
  why: string;
}

/** The context of all tasks was gathered. */
export interface ContextGathered {
  type: "context.gathered";
  /** Number of distinct pieces; `pool_tokens` is their total in o200k tokens. */
  items: number;
  pool_tokens: number;
  gather_ms: number;
  /** Problems that concern no single key. */
  notes: readonly string[];
  /** Without the keys that an upstream task may still produce. */
  missing: readonly (MissingContext & { task_id: string })[];
  /** Each task's context at this point; `hash` is the base name of its file in the run's `context` folder. */
  packs: Readonly<Record<string, { hash: string; tokens: number }>>;
}

/** The context that an attempt was given. */
export interface GivenContext {
  /** Absolute path of a copy, as it was when the attempt started. */
  file: string;
  keys: readonly string[];
  /** o200k tokens of all contents. */
  tokens: number;
  missing: readonly MissingContext[];
  filter_ms: number;
  /** Pieces that an upstream task created or changed after gathering. */
  added?: { items: number; tokens: number };
}

/** Every dependency of the task has ended as `run_when` requires; the task waits for a worker. */
export interface TaskReady {
  type: "task.ready";
  task_id: string;
}

/** The task got its first worker; at most once in each start of the run. */
export interface TaskStarted {
  type: "task.started";
  task_id: string;
  agent: string;
}

/** An attempt started; `attempt` counts from 1. */
export interface AttemptStarted {
  type: "attempt.started";
  task_id: string;
  attempt: number;
}

/**
 * Decides whether a later run may reuse a success: a hash of each part, by the part's name; all must match. Parts are
 * `agent`, `workspace`, the task's fields, `context KEY`, `file PATH`, `output TASK_ID`, `variable NAME` and `program
 * PATH`. A `?` instead of a hash matches nothing, not even another `?`.
 */
export type ReuseKey = Readonly<Record<string, string>>;

/** The agent's input, resolved for this attempt. */
export interface AttemptInput {
  type: "attempt.input";
  task_id: string;
  attempt: number;
  input: unknown;
  /** Values of `DISPATCH_V1`, `DISPATCH_V2` and so on, which its commands read from the environment. */
  values?: Readonly<Record<string, string>>;
  /** Describes the input's `pre_gathered_context`, without the contents. */
  context?: GivenContext;
  /** Computed when the attempt started; missing in journals of older versions. */
  key?: ReuseKey;
}

/** The files that a successful attempt created, changed or removed. */
export interface AttemptLeft {
  type: "attempt.left";
  task_id: string;
  attempt: number;
  /** A hash by path from the workspace; `folder` or `file` if existence is enough; null for a removed file. */
  files: Readonly<Record<string, string | null>>;
}

/** The task reuses a success of an earlier run; `task.finished` follows. */
export interface TaskReused {
  type: "task.reused";
  task_id: string;
  /** The run that did the work. */
  from: string;
  key: ReuseKey;
  left: AttemptLeft["files"];
}

/** The task succeeded in an earlier run but has changed since, so it runs. */
export interface TaskChanged {
  type: "task.changed";
  task_id: string;
  /** The newest run in which it succeeded. */
  since: string;
  /** The differences, as phrases. */
  changed: readonly string[];
}

/** An attempt has ended and its whole process tree is gone. */
export interface AttemptFinished extends AttemptDetails {
  type: "attempt.finished";
  task_id: string;
  attempt: number;
  duration_ms: number;
  status: "success" | "error" | "cancelled";
  error: string | null;
  error_kind: ErrorKind | null;
}

/** An attempt failed; the next starts after `delay_ms`. */
export interface TaskRetrying {
  type: "task.retrying";
  task_id: string;
  /** Number of the next attempt. */
  attempt: number;
  delay_ms: number;
  error: string;
  error_kind: ErrorKind;
}

/** A rate limit has paused the task's agent for all tasks. The task waits until it ends, which uses up no retry. */
export interface TaskWaiting {
  type: "task.waiting";
  task_id: string;
  /** Number of the next attempt. */
  attempt: number;
  agent: string;
  /** ISO 8601. */
  until: string;
  error: string;
}

/**
 * A successful task adds tasks to the run; its own `task.finished` follows at once. If a crash loses that line, the task
 * runs again and these tasks are not part of the run.
 */
export interface TasksAdded {
  type: "tasks.added";
  /** The task that adds them. */
  task_id: string;
  tasks: readonly (PlannedTask & {
    /** A task, as in a task file. */
    definition: Readonly<Record<string, unknown>>;
    /** Existing tasks that get it as a further dependency. */
    dependents: readonly string[];
  })[];
}

/** The task has ended; exactly once per task. */
export interface TaskFinished {
  type: "task.finished";
  task_id: string;
  agent: string;
  attempts: number;
  /** Total duration of its attempts, without waits between them. */
  execution_time_ms: number;
  outcome: TaskOutcome;
}

/** Last event of a run. */
export interface RunFinished {
  type: "run.finished";
  result: RunResult;
}

/** A message of an agent. */
export interface AgentMessage {
  type: "agent.message";
  task_id: string;
  attempt: number;
  text: string;
}

/** A tool call of an agent. */
export interface AgentTool {
  type: "agent.tool";
  task_id: string;
  attempt: number;
  tool: string;
  input?: unknown;
}

/** The agent's session id, published as soon as it is known. */
export interface AgentSession {
  type: "agent.session";
  task_id: string;
  attempt: number;
  session_id: string;
}

/** An agent asked for permission, and its `permissions` setting decided. */
export interface AgentPermission {
  type: "agent.permission";
  task_id: string;
  attempt: number;
  /** The request, as the agent worded it. */
  wanted: string;
  granted: boolean;
}

/** Usage of this attempt so far. */
export interface AgentUsage {
  type: "agent.usage";
  task_id: string;
  attempt: number;
  usage: Usage;
}

/** An event before the bus stamps it. */
export type EventBody =
  | RunStarted
  | RunResumed
  | ContextGathered
  | TaskReady
  | TaskReused
  | TaskChanged
  | TaskStarted
  | AttemptStarted
  | AttemptInput
  | AttemptLeft
  | AttemptFinished
  | TaskRetrying
  | TaskWaiting
  | TasksAdded
  | TaskFinished
  | RunFinished
  | AgentMessage
  | AgentTool
  | AgentPermission
  | AgentUsage
  | AgentSession;

/** The fields that the bus adds to each event. */
export interface Stamp {
  v: typeof event_version;
  /** From 1, without gaps. */
  seq: number;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
  run_id: string;
}

/** A stamped event, as in the journal, in `--format ndjson` and in handlers. */
export type RunEvent = Stamp & EventBody;
