import { statSync } from "node:fs";
import picomatch from "picomatch";
import type { RagConfig } from "#config";
import { no_redactor, type Redactor } from "#secrets";
import { createPicker } from "./auto.ts";
import type { Item, Source } from "./item.ts";
import { createOutliner } from "./outline.ts";
import { type Packed, packItems } from "./pack.ts";
import { createSettler, openCaches } from "./settle.ts";
import { fileSource } from "./sources/file.ts";
import { patternSource } from "./sources/pattern.ts";
import { ragSource } from "./sources/rag.ts";
import { structureSource } from "./sources/structure.ts";
import { createTokenCounter } from "./tokens.ts";
import { openWorkspace } from "./workspace.ts";

/** A task that is to be given context. */
export interface ContextTask {
  task_id: string;
  /** As the task file has them, in its order. */
  requirements: readonly string[];
  /** What `auto` goes by: the description and the strings of the input. */
  text: string;
  /** Other tasks run before it, and may make or change what it names. */
  has_upstream: boolean;
}

/** Options of `gatherContext`. */
export interface GatherOptions {
  tasks: readonly ContextTask[];
  /** Absolute. */
  workspace_path: string;
  max_tokens_per_task: number;
  signal: AbortSignal;
  /** Queries of the whole dispatch: what they find joins the pool, and is given to tasks that say `auto`. */
  rag_queries?: readonly string[];
  /** Who is asked beside the workspace for `rag:` keys. */
  rag?: RagConfig | undefined;
  /** Everything that leaves passes through here, once, before it is counted. */
  redactor?: Redactor;
  now?: () => number;
}

/** A key that brought nothing, and why. */
export interface MissingKey {
  task_id: string;
  key: string;
  why: string;
}

/** What a run has gathered, and what each of its tasks is given of it. */
export interface ContextPool {
  /** How many different pieces there are, and their tokens all together. */
  items: number;
  pool_tokens: number;
  gather_ms: number;
  /** What the user should know of the workspace. */
  notes: readonly string[];
  /** Keys that brought nothing, task by task; what an upstream task may still make is not among them. */
  missing: readonly MissingKey[];
  /** What a task is given as things stand; undefined for one that is given nothing. */
  packed(task_id: string): Packed | undefined;
  /** Keeps what was learned in the workspace, for the next run; that it cannot be written is no failure. */
  remember(): void;
  /** The same when the task starts: what an upstream task has made or changed since is read now. */
  provide(task_id: string, signal: AbortSignal): Promise<Packed | undefined>;
}

/** Kinds that are looked at again when a task starts that others ran before. */
const may_change = /^(?:file|rag):/;

/** What is known of a key: its pieces, or why there are none. */
type Known = { items: readonly Item[] } | { missing: string };

