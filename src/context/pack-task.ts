import type { Redactor } from "#secrets";
import type { KeyResult } from "./gather-keys.ts";
import type { Item } from "./item.ts";
import { type Packed, packItems } from "./pack.ts";
import type { TokenCounter } from "./tokens.ts";

/** Packs the context of tasks, and keeps track of the distinct contents of the run. */
export interface TaskPacker {
  /** Adds contents, and returns the number and tokens of those that are new. */
  add(items: readonly Item[]): { items: number; tokens: number };
  /** Packs the results of a task's keys, in order. */
  pack(keys: readonly string[], lookUp: (key: string) => KeyResult | undefined): Promise<Packed>;
}

/** Creates a packer for tasks that share one budget size. */
export function createTaskPacker(options: {
  max_tokens: number;
  redactor: Redactor;
  counter: TokenCounter;
  now: () => number;
}): TaskPacker {
  const { max_tokens, redactor, counter, now } = options;
  const hashes = new Set<string>();

  function add(items: readonly Item[]): { items: number; tokens: number } {
    const added = { items: 0, tokens: 0 };
    for (const { hash, tokens } of items) {
      if (hashes.has(hash)) continue;
      hashes.add(hash);
      added.items++;
      added.tokens += tokens;
    }
    return added;
  }

  return {
    add,
    async pack(keys, lookUp) {
      const start = now();
      const items = new Map<string, Item>();
      const used_keys = new Set<string>();
      const missing: { key: string; why: string }[] = [];
      const added = { items: 0, tokens: 0 };
      for (const key of keys) {
        const found = lookUp(key) ?? { missing: "unknown kind of key" };
        if ("missing" in found) {
          missing.push(await redactor.redactValue({ key, why: found.missing }));
          continue;
        }
        for (const item of found.items) if (!items.has(item.found_key)) items.set(item.found_key, withFreeKey(item, used_keys));
        const { items: count, tokens } = add(found.items);
        added.items += count;
        added.tokens += tokens;
      }
      const packing = await packItems([...items.values()], max_tokens, counter);
      const filter_ms = Math.round((now() - start) * 100) / 100;
      return { ...packing, missing, filter_ms, added };
    },
  };
}

/** Numbers a key that is equal to an earlier one after masking, so that neither replaces the other. */
function withFreeKey(item: Item, used_keys: Set<string>): Item {
  let key = item.key;
  for (let n = 2; used_keys.has(key); n++) key = `${item.key} ${n}`;
  used_keys.add(key);
  // A number takes one or two tokens.
  return key === item.key ? item : { ...item, key, about_tokens: item.about_tokens + 4 };
}
