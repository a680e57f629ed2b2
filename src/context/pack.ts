import type { FoundItem, Item } from "./item.ts";
import type { TokenCounter } from "./tokens.ts";

/** What a task is given under one key, in the form that agents know. */
export interface PackedEntry {
  type: FoundItem["type"];
  content: FoundItem["content"];
  metadata: Readonly<Record<string, unknown>>;
}

/** One task's context. */
export interface Packed {
  entries: ReadonlyMap<string, PackedEntry>;
  /** The tokens of each entry's content. */
  sizes: ReadonlyMap<string, number>;
  /** Of all contents together; what stands around them is not counted. */
  tokens: number;
  /** Keys that brought nothing, and why. */
  missing: readonly { key: string; why: string }[];
  filter_ms: number;
  /** What was not in the pool before. */
  added: { items: number; tokens: number };
}

/** Below so many tokens a part of a file says nothing: it is only named. */
const least_tokens = 24;

/** What the mark at the end of a cut takes. */
const mark_tokens = 24;

/** Packs items in their order into `most_tokens`: whole, else in a smaller form, else cut; each at least named. */
export async function packItems(
  items: readonly Item[],
  most_tokens: number,
  counter: TokenCounter,
): Promise<{ entries: Map<string, PackedEntry>; sizes: Map<string, number>; tokens: number }> {
  const entries = new Map<string, PackedEntry>();
  const sizes = new Map<string, number>();
  // So that one large file does not push out all that is named behind it, each keeps a small share.
  const share = Math.floor(most_tokens / 4 / Math.max(1, items.length));
  const reserve = (item: Item): number => Math.min(item.tokens, share >= least_tokens ? share : 0);
  let reserved = items.reduce((sum, item) => sum + reserve(item), 0);
  let tokens = 0;
  /** The keys that brought a content first. */
  const brought = new Map<string, string>();
  for (const item of items) {
    reserved -= reserve(item);
    const same_as = brought.get(item.hash);
    if (same_as !== undefined && item.tokens >= least_tokens) {
      // Once is enough for whoever reads it all.
      entries.set(item.key, { type: item.type, content: "", metadata: { ...item.metadata, same_as } });
      sizes.set(item.key, 0);
      continue;
    }
    brought.set(item.hash, item.key);
    const allowance = Math.max(0, most_tokens - tokens - reserved);
    const { entry, tokens: taken } = await fit(item, allowance, counter);
    entries.set(item.key, entry);
    sizes.set(item.key, taken);
    tokens += taken;
  }
  return { entries, sizes, tokens };
}

async function fit(item: Item, most: number, counter: TokenCounter): Promise<{ entry: PackedEntry; tokens: number }> {
  const { type, content, metadata, tokens } = item;
  if (tokens <= most) return { entry: { type, content, metadata }, tokens };
  const original = { original_tokens: tokens, original_bytes: Buffer.byteLength(item.text) };
  const named = { entry: { type, content: "", metadata: { ...metadata, reduced: "named", ...original } }, tokens: 0 };
  if (most < least_tokens) return named;
  const smaller = await item.reduce?.(most);
  if (smaller !== undefined) {
    const taken = smaller.tokens ?? counter.count(asText(smaller.content));
    const about = { ...metadata, ...smaller.metadata, reduced: type === "file" ? "outline" : "pruned", ...original };
    if (taken <= most) return { entry: { type, content: smaller.content, metadata: about }, tokens: taken };
  }
  const text = asText(smaller?.content ?? content);
  const reduced = smaller === undefined || type !== "file" ? "cut" : "outline, cut";
  const of = smaller === undefined ? tokens : (smaller.tokens ?? counter.count(text));
  const cut = cutText(text, most, of, counter);
  if (cut === "") return named;
  return { entry: { type, content: cut, metadata: { ...metadata, reduced, ...original } }, tokens: counter.count(cut) };
}

/** The beginning of a text, up to the end of a line where there is one, and a mark that says what is missing. */
function cutText(text: string, most: number, original: number, counter: TokenCounter): string {
  const mark = (shown: number): string => `\n… [cut: the first ${shown} of ${original} tokens]\n`;
  for (let room = most - mark_tokens; room > 0; room -= 4) {
    const fitting = text.slice(0, counter.fit(text, room));
    const line = fitting.lastIndexOf("\n");
    const kept = line > fitting.length / 2 ? fitting.slice(0, line) : fitting;
    const cut = kept.toWellFormed() + mark(counter.count(kept));
    if (counter.count(cut) <= most) return cut;
  }
  return "";
}

/** What is counted of a content: itself, or its JSON. */
export const asText = (content: FoundItem["content"]): string =>
  typeof content === "string" ? content : JSON.stringify(content);
