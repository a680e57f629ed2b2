import type { RunResult, TaskResult } from "#events";
import type { RunFolder } from "./run-folder.ts";
import { totalUsage } from "./task-trace.ts";

/** Builds a run's result from its rows. */
export function createResult(
  run: RunFolder,
  about: {
    correlation_id: string;
    max_workers: number;
    total_time_ms: number;
    context?: RunResult["context"];
  },
  results: TaskResult[],
): RunResult {
  const count = (status: TaskResult["status"]): number => results.filter((row) => row.status === status).length;
  const successful = count("success");
  const total_tasks = results.length;
  const sequential_time_ms = results.reduce((sum, row) => sum + row.execution_time_ms, 0);
  const workers = Math.min(about.max_workers, results.filter((row) => row.attempts > 0).length);
  const capacity = about.total_time_ms * workers;
  const usage = totalUsage(results.map((row) => row.usage));
  const tasks_without_cost = results.filter(hasUnknownCost).length;
  return {
    status: successful === total_tasks ? "success" : successful === 0 ? "failure" : "partial",
    correlation_id: about.correlation_id,
    run_id: run.run_id,
    results,
    summary: {
      total_tasks,
      successful,
      failed: count("error"),
      skipped: count("skipped"),
      cancelled: count("cancelled"),
      reused: results.filter((row) => row.reused).length,
      failure_rate: round(total_tasks === 0 ? 0 : count("error") / total_tasks),
      total_time_ms: about.total_time_ms,
      sequential_time_ms,
      parallel_efficiency: round(capacity === 0 ? 0 : sequential_time_ms / capacity),
      ...(usage === undefined ? {} : { usage }),
      ...(tasks_without_cost === 0 ? {} : { tasks_without_cost }),
    },
    ...(about.context === undefined ? {} : { context: about.context }),
    trace_index: run.index,
  };
}

/** Returns whether a model worked for the task and its agent reports no cost. */
export function hasUnknownCost({ usage, session_id, error_kind }: TaskResult): boolean {
  if (usage !== undefined) return usage.cost_usd === undefined;
  // An agent that was refused has spent nothing.
  return session_id !== undefined && error_kind !== "auth" && error_kind !== "rate_limited";
}

const round = (ratio: number): number => Math.round(ratio * 1000) / 1000;
