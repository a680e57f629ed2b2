import { createHash } from "node:crypto";
import type { RagConfig } from "#config";
import type { ContextPool, ContextTask, MissingKey, Packed } from "#context";
import { DispatchError, messageOf } from "#errors";
import type { ContextGathered, GivenContext } from "#events";
import type { Task } from "#tasks";
import { freezeContext, type RunFolder } from "#traces";
import type { Plan } from "./plan.ts";

/** What an attempt is given: what the agent reads, and what is said of it. */
export interface TaskContext {
  pre_gathered_context: Readonly<Record<string, unknown>>;
  given: GivenContext;
}

/** The context of a run under way. */
export interface RunContext {
  gathered: Omit<ContextGathered, "type">;
  /** What a task is given when it starts, the same at every attempt; undefined for one that is given nothing. */
  provide(task_id: string, signal: AbortSignal): Promise<TaskContext | undefined>;
}

/** The tasks for which context is to be gathered; none of them is where it is turned off. */
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

/** Most characters of a task that `auto` goes by. */
const max_characters = 20_000;

/** What a task says: its description and the strings of its input. */
function textOf({ description, input_data }: Task): string {
  const said: string[] = [description];
  const visit = (value: unknown): void => {
    if (typeof value === "string") said.push(value);
    else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) visit(inner);
  };
  visit(input_data);
  return said.join("\n").slice(0, max_characters);
}

/** Gathers what a plan's tasks name. With `config.context.strict` throws a `DispatchError` that lists every missing key. */
export async function gatherFor(
  planned: Plan,
  signal: AbortSignal,
  { rag = planned.config.context.rag, tasks = contextTasks(planned) }: { rag?: RagConfig; tasks?: ContextTask[] } = {},
): Promise<ContextPool> {
  // Loaded late: most runs gather nothing.
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
  const problems = await planned.place(
    missing.map(({ task_id, key, why }) => {
      const at = requirements.get(task_id)?.indexOf(key) ?? -1;
      const place = at === -1 ? [] : ["context_requirements", at];
      return { path: ["tasks", planned.position(task_id), ...place], task_id, message: `Context ${key} is missing: ${why}.` };
    }),
  );
  return new DispatchError("bad_input", "Context is missing.", { problems });
}

/** Freezes what is packed in the run's folder, and hands it out. Throws where the folder cannot be written. */
export function createRunContext(pool: ContextPool, planned: Plan, folder: RunFolder): RunContext {
  const { items, pool_tokens, gather_ms, notes, missing } = pool;
  /** One file for all who are given the same. */
  const frozen = new WeakMap<Packed, TaskContext & { hash: string }>();
  const handed_out = new Map<string, Promise<TaskContext | undefined>>();

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

  async function hand(task_id: string, signal: AbortSignal): Promise<TaskContext | undefined> {
    const packed = await pool.provide(task_id, signal);
    return packed === undefined ? undefined : freeze(packed);
  }

  return {
    gathered: { items, pool_tokens, gather_ms, notes, missing, packs },
    provide(task_id, signal) {
      const handing = handed_out.get(task_id) ?? hand(task_id, signal);
      handed_out.set(task_id, handing);
      return handing;
    },
  };
}

/** Most missing keys that are told one by one. */
const max_told = 10;

/** What the user should know before anything runs, a sentence each. */
export function contextWarnings({ notes, missing }: Pick<ContextGathered, "notes" | "missing">): string[] {
  const told = missing.slice(0, max_told).map(({ task_id, key, why }) => `${task_id} goes without ${key}: ${why}.`);
  const rest = missing.length - told.length;
  return [...notes, ...told, ...(rest > 0 ? [`${rest} more context keys are missing; the result has them all.`] : [])];
}

/** Whether nothing can be given, and why: a run goes on without context, but the tasks that need it do not. */
export function brokenContext(error: unknown): RunContext {
  const why = new Error(`The context could not be gathered: ${messageOf(error)}`);
  return {
    gathered: { items: 0, pool_tokens: 0, gather_ms: 0, notes: [`${why.message}.`], missing: [], packs: {} },
    provide: () => Promise.reject(why),
  };
}
