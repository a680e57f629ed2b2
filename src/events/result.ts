import * as z from "zod";
import { error_kinds, task_statuses } from "./outcome.ts";

/** The schema of a run's result. A function, because only those who print the schema need it, and making it takes time. */
export function runResultSchema() {
  const milliseconds = z.number().int().nonnegative();
  const count = z.number().int().nonnegative();
  const usage = z
    .strictObject({
      input_tokens: count.describe("all that the model read, cached or not"),
      cached_input_tokens: count.optional().describe("the part of it that came from a cache"),
      output_tokens: count.describe("all that the model wrote, reasoning included"),
      reasoning_tokens: count.optional(),
      cost_usd: z.number().nonnegative().optional().describe("US dollars; missing where nobody knows it"),
    })
    .meta({ id: "Usage" });

  const missing = z.array(z.strictObject({ key: z.string(), why: z.string() })).describe("keys that brought nothing, and why");
  const taskContext = z.strictObject({
    keys: z.array(z.string()).describe("what it was given, in order"),
    tokens: count.describe("o200k tokens of the contents"),
    missing,
    filter_ms: z.number().nonnegative().describe("time that choosing and fitting took"),
  });

  const taskResult = z
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
      reused_from: z.string().optional().describe("the id of the earlier run that it was taken over from"),
      usage: usage.optional(),
      session_id: z.string().optional().describe("the agent's own, of the last attempt"),
      model: z.string().optional(),
      turns: count.optional().describe("how often the model spoke, all attempts together"),
      files_changed: z.array(z.string()).optional().describe("what the agent says it has changed"),
      warnings: z.array(z.string()).optional(),
      context: taskContext.optional().describe("what it was given to read"),
      trace_file: z.string().describe("absolute path"),
      log_files: z.array(z.string()).describe("absolute paths of what each attempt printed"),
    })
    .meta({ id: "TaskResult" });

  return z
    .strictObject({
      status: z.enum(["success", "partial", "failure"]),
      correlation_id: z.string(),
      run_id: z.string(),
      results: z.array(taskResult).describe("in the task file's order"),
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
        usage: usage.optional(),
        tasks_without_cost: count.optional().describe("tasks that spent what nobody knows: cost_usd is without them"),
      }),
      context: z
        .strictObject({
          items: count.describe("different pieces that were gathered"),
          pool_tokens: count.describe("o200k tokens of all of them"),
          sent_tokens: count.describe("tokens that tasks were given, all tasks together"),
          reduction: z.number().max(1).describe("1 - sent_tokens / (pool_tokens x tasks that were given context)"),
          gather_ms: milliseconds,
        })
        .optional()
        .describe("what was gathered for the tasks"),
      trace_index: z.string().describe("absolute path of the run's index.json"),
    })
    .meta({ id: "RunResult" });
}

/** The result of a run: what stdout carries. */
export type RunResult = z.infer<ReturnType<typeof runResultSchema>>;

/** One task's row in the result. */
export type TaskResult = RunResult["results"][number];
