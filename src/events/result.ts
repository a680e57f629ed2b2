import * as z from "zod";
import { error_kinds, task_statuses } from "./outcome.ts";

/** Builds the schema of a run's result. A function, because building takes time and only schema output needs it. */
export function runResultSchema() {
  const milliseconds = z.number().int().nonnegative();
  const count = z.number().int().nonnegative();
  const usage = z
    .strictObject({
      input_tokens: count.describe("tokens that the model read, cached or not"),
      cached_input_tokens: count.optional().describe("the cached part of input_tokens"),
      output_tokens: count.describe("tokens that the model wrote, including reasoning"),
      reasoning_tokens: count.optional().describe("the reasoning part of output_tokens"),
      cost_usd: z.number().nonnegative().optional().describe("US dollars; missing if the cost is unknown"),
    })
    .meta({ id: "Usage" });

  const missing = z
    .array(
      z.strictObject({
        key: z.string().describe("the context requirement, as the task has it"),
        why: z.string().describe("why nothing was found, as a phrase"),
      }),
    )
    .describe("context requirements for which nothing was found");
  const taskContext = z.strictObject({
    keys: z.array(z.string()).describe("context keys that the task was given, in order"),
    tokens: count.describe("o200k tokens of the contents"),
    missing,
    filter_ms: z.number().nonnegative().describe("time spent selecting and packing"),
  });

  const taskResult = z
    .strictObject({
      task_id: z.string().describe("the task's id in the task file"),
      agent: z.string().describe("the agent that ran the task; for `auto`, the agent chosen"),
      description: z.string().describe("the task's description"),
      status: z.enum(task_statuses).describe("how the task ended"),
      output: z.unknown().describe("the task's output; null unless the status is success"),
      error: z.string().nullable().describe("what went wrong, as a sentence; null on success"),
      error_kind: z.enum(error_kinds).nullable().describe("why the task did not succeed; null on success"),
      suggestion: z.string().optional().describe("how to fix the error, as a sentence"),
      execution_time_ms: milliseconds.describe("total duration of the task's attempts, without waits between them"),
      attempts: count.describe("number of attempts"),
      reused: z.boolean().describe("the result is from an earlier start or an earlier run; the task did not run again"),
      reused_from: z.string().optional().describe("id of the earlier run whose result was reused"),
      usage: usage.optional().describe("tokens and cost of all attempts"),
      session_id: z.string().optional().describe("the agent's session in the last attempt"),
      model: z.string().optional().describe("the model that the agent used"),
      turns: count.optional().describe("number of the model's turns, all attempts together"),
      files_changed: z.array(z.string()).optional().describe("files that the agent reports as changed"),
      warnings: z.array(z.string()).optional().describe("problems that did not affect the status"),
      context: taskContext.optional().describe("the context that the task was given"),
      trace_file: z.string().describe("absolute path of the task's trace"),
      log_files: z.array(z.string()).describe("absolute paths of the logs of each attempt"),
    })
    .meta({ id: "TaskResult" });

  return z
    .strictObject({
      status: z
        .enum(["success", "partial", "failure"])
        .describe("success: all tasks succeeded; partial: some did; failure: none did"),
      correlation_id: z.string().describe("the task file's correlation_id, else the run id"),
      run_id: z.string().describe("names the run's folder in trace_dir"),
      results: z.array(taskResult).describe("one row per task, in the task file's order"),
      summary: z
        .strictObject({
          total_tasks: count.describe("number of tasks in the run"),
          successful: count.describe("tasks with the status success"),
          failed: count.describe("tasks with the status error"),
          skipped: count.describe("tasks with the status skipped"),
          cancelled: count.describe("tasks with the status cancelled"),
          reused: count.describe("tasks whose result was reused"),
          failure_rate: z.number().min(0).max(1).describe("failed / total_tasks"),
          total_time_ms: milliseconds.describe("duration of the run"),
          sequential_time_ms: milliseconds.describe("the sum of every task's execution_time_ms"),
          parallel_efficiency: z.number().min(0).describe("sequential_time_ms / (total_time_ms x min(max_workers, tasks run))"),
          usage: usage.optional().describe("tokens and cost of all tasks"),
          tasks_without_cost: count.optional().describe("tasks of unknown cost, which usage.cost_usd leaves out"),
        })
        .describe("counts, times and usage of the whole run"),
      context: z
        .strictObject({
          items: count.describe("distinct pieces gathered"),
          pool_tokens: count.describe("o200k tokens of all pieces"),
          sent_tokens: count.describe("o200k tokens given to tasks, all tasks together"),
          reduction: z.number().max(1).describe("1 - sent_tokens / (pool_tokens x tasks with context)"),
          gather_ms: milliseconds.describe("time spent gathering"),
        })
        .optional()
        .describe("the context gathered for the tasks"),
      trace_index: z.string().describe("absolute path of the run's index.json"),
    })
    .meta({ id: "RunResult" });
}

/** The result of a run, as printed to stdout. */
export type RunResult = z.infer<ReturnType<typeof runResultSchema>>;

/** A task's row in the result. */
export type TaskResult = RunResult["results"][number];
