import { createHash } from "node:crypto";
import type { RagConfig } from "#config";
import type { ContextPool, ContextTask, MissingKey, Packed } from "#context";
import { DispatchError, messageOf } from "#errors";
import type { ContextGathered, GivenContext } from "#events";
import type { Task } from "#tasks";
import { freezeContext, type RunFolder } from "#traces";
import type { Plan } from "./plan.ts";

/** The context of an attempt: what the agent reads, and what the journal records of it. */
export interface TaskContext {
  pre_gathered_context: Readonly<Record<string, unknown>>;
  given: GivenContext;
}

/** The context of a running run. */
export interface RunContext {
  gathered: Omit<ContextGathered, "type">;
  /** The context of a task when it starts, the same for each attempt; undefined for a task that gets none. */
  provide(task_id: string, signal: AbortSignal): Promise<TaskContext | undefined>;
}

/** The tasks that need context gathered; none where context is turned off. */
export function contextTasks({ tasks, config, resumed }: Plan, has?: ReadonlyMap<string, TaskContext>): ContextTask[] {
  const { enabled } = config.context;
  if (enabled === false) return [];
  return tasks.flatMap((task) => {
    const requirements = task.context_requirements ?? (enabled === true ? ["auto"] : []);
    if (requirements.length === 0) return [];
    const { task_id, dependencies } = task;
    if (resumed?.reused.has(task_id) || has?.has(task_id)) return [];
    return [{ task_id, requirements, text: textOf(task), has_upstream: dependencies.length > 0 }];
  });
}

/** Most characters of a task that `auto` matches files against. */
const max_characters = 20_000;

/** A task's description and the strings of its input. */
function textOf({ description, input_data }: Task): string {
  const parts: string[] = [description];
  const visit = (value: unknown): void => {
    if (typeof value === "string") parts.push(value);
    else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) visit(inner);
  };
  visit(input_data);
  return parts.join("\n").slice(0, max_characters);
}

/** Gathers the context of a plan's tasks. With `config.context.strict`, throws a `DispatchError` that lists every missing key. */
export async function gatherFor(
  planned: Plan,
  signal: AbortSignal,
  { rag = planned.config.context.rag, tasks = contextTasks(planned) }: { rag?: RagConfig; tasks?: ContextTask[] } = {},
): Promise<ContextPool> {
  // Imported here, because most runs gather nothing.
  const { gatherContext } = await import("#context");
  const { workspace_path, config, rag_queries } = planned;
  const { max_tokens_per_task, strict } = config.context;
  const { redactor } = planned;
  const pool = await gatherContext({ tasks, workspace_path, max_tokens_per_task, rag_queries, rag, signal, redactor });
  if (strict && pool.missing.length > 0) throw await missingContext(planned, pool.missing);
  return pool;
}

async function missingContext(planned: Plan, missing: readonly MissingKey[]): Promise<DispatchError> {
  const requirements = new Map(planned.tasks.map((task) => [task.task_id, task.context_requirements ?? []]));
  const problems = await planned.toProblems(
    missing.map(({ task_id, key, why }) => {
      const at = requirements.get(task_id)?.indexOf(key) ?? -1;
      const place = at === -1 ? [] : ["context_requirements", at];
      return { path: ["tasks", planned.position(task_id), ...place], task_id, message: `Context ${key} is missing: ${why}.` };
    }),
  );
  return new DispatchError("bad_input", "Context is missing.", { problems });
}

/** Writes each task's packed context to the run's folder and provides it. Throws if the folder cannot be written. */
export function createRunContext(pool: ContextPool, planned: Plan, folder: RunFolder): RunContext {
  const { items, pool_tokens, gather_ms, notes, missing } = pool;
  /** Tasks with the same context share one file. */
  const frozen = new WeakMap<Packed, TaskContext & { hash: string }>();
  const provided = new Map<string, Promise<TaskContext | undefined>>();

  function freeze(packed: Packed): TaskContext & { hash: string } {
    const before = frozen.get(packed);
    if (before !== undefined) return before;
    const pre_gathered_context = Object.fromEntries(packed.entries);
    const text = `${JSON.stringify(pre_gathered_context)}\n`;
    const hash = createHash("sha256").update(text).digest("hex").slice(0, 32);
    const { tokens, filter_ms, added } = packed;
    const file = freezeContext(folder, hash, text);
    const given: GivenContext = { file, keys: [...packed.entries.keys()], tokens, missing: packed.missing, filter_ms };
    if (added.items > 0) given.added = added;
    const one = { hash, pre_gathered_context, given };
    frozen.set(packed, one);
    return one;
  }

  pool.remember();
  const packs: Record<string, { hash: string; tokens: number }> = {};
  for (const { task_id } of planned.tasks) {
    const packed = pool.packed(task_id);
    if (packed !== undefined) packs[task_id] = { hash: freeze(packed).hash, tokens: packed.tokens };
  }

  async function provide(task_id: string, signal: AbortSignal): Promise<TaskContext | undefined> {
    const packed = await pool.provide(task_id, signal);
    return packed === undefined ? undefined : freeze(packed);
  }

  return {
    gathered: { items, pool_tokens, gather_ms, notes, missing, packs },
    provide(task_id, signal) {
      const providing = provided.get(task_id) ?? provide(task_id, signal);
      provided.set(task_id, providing);
      return providing;
    },
  };
}

/** Most missing keys that are reported one by one. */
const max_listed = 10;

/** Warnings before anything runs, a sentence each. */
export function contextWarnings({ notes, missing }: Pick<ContextGathered, "notes" | "missing">): string[] {
  const listed = missing.slice(0, max_listed).map(({ task_id, key, why }) => `${task_id} runs without context ${key}: ${why}.`);
  const rest = missing.length - listed.length;
  return [...notes, ...listed, ...(rest > 0 ? [`${rest} more context keys are missing; the result lists them all.`] : [])];
}

/** Replaces context that could not be gathered: the run continues, the tasks that need context fail. */
export function brokenContext(error: unknown): RunContext {
  const why = new Error(`The context could not be gathered: ${messageOf(error)}`);
  return {
    gathered: { items: 0, pool_tokens: 0, gather_ms: 0, notes: [`${why.message}.`], missing: [], packs: {} },
    provide: () => Promise.reject(why),
  };
}
