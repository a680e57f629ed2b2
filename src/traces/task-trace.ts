import { existsSync } from "node:fs";
import type {
  AttemptFinished,
  ErrorKind,
  GivenContext,
  PlannedTask,
  RunEvent,
  TaskOutcome,
  TaskResult,
  TaskStatus,
  Usage,
} from "#events";
import { createRetryState, type RetryState } from "./retry-state.ts";
import type { RunFolder } from "./run-folder.ts";

/** One attempt in a task's trace. */
export interface AttemptTrace {
  attempt: number;
  started_at: string;
  /** Null while it runs, or if a crash ended it. */
  finished_at: string | null;
  duration_ms: number | null;
  status: AttemptFinished["status"] | null;
  error: string | null;
  error_kind: ErrorKind | null;
  warnings: string[];
  usage: Usage | null;
  session_id: string | null;
  model: string | null;
  turns: number | null;
  files_changed: string[];
  /** Null for agents without a prompt. */
  prompt_file: string | null;
  log_files: string[];
}

/** The content of `tasks/<task_id>.json`. */
export interface TaskTrace {
  run_id: string;
  task_id: string;
  agent: string;
  description: string;
  dependencies: readonly string[];
  status: TaskStatus;
  output: unknown;
  error: string | null;
  error_kind: ErrorKind | null;
  suggestion: string | null;
  /** For a skipped task: the task that caused the skip. */
  root_task_id: string | null;
  execution_time_ms: number;
  /** The resolved input of the last attempt. */
  input: unknown;
  /** Values of `DISPATCH_V1` and so on in its commands. */
  values: Readonly<Record<string, string>>;
  /** The context of the last attempt. */
  context: GivenContext | null;
  /** The earlier run whose success was reused. */
  reused_from: string | null;
  attempts: AttemptTrace[];
  events: RunEvent[];
}

/** Builds a task's trace from its events, without keeping them. */
export interface TaskReducer {
  readonly attempts: AttemptTrace[];
  readonly outcome: TaskOutcome | undefined;
  readonly execution_time_ms: number;
  /** The context of the last attempt. */
  readonly context: GivenContext | undefined;
  readonly retry_state: RetryState;
  apply(event: RunEvent): void;
  /** Discards the task's end, because the task runs again. */
  reopen(): void;
  /** Returns the trace with these events; a task without an end counts as interrupted. */
  trace(events: readonly RunEvent[]): TaskTrace;
}

/** Creates the reducer of a task; `hasFile` returns whether an attempt's file exists. */
export function createTaskReducer(
  task: PlannedTask,
  run: RunFolder,
  hasFile: (path: string) => boolean = existsSync,
): TaskReducer {
  const attempts: AttemptTrace[] = [];
  let input: unknown = null;
  let values: TaskTrace["values"] = {};
  let context: GivenContext | null = null;
  let reused_from: string | null = null;
  let outcome: TaskOutcome | undefined;
  let execution_time_ms = 0;
  const retry_state = createRetryState();
  return {
    attempts,
    retry_state,
    get outcome() {
      return outcome;
    },
    get context() {
      return context ?? undefined;
    },
    get execution_time_ms() {
      return execution_time_ms;
    },
    reopen() {
      outcome = undefined;
    },
    apply(event) {
      retry_state.apply(event);
      switch (event.type) {
        case "attempt.started":
          attempts.push(newAttempt(task.task_id, run, event.attempt, event.time, hasFile));
          // The task runs again after a resume: discard its earlier end.
          outcome = undefined;
          reused_from = null;
          break;
        case "task.reused":
          reused_from = event.from;
          break;
        case "attempt.input":
          input = event.input;
          values = event.values ?? {};
          context = event.context ?? null;
          break;
        case "agent.session": {
          const attempt = attempts.at(-1);
          if (attempt !== undefined) attempt.session_id = event.session_id;
          break;
        }
        case "agent.usage": {
          // After a crash this is the only record of the attempt's usage.
          const attempt = attempts.at(-1);
          if (attempt !== undefined) attempt.usage = event.usage;
          break;
        }
        case "attempt.finished":
          endAttempt(attempts, event);
          execution_time_ms += event.duration_ms;
          break;
        case "task.finished":
          ({ outcome, execution_time_ms } = event);
          break;
        default:
          break;
      }
    },
    trace: (events) => ({
      run_id: run.run_id,
      ...task,
      ...outcomeFields(outcome),
      execution_time_ms,
      input,
      values,
      context,
      reused_from,
      attempts,
      events: [...events],
    }),
  };
}

/** Builds a task's trace from its events. */
export function traceOf(task: PlannedTask, run: RunFolder, events: readonly RunEvent[]): TaskTrace {
  const reducer = createTaskReducer(task, run);
  for (const event of events) reducer.apply(event);
  return reducer.trace(events);
}

