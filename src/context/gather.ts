import { createHash } from "node:crypto";
import { statSync } from "node:fs";
import type { FoundItem, Item, Source } from "./item.ts";
import { createOutliner } from "./outline.ts";
import { asText, type Packed, packItems } from "./pack.ts";
import { rankFiles } from "./relevance.ts";
import { file_source } from "./sources/file.ts";
import { pattern_source } from "./sources/pattern.ts";
import { structureSource } from "./sources/structure.ts";
import { openTokenCache } from "./token-cache.ts";
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
  /** Everything that leaves passes through here, once, before it is counted. */
  redact?: (text: string) => string;
  now?: () => number;
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
  missing: readonly { task_id: string; key: string; why: string }[];
  /** What a task is given as things stand; undefined for one that is given nothing. */
  packed(task_id: string): Packed | undefined;
  /** The same when the task starts: what an upstream task has made or changed since is read now. */
  provide(task_id: string, signal: AbortSignal): Promise<Packed | undefined>;
}

/** Most files that `auto` picks for a task. */
const most_auto = 8;

/** What is known of a key: its pieces, or why there are none. */
type Known = { items: readonly Item[] } | { missing: string };

/** Gathers what the tasks name, once each, and packs each task's part. Rejects only with the signal's reason. */
export async function gatherContext(options: GatherOptions): Promise<ContextPool> {
  const {
    tasks,
    workspace_path,
    max_tokens_per_task,
    signal,
    redact = (text) => text,
    now = () => performance.now(),
  } = options;
  const began = now();
  const counter = createTokenCounter();
  const cache = openTokenCache(workspace_path);
  const outliner = createOutliner();
  const workspace = openWorkspace(workspace_path, signal);
  const sources: Readonly<Record<string, Source>> = {
    file: file_source,
    structure: structureSource({ most_tokens: max_tokens_per_task, counter }),
    pattern: pattern_source,
  };
  /** The same content is one string, however many keys lead to it. */
  const texts = new Map<string, string>();
  const outlines = new Map<string, Promise<string | undefined>>();

  function settle(found: FoundItem): Item {
    const content = typeof found.content === "string" ? redact(found.content) : redactDeep(found.content, redact);
    const whole = asText(content);
    const hash = createHash("sha1").update(whole).digest("hex");
    const text = texts.get(hash) ?? whole;
    texts.set(hash, text);
    let tokens = cache.get(hash);
    if (tokens === undefined) {
      tokens = counter.count(text);
      cache.set(hash, tokens);
    }
    const item: Item = { ...found, content: typeof content === "string" ? text : content, text, tokens, hash };
    const { language } = found.metadata;
    if (found.type !== "file" || typeof language !== "string") return item;
    item.reduce = async () => {
      const outlining = outlines.get(hash) ?? outliner.outline(text, language).catch(() => undefined);
      outlines.set(hash, outlining);
      const outline = await outlining;
      return outline === undefined || outline.length >= text.length ? undefined : { content: outline, metadata: {} };
    };
    return item;
  }

  async function gatherKeys(keys: readonly string[], from: typeof workspace): Promise<Map<string, Known>> {
    const known = new Map<string, Known>();
    for (const [kind, source] of Object.entries(sources)) {
      const own = keys.filter((key) => key.startsWith(`${kind}:`));
      if (own.length === 0) continue;
      for (const finding of await source.gather(own, from, signal))
        known.set(finding.key, "missing" in finding ? finding : { items: finding.items.map(settle) });
    }
    return known;
  }

  async function expand({ requirements, text }: ContextTask): Promise<string[]> {
    const keys: string[] = [];
    for (const requirement of requirements) {
      if (requirement !== "auto") keys.push(requirement);
      else for (const { file } of rankFiles(text, (await workspace.list()).files, most_auto)) keys.push(`file:${file}`);
    }
    return [...new Set(keys)];
  }

  async function pack(keys: readonly string[], lookUp: (key: string) => Known | undefined): Promise<Packed> {
    const start = now();
    const items = new Map<string, Item>();
    const missing: { key: string; why: string }[] = [];
    for (const key of keys) {
      const found = lookUp(key) ?? { missing: "it was not gathered" };
      if ("missing" in found) missing.push({ key, why: found.missing });
      else for (const item of found.items) if (!items.has(item.key)) items.set(item.key, item);
    }
    const { entries, tokens } = await packItems([...items.values()], max_tokens_per_task, counter);
    return { entries, tokens, missing, filter_ms: Math.round((now() - start) * 100) / 100 };
  }

  const keys_of = new Map<string, readonly string[]>();
  for (const task of tasks) keys_of.set(task.task_id, await expand(task));
  const pool = await gatherKeys([...new Set([...keys_of.values()].flat())], workspace);
  const gather_ms = Math.round(now() - began);
  const packed = new Map<string, Packed>();
  const missing: { task_id: string; key: string; why: string }[] = [];
  const by_keys = new Map<string, Packed>();
  for (const { task_id, has_upstream } of tasks) {
    const keys = keys_of.get(task_id) ?? [];
    // Many tasks may name the same: they are given the same.
    const same = keys.join("\0");
    const one = by_keys.get(same) ?? (await pack(keys, (key) => pool.get(key)));
    by_keys.set(same, one);
    packed.set(task_id, one);
    for (const { key, why } of one.missing) if (!has_upstream || !key.startsWith("file:")) missing.push({ task_id, key, why });
  }
  cache.save();
  counter.release();

  const contents = new Map(
    [...pool.values()].flatMap((known) => ("items" in known ? known.items : [])).map((item) => [item.hash, item.tokens]),
  );
  const listing_notes = keysNeedListing(pool) ? [...(await workspace.list()).notes] : [];
  const waiting = new Map(tasks.filter((task) => task.has_upstream).map((task) => [task.task_id, task]));
  return {
    items: contents.size,
    pool_tokens: [...contents.values()].reduce((sum, tokens) => sum + tokens, 0),
    gather_ms,
    notes: listing_notes,
    missing,
    packed: (task_id) => packed.get(task_id),
    async provide(task_id, task_signal) {
      const keys = keys_of.get(task_id) ?? [];
      const stale = waiting.has(task_id) ? keys.filter((key) => key.startsWith("file:") && isStale(pool.get(key))) : [];
      if (stale.length === 0) return packed.get(task_id);
      const again = await gatherKeys(stale, openWorkspace(workspace_path, task_signal));
      try {
        return await pack(keys, (key) => again.get(key) ?? pool.get(key));
      } finally {
        counter.release();
      }
    },
  };
}

const keysNeedListing = (pool: ReadonlyMap<string, Known>): boolean =>
  [...pool.keys()].some((key) => key.startsWith("structure:"));

/** Whether what a key led to is no longer what it was, or is still to come. */
function isStale(known: Known | undefined): boolean {
  if (known === undefined || "missing" in known) return true;
  return known.items.some(({ stamp }) => {
    if (stamp === undefined) return false;
    const now = statSync(stamp.path, { throwIfNoEntry: false });
    return now === undefined || now.size !== stamp.size || now.mtimeMs !== stamp.mtime_ms || now.ino !== stamp.inode;
  });
}

/** Every string in a value, keys left as they are. */
function redactDeep<Value>(value: Value, redact: (text: string) => string): Value {
  const visit = (one: unknown): unknown => {
    if (typeof one === "string") return redact(one);
    if (Array.isArray(one)) return one.map(visit);
    if (typeof one !== "object" || one === null) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, visit(inner)]));
  };
  // The same shape with other strings in it.
  return visit(value) as Value;
}
