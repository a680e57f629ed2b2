import type { Attached, ErrorKind, TaskOutcome, Usage } from "./outcome.ts";
import type { RunResult } from "./result.ts";

/** The version of the event format, in every event as `v`. */
export const event_version = 1;

/** What a run's first event says of each of its tasks. */
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
  /** The options in force, by their wire names. */
  options: Record<string, unknown>;
  versions: { dispatch: string; node: string; platform: string };
  /** Where the run's files stand; absolute. */
  run_folder: string;
  /** Values for `${NAME}` that were given beside the task file, but for secrets. */
  vars?: Readonly<Record<string, string>>;
  /** Files that were to be written beside the run's folder; absolute. */
  writes?: readonly string[];
  /** What the environment of every process of this start begins with. */
  token: string;
}

/** The run goes on after its dispatch was gone. */
export interface RunResumed {
  type: "run.resumed";
  /** The options in force from now on. */
  options: Record<string, unknown>;
  versions: RunStarted["versions"];
  /** As in `run.started`, of this start. */
  token: string;
  /** As in `run.started`: what the starts before this one were given stands among them. */
  vars?: Readonly<Record<string, string>>;
  /** Tasks that had succeeded, and are not run again. */
  reused: readonly string[];
}

/** A context key that a task named and that brought nothing. */
export interface MissingContext {
  key: string;
  /** Words that go behind a colon. */
  why: string;
}

/** What the tasks name has been gathered, once for all of them. */
export interface ContextGathered {
  type: "context.gathered";
  /** How many different pieces there are, and their tokens all together. */
  items: number;
  pool_tokens: number;
  gather_ms: number;
  /** What went wrong on the way and is no key's own. */
  notes: readonly string[];
  /** What an upstream task may still make is not among them. */
  missing: readonly (MissingContext & { task_id: string })[];
  /** What each task is given as things stand; `hash` is the name of its file in the run's folder `context`, without the end. */
  packs: Readonly<Record<string, { hash: string; tokens: number }>>;
}

/** What an attempt was given to read. */
export interface GivenContext {
  /** Absolute; holds all of it, as it was when the attempt began. */
  file: string;
  keys: readonly string[];
  /** Of the contents together. */
  tokens: number;
  missing: readonly MissingContext[];
  filter_ms: number;
  /** What an upstream task has made or changed, and so joined the pool late. */
  added?: { items: number; tokens: number };
}

/** Every dependency of the task has ended as it must; it waits for a worker. */
export interface TaskReady {
  type: "task.ready";
  task_id: string;
}

/** The task has its first worker; once in every start of the run that runs it. */
export interface TaskStarted {
  type: "task.started";
  task_id: string;
  agent: string;
}

/** An attempt begins; `attempt` counts from 1. */
export interface AttemptStarted {
  type: "attempt.started";
  task_id: string;
  attempt: number;
}

/**
 * What a success must agree with to stand for its task in a later run: a hash of each part, by the part's name. Parts are
 * `agent`, `workspace`, the task's fields, and `context KEY`, `file PATH`, `output TASK_ID`, `variable NAME` and `program
 * PATH` for each of those; `?` in place of a hash is equal to nothing.
 */
export type ReuseKey = Readonly<Record<string, string>>;

/** The agent's input as it was resolved for this attempt. */
export interface AttemptInput {
  type: "attempt.input";
  task_id: string;
  attempt: number;
  input: unknown;
  /** What `${DISPATCH_V1}` and the like in its commands stand for. */
  values?: Readonly<Record<string, string>>;
  /** Stands in the input as `pre_gathered_context`; here only what it was. */
  context?: GivenContext;
  /** As things stood when the attempt began; journals of older versions have none. */
  key?: ReuseKey;
}

/** What an attempt that succeeded has made or changed, as it left it. */
export interface AttemptLeft {
  type: "attempt.left";
  task_id: string;
  attempt: number;
  /** A hash of each, by its path from the workspace; `folder` or `file` where it must only be there, null for what it removed. */
  files: Readonly<Record<string, string | null>>;
}

/** A success of an earlier run stands for the task; its end follows. */
export interface TaskReused {
  type: "task.reused";
  task_id: string;
  /** The run that did the work. */
  from: string;
  key: ReuseKey;
  left: AttemptLeft["files"];
}

/** No success of an earlier run stands for the task any more: it is run. */
export interface TaskChanged {
  type: "task.changed";
  task_id: string;
  /** The newest run in which it had succeeded. */
  since: string;
  /** What is otherwise now, in words. */
  changed: readonly string[];
}

/** An attempt has ended and its whole process tree is gone. */
export interface AttemptFinished extends Attached {
  type: "attempt.finished";
  task_id: string;
  attempt: number;
  duration_ms: number;
  status: "success" | "error" | "cancelled";
  error: string | null;
  error_kind: ErrorKind | null;
}

/** A failed attempt is followed by another after `delay_ms`. */
export interface TaskRetrying {
  type: "task.retrying";
  task_id: string;
  /** The attempt that comes next. */
  attempt: number;
  delay_ms: number;
  error: string;
  error_kind: ErrorKind;
}

/** A rate limit has paused the task's agent for everybody; the task goes on when that is over, and has used up no retry. */
export interface TaskWaiting {
  type: "task.waiting";
  task_id: string;
  /** The attempt that comes next. */
  attempt: number;
  agent: string;
  /** ISO 8601. */
  until: string;
  error: string;
}

/**
 * A success adds tasks to the run. Its own end follows at once: where a crash kept that from the journal, the task runs again
 * and these tasks are not part of the run.
 */
export interface TasksAdded {
  type: "tasks.added";
  /** The task that adds them. */
  task_id: string;
  tasks: readonly (PlannedTask & {
    /** As a task file has it. */
    definition: Readonly<Record<string, unknown>>;
    /** Tasks that now wait for it too. */
    dependents: readonly string[];
  })[];
}

/** The task has ended; once per task. */
export interface TaskFinished {
  type: "task.finished";
  task_id: string;
  agent: string;
  attempts: number;
  /** Time that its attempts took, waiting not counted. */
  execution_time_ms: number;
  outcome: TaskOutcome;
}

/** Last event of a run. */
export interface RunFinished {
  type: "run.finished";
  result: RunResult;
}

/** Text that an agent said. */
export interface AgentMessage {
  type: "agent.message";
  task_id: string;
  attempt: number;
  text: string;
}

/** A tool that an agent called. */
export interface AgentTool {
  type: "agent.tool";
  task_id: string;
  attempt: number;
  tool: string;
  input?: unknown;
}

/** The agent's own session, told as soon as it is known. */
export interface AgentSession {
  type: "agent.session";
  task_id: string;
  attempt: number;
  session_id: string;
}

/** An agent asked whether it may, and was answered by its `permissions`. */
export interface AgentPermission {
  type: "agent.permission";
  task_id: string;
  attempt: number;
  /** What it wanted to do, in its own words. */
  wanted: string;
  granted: boolean;
}

/** What an agent has spent so far in this attempt. */
export interface AgentUsage {
  type: "agent.usage";
  task_id: string;
  attempt: number;
  usage: Usage;
}

/** An event as its maker hands it in. */
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

/** What the bus adds to each event. */
export interface Stamp {
  v: typeof event_version;
  /** From 1, without a gap. */
  seq: number;
  /** ISO 8601, UTC, milliseconds. */
  time: string;
  run_id: string;
}

/** An event as it stands in the journal, in `--format ndjson` and before every handler. */
export type RunEvent = Stamp & EventBody;
