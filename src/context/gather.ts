import type { RagConfig } from "#config";
import { no_redactor, type Redactor } from "#secrets";
import { openWorkspace, type Workspace } from "#workspace";
import { createPicker } from "./auto.ts";
import { openCaches } from "./build-item.ts";
import { createKeyGatherer, type KeyResult } from "./gather-keys.ts";
import type { Packed } from "./pack.ts";
import { createTaskPacker, type TaskPacker } from "./pack-task.ts";
import { isStale, isUnchanged, may_change } from "./refresh.ts";
import { createTokenCounter } from "./tokens.ts";

/** A task that needs context. */
export interface ContextTask {
  task_id: string;
  /** In the order of the task file. */
  requirements: readonly string[];
  /** The text that `auto` picks files for: the description and the strings of the input. */
  text: string;
  /** Other tasks run before it and may create or change what it names. */
  has_upstream: boolean;
}

/** Options of `gatherContext`. */
export interface GatherOptions {
  tasks: readonly ContextTask[];
  /** Absolute. */
  workspace_path: string;
  max_tokens_per_task: number;
  signal: AbortSignal;
  /** Queries of the task file: their results join the pool and are given to tasks that name `auto`. */
  rag_queries?: readonly string[];
  /** Sources that `rag:` keys query in addition to the workspace. */
  rag?: RagConfig | undefined;
  /** Masks all content and metadata, once, before tokens are counted. */
  redactor?: Redactor;
  now?: () => number;
}

/** A key that found nothing, and why. */
export interface MissingKey {
  task_id: string;
  key: string;
  why: string;
}

/** The context of a run: what was gathered, and each task's part. */
export interface ContextPool {
  /** Number of distinct contents. */
  items: number;
  /** Tokens of all distinct contents. */
  pool_tokens: number;
  gather_ms: number;
  /** Notes for the user. */
  notes: readonly string[];
  /** Keys that found nothing, by task. Does not include keys that an upstream task may still create. */
  missing: readonly MissingKey[];
  /** Returns a task's context in the current state of the workspace; undefined if the task needs none. */
  packed(task_id: string): Packed | undefined;
  /** Saves the caches in the workspace for the next run. Failure to write is ignored. */
  remember(): void;
  /** Returns a task's context when the task starts. Reads again what an upstream task has created or changed. */
  provide(task_id: string, signal: AbortSignal): Promise<Packed | undefined>;
}

/** Gathers the keys of all tasks, each once, and packs each task's part. Rejects only with the signal's reason. */
export async function gatherContext(options: GatherOptions): Promise<ContextPool> {
  const { tasks, workspace_path, signal, redactor = no_redactor, now = () => performance.now() } = options;
  const began = now();
  const max_tokens = options.max_tokens_per_task;
  const counter = createTokenCounter();
  const caches = openCaches(workspace_path);
  const gatherer = createKeyGatherer({ max_tokens, rag: options.rag, redactor, counter, caches });
  const packer = createTaskPacker({ max_tokens, redactor, counter, now });
  const workspace = openWorkspace(workspace_path, signal);

  // Git scans the whole workspace; meanwhile files are read.
  const needs_listing = tasks.some(({ requirements }) => requirements.some((key) => !/^(?:file|rag):/.test(key)));
  if (needs_listing) workspace.list().catch(() => {});

  const query_keys = (options.rag_queries ?? []).map((query) => `rag:${query}`);
  const keys_of = await expandRequirements(tasks, query_keys, workspace, signal);
  const pool = await gatherer.gather([...new Set([...keys_of.values(), query_keys].flat())], workspace, signal);
  const { items, tokens: pool_tokens } = packer.add(
    [...pool.values()].flatMap((found) => ("items" in found ? found.items : [])),
  );
  const gather_ms = Math.round(now() - began);
  const { packed, missing } = await packTasks(tasks, keys_of, pool, packer);

  const has_listed = [...pool.keys()].some((key) => key.startsWith("structure:"));
  const listing_notes = has_listed ? (await workspace.list()).notes : [];
  const budget_notes = tooSmallBudget(tasks, packed, max_tokens);
  const notes = await redactor.redactValue([...listing_notes, ...gatherer.notes, ...budget_notes]);
  counter.release();
  const has_upstream = new Set(tasks.filter((task) => task.has_upstream).map((task) => task.task_id));
  // Without upstream tasks, only packed context will be needed.
  if (has_upstream.size === 0) pool.clear();

  return {
    items,
    pool_tokens,
    gather_ms,
    notes,
    missing,
    packed: (task_id) => packed.get(task_id),
    remember() {
      caches.tokens.save();
      caches.outlines.save();
    },
    async provide(task_id, task_signal) {
      const keys = keys_of.get(task_id) ?? [];
      const stale = has_upstream.has(task_id) ? keys.filter((key) => may_change.test(key) && isStale(key, pool.get(key))) : [];
      if (stale.length === 0) return packed.get(task_id);
      const refreshed = await gatherer.gather(stale, openWorkspace(workspace_path, task_signal), task_signal);
      if (stale.every((key) => isUnchanged(refreshed.get(key), pool.get(key)))) return packed.get(task_id);
      try {
        return await packer.pack(keys, (key) => refreshed.get(key) ?? pool.get(key));
      } finally {
        counter.release();
      }
    },
  };
}

