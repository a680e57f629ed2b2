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
  /** Of all contents together. Their keys and metadata stand in the budget, too, and are not among these. */
  tokens: number;
  /** Of the keys and metadata. */
  about_tokens: number;
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

/** What it takes at most to say that something is only named. */
const named_tokens = 32;

/** The tokens of what stands around a content: its key, its type and its metadata. */
export const aboutTokens = (
  { key, type, metadata }: Pick<FoundItem, "key" | "type" | "metadata">,
  counter: TokenCounter,
): number => counter.count(JSON.stringify({ [key]: { type, metadata } }));

/**
 * Packs items in their order into `max_tokens`, keys and metadata included: whole, else in a smaller form, else cut; each
 * at least named. Of globs that match too much for that, the last files are left out, and their number is told.
 */
export async function packItems(
  items: readonly Item[],
  max_tokens: number,
  counter: TokenCounter,
): Promise<{ entries: Map<string, PackedEntry>; sizes: Map<string, number>; tokens: number; about_tokens: number }> {
  const entries = new Map<string, PackedEntry>();
  const sizes = new Map<string, number>();
  const { kept, left_out } = leaveOut(items, max_tokens);
  const names = kept.reduce((sum, item) => sum + leastOf(item), left_out.size * left_out_tokens);
  // So that one large file does not push out all that is named behind it, each keeps a small share.
  const share = Math.floor(Math.max(0, max_tokens - names) / 4 / Math.max(1, kept.length));
  const reserve = (item: Item): number =>
    Math.min(item.about_tokens + item.tokens, leastOf(item) + (share >= least_tokens ? share : 0));
  let reserved = kept.reduce((sum, item) => sum + reserve(item), left_out.size * left_out_tokens);
  let used = 0;
  let tokens = 0;
  /** The keys that brought a content first. */
  const brought = new Map<string, string>();
  for (const item of kept) {
    reserved -= reserve(item);
    const allowance = Math.max(0, max_tokens - used - reserved);
    const fitting = reuseReduced(item, brought.get(item.hash), allowance, counter) ?? (await fit(item, allowance, counter));
    if (!brought.has(item.hash)) brought.set(item.hash, item.key);
    entries.set(item.key, fitting.entry);
    sizes.set(item.key, fitting.tokens);
    tokens += fitting.tokens;
    used += fitting.tokens + fitting.about;
  }
  for (const [key, files] of left_out) {
    entries.set(key, { type: "file", content: "", metadata: { reduced: "left out", files } });
    sizes.set(key, 0);
  }
  return { entries, sizes, tokens, about_tokens: used - tokens + left_out.size * left_out_tokens };
}

/** What an item takes at least: only named, or whole where that is less. */
const leastOf = ({ about_tokens, tokens }: Item): number => about_tokens + Math.min(tokens, named_tokens);

/** What it takes at most to say how many files of a glob are left out, beside its name. */
const left_out_tokens = 64;

/** Names take at most half of the budget, as far as they come from globs: what a task names itself is always named. */
function leaveOut(items: readonly Item[], max_tokens: number): { kept: readonly Item[]; left_out: Map<string, number> } {
  const left_out = new Map<string, number>();
  let names = items.reduce((sum, item) => sum + leastOf(item), 0);
  if (names <= max_tokens / 2) return { kept: items, left_out };
  const gone = new Set<Item>();
  for (const item of items.toReversed()) {
    const { from } = item.metadata;
    if (names <= max_tokens / 2) break;
    if (typeof from !== "string") continue;
    gone.add(item);
    if (!left_out.has(from)) names += left_out_tokens;
    names -= leastOf(item);
    left_out.set(from, (left_out.get(from) ?? 0) + 1);
  }
  return { kept: items.filter((item) => !gone.has(item)), left_out };
}

/** How an item is given, and what that takes: its content, and what stands around it. */
interface Fitting {
  entry: PackedEntry;
  tokens: number;
  about: number;
}

/** Once is enough for whoever reads it all: what another key has brought already is only pointed to. */
function reuseReduced(item: Item, same_as: string | undefined, most: number, counter: TokenCounter): Fitting | undefined {
  if (same_as === undefined || item.tokens < least_tokens) return undefined;
  const metadata = { ...item.metadata, same_as };
  const about = aboutTokens({ ...item, metadata }, counter);
  return about > most ? undefined : { entry: { type: item.type, content: "", metadata }, tokens: 0, about };
}

async function fit(item: Item, most: number, counter: TokenCounter): Promise<Fitting> {
  const { type, content, metadata, tokens, about_tokens } = item;
  if (about_tokens + tokens <= most) return { entry: { type, content, metadata }, tokens, about: about_tokens };
  const original = { original_tokens: tokens, original_bytes: Buffer.byteLength(item.text) };
  const make = (as: FoundItem["content"], more: Readonly<Record<string, unknown>>, taken: number): Fitting => {
    const about = { ...metadata, ...more, ...original };
    return {
      entry: { type, content: as, metadata: about },
      tokens: taken,
      about: aboutTokens({ ...item, metadata: about }, counter),
    };
  };
  const named = make("", { reduced: "named" }, 0);
  const room = most - named.about;
  if (room < least_tokens) return named;
  const smaller = await item.reduce?.(room);
  if (smaller !== undefined) {
    const taken = smaller.tokens ?? counter.count(asText(smaller.content));
    const reduced = type === "file" ? "outline" : "pruned";
    const fitting = make(smaller.content, { ...smaller.metadata, reduced }, taken);
    if (fitting.tokens + fitting.about <= most) return fitting;
  }
  const text = asText(smaller?.content ?? content);
  const reduced = smaller === undefined || type !== "file" ? "cut" : "outline, cut";
  const of = smaller === undefined ? tokens : (smaller.tokens ?? counter.count(text));
  const empty = make("", { reduced }, 0);
  const cut = cutText(text, most - empty.about, of, counter);
  return cut === "" ? named : make(cut, { reduced }, counter.count(cut));
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
