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
import type { RunFolder } from "./run-folder.ts";

/** One attempt in a task's trace. */
export interface AttemptTrace {
  attempt: number;
  started_at: string;
  /** Null while it runs, and for ever if a crash ended it. */
  finished_at: string | null;
  duration_ms: number | null;
  status: AttemptFinished["status"] | null;
  error: string | null;
  error_kind: ErrorKind | null;
  warnings: string[];
  usage: Usage | null;
  session_id: string | null;
  log_files: string[];
}

/** What `tasks/<task_id>.json` holds. */
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
  /** For a task that was skipped: the one whose end kept it from starting. */
  root_task_id: string | null;
  execution_time_ms: number;
  /** The input of the last attempt, as it was resolved. */
  input: unknown;
  /** What `${DISPATCH_V1}` and the like in its commands stood for. */
  values: Readonly<Record<string, string>>;
  /** What the last attempt was given to read. */
  context: GivenContext | null;
  attempts: AttemptTrace[];
  events: RunEvent[];
}

/** Builds a task's trace from its events. Without an end in them the task counts as interrupted. */
export function traceOf(task: PlannedTask, run: RunFolder, events: readonly RunEvent[]): TaskTrace {
  const attempts: AttemptTrace[] = [];
  let input: unknown = null;
  let values: TaskTrace["values"] = {};
  let context: GivenContext | null = null;
  let outcome: TaskOutcome | undefined;
  let execution_time_ms = 0;
  for (const event of events) {
    switch (event.type) {
      case "attempt.started":
        attempts.push(startedAttempt(task.task_id, run, event.attempt, event.time));
        break;
      case "attempt.input":
        input = event.input;
        values = event.values ?? {};
        context = event.context ?? null;
        break;
      case "attempt.finished": {
        const attempt = attempts.findLast((one) => one.attempt === event.attempt);
        if (attempt === undefined) break;
        const { duration_ms, status, error, error_kind, warnings = [], usage = null, session_id = null } = event;
        Object.assign(attempt, {
          finished_at: event.time,
          duration_ms,
          status,
          error,
          error_kind,
          warnings,
          usage,
          session_id,
        });
        break;
      }
      case "task.finished":
        ({ outcome, execution_time_ms } = event);
        break;
      default:
        break;
    }
  }
  return {
    run_id: run.run_id,
    ...task,
    ...endOf(outcome),
    execution_time_ms,
    input,
    values,
    context,
    attempts,
    events: [...events],
  };
}

function startedAttempt(task_id: string, run: RunFolder, attempt: number, started_at: string): AttemptTrace {
  // An agent that is built in prints nothing, and most tasks verify nothing.
  const streams = ["out", "err", "verify"] as const;
  const log_files = streams.map((stream) => run.log(task_id, attempt, stream)).filter((path) => existsSync(path));
  const open = { finished_at: null, duration_ms: null, status: null, error: null, error_kind: null };
  return { attempt, started_at, ...open, warnings: [], usage: null, session_id: null, log_files };
}

function endOf(outcome: TaskOutcome | undefined) {
  const nothing = { output: null, error: null, error_kind: null, suggestion: null, root_task_id: null };
  if (outcome === undefined) {
    const error = "The run ended before this task did.";
    return { ...nothing, status: "cancelled" as const, error, error_kind: "interrupted" as const };
  }
  const { status } = outcome;
  if (outcome.status === "success") return { ...nothing, status, output: outcome.output };
  const suggestion = outcome.status === "error" ? (outcome.suggestion ?? null) : null;
  const root_task_id = outcome.status === "skipped" ? outcome.root_task_id : null;
  return { ...nothing, status, error: outcome.error, error_kind: outcome.error_kind, suggestion, root_task_id };
}

/** A task's row in the result. */
export function resultOf(trace: TaskTrace, run: RunFolder): TaskResult {
  const { task_id, agent, description, status, output, error, error_kind, suggestion, execution_time_ms } = trace;
  const usage = totalUsage(trace.attempts.map((attempt) => attempt.usage));
  const session_id = trace.attempts.at(-1)?.session_id ?? undefined;
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
    reused: false,
    ...(usage === undefined ? {} : { usage }),
    ...(session_id === undefined ? {} : { session_id }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(trace.context === null ? {} : { context: rowContext(trace.context) }),
    trace_file: run.trace(task_id),
    log_files: trace.attempts.flatMap((attempt) => attempt.log_files),
  };
}

/** The file and what came late stand in the trace. */
const rowContext = ({ keys, tokens, missing, filter_ms }: GivenContext): NonNullable<TaskResult["context"]> => ({
  keys: [...keys],
  tokens,
  missing: [...missing],
  filter_ms,
});

/** The sum of what was spent; nothing where nothing was. */
export function totalUsage(spent: readonly (Usage | null | undefined)[]): Usage | undefined {
  let total: Usage | undefined;
  for (const one of spent) {
    if (one === null || one === undefined) continue;
    const cost =
      total?.cost_usd === undefined && one.cost_usd === undefined ? undefined : (total?.cost_usd ?? 0) + (one.cost_usd ?? 0);
    total = {
      input_tokens: (total?.input_tokens ?? 0) + one.input_tokens,
      output_tokens: (total?.output_tokens ?? 0) + one.output_tokens,
      ...(cost === undefined ? {} : { cost_usd: cost }),
    };
  }
  return total;
}