function endAttempt(attempts: readonly AttemptTrace[], event: RunEvent & AttemptFinished): void {
  const attempt = attempts.findLast((one) => one.attempt === event.attempt);
  if (attempt === undefined) return;
  const { duration_ms, status, error, error_kind, warnings = [], usage = attempt.usage } = event;
  const { model = null, turns = null, files_changed = [], session_id = attempt.session_id } = event;
  const end = { finished_at: event.time, duration_ms, status, error, error_kind };
  Object.assign(attempt, { ...end, warnings, usage, session_id, model, turns, files_changed });
}

function newAttempt(
  task_id: string,
  run: RunFolder,
  attempt: number,
  started_at: string,
  hasFile: (path: string) => boolean,
): AttemptTrace {
  // Built-in agents print nothing, and most tasks have no verify commands.
  const streams = ["out", "err", "verify"] as const;
  const log_files = streams.map((stream) => run.log(task_id, attempt, stream)).filter(hasFile);
  const open = { finished_at: null, duration_ms: null, status: null, error: null, error_kind: null };
  const prompt = run.prompt(task_id, attempt);
  const prompt_file = hasFile(prompt) ? prompt : null;
  const agent = { usage: null, session_id: null, model: null, turns: null, files_changed: [] };
  return { attempt, started_at, ...open, warnings: [], ...agent, prompt_file, log_files };
}

function outcomeFields(outcome: TaskOutcome | undefined) {
  const nothing = { output: null, error: null, error_kind: null, suggestion: null, root_task_id: null };
  if (outcome === undefined) {
    const error = "The run ended before this task did.";
    return { ...nothing, status: "cancelled" as const, error, error_kind: "interrupted" as const };
  }
  const { status } = outcome;
  if (outcome.status === "success") return { ...nothing, status, output: outcome.output };
  const suggestion = outcome.status === "error" ? (outcome.suggestion ?? null) : null;
  const root_task_id = outcome.status === "skipped" ? (outcome.root_task_id ?? null) : null;
  return { ...nothing, status, error: outcome.error, error_kind: outcome.error_kind, suggestion, root_task_id };
}

/** Returns a task's row in the result; `reused` marks a success of an earlier start of the run. */
export function resultOf(trace: TaskTrace, run: RunFolder, reused = false): TaskResult {
  const { task_id, agent, description, status, output, error, error_kind, suggestion, execution_time_ms } = trace;
  const usage = totalUsage(trace.attempts.map((attempt) => attempt.usage));
  const last = trace.attempts.at(-1);
  const turns = trace.attempts.reduce((sum, attempt) => sum + (attempt.turns ?? 0), 0);
  const files_changed = [...new Set(trace.attempts.flatMap((attempt) => attempt.files_changed))];
  const warnings = trace.attempts.flatMap((attempt) => attempt.warnings);
  return {
    task_id,
    agent,
    description,
    status,
    output,
    error,
    error_kind,
    ...(suggestion === null ? {} : { suggestion }),
    execution_time_ms,
    attempts: trace.attempts.length,
    reused: reused || trace.reused_from !== null,
    ...(trace.reused_from === null ? {} : { reused_from: trace.reused_from }),
    ...(usage === undefined ? {} : { usage }),
    ...(typeof last?.session_id === "string" ? { session_id: last.session_id } : {}),
    ...(typeof last?.model === "string" ? { model: last.model } : {}),
    ...(turns === 0 ? {} : { turns }),
    ...(files_changed.length === 0 ? {} : { files_changed }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(trace.context === null ? {} : { context: rowContext(trace.context) }),
    trace_file: run.trace(task_id),
    log_files: trace.attempts.flatMap((attempt) => attempt.log_files),
  };
}

/** The part of a task's context that its row has; the trace has the rest. */
const rowContext = ({ keys, tokens, missing, filter_ms }: GivenContext): NonNullable<TaskResult["context"]> => ({
  keys: [...keys],
  tokens,
  missing: [...missing],
  filter_ms,
});

/** Adds up usages; returns undefined if there are none. */
export function totalUsage(spent: readonly (Usage | null | undefined)[]): Usage | undefined {
  let total: Usage | undefined;
  for (const one of spent) {
    if (one === null || one === undefined) continue;
    const cost =
      total?.cost_usd === undefined && one.cost_usd === undefined ? undefined : (total?.cost_usd ?? 0) + (one.cost_usd ?? 0);
    const sum = (name: "cached_input_tokens" | "reasoning_tokens") =>
      total?.[name] === undefined && one[name] === undefined ? {} : { [name]: (total?.[name] ?? 0) + (one[name] ?? 0) };
    total = {
      input_tokens: (total?.input_tokens ?? 0) + one.input_tokens,
      ...sum("cached_input_tokens"),
      output_tokens: (total?.output_tokens ?? 0) + one.output_tokens,
      ...sum("reasoning_tokens"),
      // Round off the digits that adding fractions leaves.
      ...(cost === undefined ? {} : { cost_usd: Math.round(cost * 1e9) / 1e9 }),
    };
  }
  return total;
}
