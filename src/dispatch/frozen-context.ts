import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { messageOf } from "#errors";
import type { ContextGathered } from "#events";
import type { RunContext, TaskContext } from "./context.ts";
import type { Plan, Resumed } from "./plan.ts";

/** The context that earlier starts of the run froze for tasks that run now. */
export interface FrozenContext {
  /** By task id. */
  given: ReadonlyMap<string, TaskContext>;
  gathered: Omit<ContextGathered, "type"> | undefined;
  warnings: readonly string[];
}

/**
 * Reads the context that the tasks of a resumed run had, or were to get when the run began: agents have changed the
 * workspace since. A task with dependencies that never started gets new context, because they may have written its files.
 */
export function readFrozen({ tasks }: Plan, { history, reused }: Resumed): FrozenContext {
  const { folder, gathered } = history;
  const given = new Map<string, TaskContext>();
  const warnings: string[] = [];
  for (const { task_id, dependencies } of tasks) {
    if (reused.has(task_id)) continue;
    const earlier = history.tasks.get(task_id)?.context;
    const pack = dependencies.length === 0 ? gathered?.packs[task_id] : undefined;
    const hash = earlier === undefined ? pack?.hash : undefined;
    // By name alone, because the run's folder may have moved.
    const name = earlier === undefined ? hash : basename(earlier.file, ".json");
    const file = name === undefined ? undefined : folder.context(name);
    if (file === undefined) continue;
    try {
      // As `freezeContext` wrote it.
      const pre_gathered_context = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
      const missing = (gathered?.missing ?? []).filter((one) => one.task_id === task_id).map(({ key, why }) => ({ key, why }));
      const keys = Object.keys(pre_gathered_context);
      given.set(task_id, {
        pre_gathered_context,
        given: earlier === undefined ? { file, keys, tokens: pack?.tokens ?? 0, missing, filter_ms: 0 } : { ...earlier, file },
      });
    } catch (error) {
      warnings.push(`The context of ${task_id} is gathered again, because ${file} cannot be read: ${messageOf(error)}.`);
    }
  }
  return { given, gathered, warnings };
}

/** Joins frozen context with what is gathered now for the other tasks. */
export function withFrozen({ given, gathered }: FrozenContext, fresh: RunContext | undefined): RunContext {
  const none = { items: 0, pool_tokens: 0, gather_ms: 0, notes: [], missing: [], packs: {} };
  const before = gathered ?? none;
  const now = fresh?.gathered ?? none;
  const is_now = new Set(now.missing.map(({ task_id }) => task_id));
  return {
    gathered: {
      items: before.items + now.items,
      pool_tokens: before.pool_tokens + now.pool_tokens,
      gather_ms: now.gather_ms,
      notes: now.notes,
      missing: [...before.missing.filter(({ task_id }) => !is_now.has(task_id)), ...now.missing],
      packs: { ...before.packs, ...now.packs },
    },
    provide: async (task_id, signal) => given.get(task_id) ?? fresh?.provide(task_id, signal),
  };
}