/** Gathers what the tasks name, once each, and packs each task's part. Rejects only with the signal's reason. */
export async function gatherContext(options: GatherOptions): Promise<ContextPool> {
  const { tasks, workspace_path, max_tokens_per_task, signal, redactor = no_redactor, now = () => performance.now() } = options;
  const began = now();
  const counter = createTokenCounter();
  const caches = openCaches(workspace_path);
  const settle = createSettler({ redactor, counter, caches, outliner: createOutliner() });
  const workspace = openWorkspace(workspace_path, signal);
  const source_notes = new Set<string>();
  const sources: Readonly<Record<string, Source>> = {
    file: fileSource({ redactor }),
    structure: structureSource({ max_tokens: max_tokens_per_task, counter }),
    pattern: patternSource({ redactor }),
    rag: ragSource({
      max_tokens: max_tokens_per_task,
      config: options.rag,
      redactor,
      note: (text) => void source_notes.add(text),
    }),
  };
  /** The contents in the pool, so that one that comes late is counted once. */
  const contents = new Map<string, number>();

  async function gatherKeys(keys: readonly string[], from: typeof workspace, until: AbortSignal): Promise<Map<string, Known>> {
    const known = new Map<string, Known>();
    for (const [kind, source] of Object.entries(sources)) {
      const own = keys.filter((key) => key.startsWith(`${kind}:`));
      if (own.length === 0) continue;
      for (const finding of await source.gather(own, from, until)) {
        if ("missing" in finding) known.set(finding.key, finding);
        else {
          known.set(finding.key, { items: await Promise.all(finding.items.map(settle)) });
          if (finding.note !== undefined) source_notes.add(finding.note);
        }
      }
    }
    return known;
  }

  // Git looks through the whole workspace: meanwhile files are read.
  const needs_listing = tasks.some(({ requirements }) => requirements.some((key) => !/^(?:file|rag):/.test(key)));
  if (needs_listing) workspace.list().catch(() => {});

  const query_keys = (options.rag_queries ?? []).map((query) => `rag:${query}`);

  const needs_index =
    query_keys.length > 0 || tasks.some(({ requirements }) => requirements.some((key) => key.startsWith("rag:")));
  const picker = createPicker({ workspace, signal, needs_index });

  async function expand({ requirements, text }: ContextTask): Promise<readonly string[]> {
    if (!requirements.includes("auto")) return [...new Set(requirements)];
    const picked = (await picker.pick(text)).map((file) => `file:${file}`);
    return [...new Set(requirements.flatMap((key) => (key === "auto" ? [...picked, ...query_keys] : [key])))];
  }

  async function pack(keys: readonly string[], lookUp: (key: string) => Known | undefined): Promise<Packed> {
    const start = now();
    const items = new Map<string, Item>();
    const taken = new Set<string>();
    const missing: { key: string; why: string }[] = [];
    let added_items = 0;
    let added_tokens = 0;
    for (const key of keys) {
      const found = lookUp(key) ?? { missing: "nothing here can look for it" };
      if ("missing" in found) {
        missing.push(await redactor.redactValue({ key, why: found.missing }));
        continue;
      }
      for (const item of found.items) {
        if (!items.has(item.found_key)) items.set(item.found_key, withFreeKey(item, taken));
        if (contents.has(item.hash)) continue;
        contents.set(item.hash, item.tokens);
        added_items++;
        added_tokens += item.tokens;
      }
    }
    const packing = await packItems([...items.values()], max_tokens_per_task, counter);
    const filter_ms = Math.round((now() - start) * 100) / 100;
    return { ...packing, missing, filter_ms, added: { items: added_items, tokens: added_tokens } };
  }

  const keys_of = new Map<string, readonly string[]>();
  try {
    for (const task of tasks) keys_of.set(task.task_id, await expand(task));
  } finally {
    picker.close();
  }
  const pool = await gatherKeys([...new Set([...keys_of.values(), query_keys].flat())], workspace, signal);
  for (const known of pool.values()) if ("items" in known) for (const item of known.items) contents.set(item.hash, item.tokens);
  const items = contents.size;
  const pool_tokens = [...contents.values()].reduce((sum, tokens) => sum + tokens, 0);
  const gather_ms = Math.round(now() - began);
  const packed = new Map<string, Packed>();
  const missing: MissingKey[] = [];
  const by_keys = new Map<string, Packed>();
  for (const { task_id, has_upstream } of tasks) {
    const keys = keys_of.get(task_id) ?? [];
    // Many tasks may name the same: they are given the same.
    const same = keys.join("\0");
    const one = by_keys.get(same) ?? (await pack(keys, (key) => pool.get(key)));
    by_keys.set(same, one);
    packed.set(task_id, one);
    for (const { key, why } of one.missing) if (!has_upstream || !may_change.test(key)) missing.push({ task_id, key, why });
  }
  const unread = tasks.filter(({ task_id }) => isOnlyNamed(packed.get(task_id))).map(({ task_id }) => task_id);
  if (unread.length > 0) source_notes.add(tooSmallBudget(unread, max_tokens_per_task));
  const has_listed = [...pool.keys()].some((key) => key.startsWith("structure:"));
  const notes = await redactor.redactValue([...(has_listed ? (await workspace.list()).notes : []), ...source_notes]);
  counter.release();
  const waiting = new Set(tasks.filter((task) => task.has_upstream).map((task) => task.task_id));
  // What is packed is all that will be asked for.
  if (waiting.size === 0) pool.clear();

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
      const stale = waiting.has(task_id) ? keys.filter((key) => may_change.test(key) && isStale(key, pool.get(key))) : [];
      if (stale.length === 0) return packed.get(task_id);
      const again = await gatherKeys(stale, openWorkspace(workspace_path, task_signal), task_signal);
      if (stale.every((key) => isSame(again.get(key), pool.get(key)))) return packed.get(task_id);
      try {
        return await pack(keys, (key) => again.get(key) ?? pool.get(key));
      } finally {
        counter.release();
      }
    },
  };
}

/** Whether a task is given names alone, though there is something to read behind them. */
const isOnlyNamed = (packed: Packed | undefined): boolean =>
  packed?.tokens === 0 && [...packed.entries.values()].some(({ metadata }) => metadata["reduced"] !== undefined);

/** Most tasks that are named in a note. */
const max_named = 5;

function tooSmallBudget(task_ids: readonly string[], most: number): string {
  const named = task_ids.slice(0, max_named).join(", ");
  const more = task_ids.length > max_named ? ` and ${task_ids.length - max_named} more` : "";
  return `Names alone are given to ${named}${more}: what they stand for does not fit into max_tokens_per_task (${most}). Raise it, or name less.`;
}

/** Whether looking again has brought what was there. */
function isSame(now: Known | undefined, before: Known | undefined): boolean {
  if (now === undefined || before === undefined || "missing" in now || "missing" in before) return false;
  return now.items.length === before.items.length && now.items.every(({ hash }, i) => hash === before.items[i]?.hash);
}

/** Keys that have become alike are numbered: none may push out another. */
function withFreeKey(item: Item, taken: Set<string>): Item {
  let key = item.key;
  for (let n = 2; taken.has(key); n++) key = `${item.key} ${n}`;
  taken.add(key);
  // A number takes a token or two.
  return key === item.key ? item : { ...item, key, about_tokens: item.about_tokens + 4 };
}

/** Whether what a key led to may no longer be what it was, or is still to come. */
function isStale(key: string, known: Known | undefined): boolean {
  // The index tells by itself whether anything has changed.
  if (known === undefined || "missing" in known || key.startsWith("rag:")) return true;
  const path = key.slice("file:".length);
  // A glob may match more by now, and what was found elsewhere may now stand where the key says.
  const is_looked_for = known.items.some(({ metadata }) => metadata["matches"] !== undefined);
  if (is_looked_for || picomatch.scan(path).isGlob) return true;
  return known.items.some(({ stamp }) => {
    if (stamp === undefined) return false;
    const now = statSync(stamp.path, { throwIfNoEntry: false });
    return now === undefined || now.size !== stamp.size || now.mtimeMs !== stamp.mtime_ms || now.ino !== stamp.inode;
  });
}
