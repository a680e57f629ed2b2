import * as z from "zod";
import { error_kinds, task_statuses, usage_schema } from "./outcome.ts";

const milliseconds = z.number().int().nonnegative();
const count = z.number().int().nonnegative();

/** One task's row in the result. */
export const task_result_schema = z
  .strictObject({
    task_id: z.string(),
    agent: z.string(),
    description: z.string(),
    status: z.enum(task_statuses),
    output: z.unknown().describe("what the task produced; null unless it succeeded"),
    error: z.string().nullable().describe("what went wrong, as a sentence"),
    error_kind: z.enum(error_kinds).nullable(),
    suggestion: z.string().optional().describe("what to do about it"),
    execution_time_ms: milliseconds.describe("time that its attempts took, waiting not counted"),
    attempts: count,
    reused: z.boolean().describe("taken over from an earlier start or run, not run again"),
    usage: usage_schema.optional(),
    session_id: z.string().optional(),
    warnings: z.array(z.string()).optional(),
    trace_file: z.string().describe("absolute path"),
    log_files: z.array(z.string()).describe("absolute paths of what each attempt printed"),
  })
  .meta({ id: "TaskResult" });

/** The result of a run: what stdout carries. */
export const run_result_schema = z
  .strictObject({
    status: z.enum(["success", "partial", "failure"]),
    correlation_id: z.string(),
    run_id: z.string(),
    results: z.array(task_result_schema).describe("in the task file's order"),
    summary: z.strictObject({
      total_tasks: count,
      successful: count,
      failed: count,
      skipped: count,
      cancelled: count,
      reused: count,
      failure_rate: z.number().min(0).max(1).describe("failed / total_tasks"),
      total_time_ms: milliseconds,
      sequential_time_ms: milliseconds.describe("the sum of every task's execution_time_ms"),
      parallel_efficiency: z.number().min(0).describe("sequential_time_ms / (total_time_ms x min(max_workers, tasks run))"),
      usage: usage_schema.optional(),
    }),
    trace_index: z.string().describe("absolute path of the run's index.json"),
  })
  .meta({ id: "RunResult" });

/** See `task_result_schema`. */
export type TaskResult = z.infer<typeof task_result_schema>;

/** See `run_result_schema`. */
export type RunResult = z.infer<typeof run_result_schema>;
