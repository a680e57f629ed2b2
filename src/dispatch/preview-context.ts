import type { MissingContext, RunResult } from "#events";
import { contextReduction } from "#traces";
import { contextTasks, gatherFor } from "./context.ts";
import type { Plan } from "./plan.ts";

/** One context key of a task. */
export interface PreviewedKey {
  key: string;
  type: string;
  tokens: number;
  /** How it was shortened to fit: `outline`, `cut`, …; undefined if it is whole. */
  reduced?: string;
}

/** The context of one task. */
export interface PreviewedTask {
  task_id: string;
  keys: PreviewedKey[];
  tokens: number;
  /** Tokens of the keys and their metadata, which count against the budget too. */
  about_tokens: number;
  missing: MissingContext[];
  /** Keys that find nothing yet, but that an upstream task may produce. */
  pending: string[];
  filter_ms: number;
}

/** The context that each task would get now. */
export interface ContextPreview {
  workspace_path: string;
  max_tokens_per_task: number;
  context: NonNullable<RunResult["context"]>;
  notes: readonly string[];
  /** Only tasks with context, in the task file's order. */
  tasks: PreviewedTask[];
}

/** See `previewContext`. */
export async function forecastContext(planned: Plan, signal: AbortSignal): Promise<ContextPreview> {
  // Sources that cost money or start programs are queried only by a run.
  const pool = await gatherFor(planned, signal, { rag: {} });
  const is_missing = new Set(pool.missing.map(({ task_id, key }) => `${task_id} ${key}`));
  const tasks = contextTasks(planned).flatMap(({ task_id }): PreviewedTask[] => {
    const packed = pool.packed(task_id);
    if (packed === undefined) return [];
    const keys = [...packed.entries].map(([key, { type, metadata }]): PreviewedKey => {
      const { reduced } = metadata;
      const tokens = packed.sizes.get(key) ?? 0;
      return { key, type, tokens, ...(typeof reduced === "string" ? { reduced } : {}) };
    });
    const missing = packed.missing.filter(({ key }) => is_missing.has(`${task_id} ${key}`));
    const pending = packed.missing.filter((one) => !missing.includes(one)).map(({ key }) => key);
    const { tokens, about_tokens } = packed;
    return [{ task_id, keys, tokens, about_tokens, missing, pending, filter_ms: packed.filter_ms }];
  });
  const { items, pool_tokens, gather_ms, notes } = pool;
  const sent_tokens = tasks.reduce((sum, { tokens }) => sum + tokens, 0);
  const { workspace_path, config } = planned;
  return {
    workspace_path,
    max_tokens_per_task: config.context.max_tokens_per_task,
    context: {
      items,
      pool_tokens,
      sent_tokens,
      reduction: contextReduction(sent_tokens, pool_tokens, tasks.length),
      gather_ms,
    },
    notes,
    tasks,
  };
}
