import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { messageOf } from "#errors";
import type { ContextGathered } from "#events";
import type { RunContext, TaskContext } from "./context.ts";
import type { Plan, Resumed } from "./plan.ts";

/** What earlier starts had frozen for tasks that run now. */
export interface FrozenContext {
  /** By task id. */
  given: ReadonlyMap<string, TaskContext>;
  gathered: Omit<ContextGathered, "type"> | undefined;
  warnings: readonly string[];
}

/**
 * Reads what the tasks of a run that is taken up again had been given, or were to be given as things stood when the run
 * began; agents have changed the workspace since. What depends on other tasks and never started is gathered anew: they
 * may have made what it reads.
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
    // By its name alone: the folder may have been moved since.
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
      warnings.push(`The context that ${task_id} had is gathered anew, because ${file} cannot be read: ${messageOf(error)}.`);
    }
  }
  return { given, gathered, warnings };
}

/** What was frozen, and for the other tasks what is gathered now. */
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
