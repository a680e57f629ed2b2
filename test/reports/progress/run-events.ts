import type { EventBody, RunEvent, RunResult, TaskResult } from "../../../src/events/index.ts";

/** Work whose tasks have the given durations; they do not depend on each other unless `chain` is given. */
export function workOf(
  expected: Record<string, number>,
  more: { measured?: boolean; max_workers?: number; chain?: number[] } = {},
) {
  const durations = Object.values(expected);
  return {
    tasks: Object.keys(expected).map((task_id) => ({ task_id })),
    duration: (i: number) => durations[i] ?? 0,
    chain: more.chain ?? durations,
    measured: more.measured ?? true,
    config: { max_workers: more.max_workers ?? 2 },
  };
}

/** Creates an event with a stamp. */
export function event(body: EventBody): RunEvent {
  return { v: 1, seq: 1, time: "2026-01-01T00:00:00.000Z", run_id: "20260101T000000000-abcdef", ...body };
}

export const started = (task_id: string, attempt = 1): RunEvent => event({ type: "attempt.started", task_id, attempt });

export function failedAttempt(task_id: string, error = "The command exited with 3."): RunEvent {
  const status = "error";
  return event({ type: "attempt.finished", task_id, attempt: 1, duration_ms: 5, status, error, error_kind: "exit" });
}

export function retrying(task_id: string, delay_ms: number): RunEvent {
  const error = "The command exited with 3.";
  return event({ type: "task.retrying", task_id, attempt: 2, delay_ms, error, error_kind: "exit" });
}

export function succeeded(task_id: string, execution_time_ms = 1000): RunEvent {
  const outcome = { status: "success", output: null } as const;
  return event({ type: "task.finished", task_id, agent: "command", attempts: 1, execution_time_ms, outcome });
}

export function failed(task_id: string, error = "The command exited with 3."): RunEvent {
  const outcome = { status: "error", error_kind: "exit", error } as const;
  return event({ type: "task.finished", task_id, agent: "command", attempts: 1, execution_time_ms: 1000, outcome });
}

export function skipped(task_id: string, root_task_id: string): RunEvent {
  const error = `Skipped, because ${root_task_id} did not succeed.`;
  const outcome = { status: "skipped", error_kind: "dependency", error, root_task_id } as const;
  return event({ type: "task.finished", task_id, agent: "command", attempts: 0, execution_time_ms: 0, outcome });
}

/** Creates a row of a result. */
export function row(task_id: string, more: Partial<TaskResult> = {}): TaskResult {
  return {
    task_id,
    agent: "command",
    description: "",
    status: "success",
    output: null,
    error: null,
    error_kind: null,
    execution_time_ms: 1234,
    attempts: more.status === "skipped" ? 0 : 1,
    reused: false,
    trace_file: `/w/traces/run/tasks/${task_id}.json`,
    log_files: [],
    ...more,
  };
}

/** Creates a result with these rows. */
export function resultOf(results: TaskResult[], more: Partial<RunResult["summary"]> = {}): RunResult {
  const count = (status: TaskResult["status"]): number => results.filter((one) => one.status === status).length;
  const successful = count("success");
  return {
    status: successful === results.length ? "success" : successful === 0 ? "failure" : "partial",
    correlation_id: "c",
    run_id: "20260101T000000000-abcdef",
    results,
    summary: {
      total_tasks: results.length,
      successful,
      failed: count("error"),
      skipped: count("skipped"),
      cancelled: count("cancelled"),
      reused: results.filter((one) => one.reused).length,
      failure_rate: 0,
      total_time_ms: 65_000,
      sequential_time_ms: 80_000,
      parallel_efficiency: 0.5,
      ...more,
    },
    trace_index: "/w/traces/20260101T000000000-abcdef/index.json",
  };
}