/** Returns the keys of each task, with `auto` replaced by the files that it picks and the queries of the task file. */
async function expandRequirements(
  tasks: readonly ContextTask[],
  query_keys: readonly string[],
  workspace: Workspace,
  signal: AbortSignal,
): Promise<Map<string, readonly string[]>> {
  const needs_index =
    query_keys.length > 0 || tasks.some(({ requirements }) => requirements.some((key) => key.startsWith("rag:")));
  const picker = createPicker({ workspace, signal, needs_index });
  const keys_of = new Map<string, readonly string[]>();
  try {
    for (const { task_id, requirements, text } of tasks) {
      const picked = requirements.includes("auto") ? (await picker.pick(text)).map((file) => `file:${file}`) : [];
      const keys = requirements.flatMap((key) => (key === "auto" ? [...picked, ...query_keys] : [key]));
      keys_of.set(task_id, [...new Set(keys)]);
    }
  } finally {
    picker.close();
  }
  return keys_of;
}

/** Packs each task's part of the pool. Tasks with the same keys share one result. */
async function packTasks(
  tasks: readonly ContextTask[],
  keys_of: ReadonlyMap<string, readonly string[]>,
  pool: ReadonlyMap<string, KeyResult>,
  packer: TaskPacker,
): Promise<{ packed: Map<string, Packed>; missing: MissingKey[] }> {
  const packed = new Map<string, Packed>();
  const missing: MissingKey[] = [];
  const by_keys = new Map<string, Packed>();
  for (const { task_id, has_upstream } of tasks) {
    const keys = keys_of.get(task_id) ?? [];
    const id = keys.join("\0");
    const context = by_keys.get(id) ?? (await packer.pack(keys, (key) => pool.get(key)));
    by_keys.set(id, context);
    packed.set(task_id, context);
    for (const { key, why } of context.missing) if (!has_upstream || !may_change.test(key)) missing.push({ task_id, key, why });
  }
  return { packed, missing };
}

/** Whether a task is given only names, though there is content behind them. */
const hasOnlyNames = (packed: Packed | undefined): boolean =>
  packed?.tokens === 0 && [...packed.entries.values()].some(({ metadata }) => metadata["reduced"] !== undefined);

/** Maximum number of tasks that are named in a note. */
const max_named = 5;

/** Returns a note if the budget of some tasks has no room for content. */
function tooSmallBudget(tasks: readonly ContextTask[], packed: ReadonlyMap<string, Packed>, max_tokens: number): string[] {
  const task_ids = tasks.map(({ task_id }) => task_id).filter((task_id) => hasOnlyNames(packed.get(task_id)));
  if (task_ids.length === 0) return [];
  const named = task_ids.slice(0, max_named).join(", ");
  const more = task_ids.length > max_named ? ` and ${task_ids.length - max_named} more` : "";
  return [
    `max_tokens_per_task (${max_tokens}) is too small for ${named}${more}: only names fit. Raise it, or name less context.`,
  ];
}
