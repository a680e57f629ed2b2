import type { FoundItem, Item } from "./item.ts";
import type { TokenCounter } from "./tokens.ts";

/** The context of a task under one key, in the format that agents receive. */
export interface PackedEntry {
  type: FoundItem["type"];
  content: FoundItem["content"];
  metadata: Readonly<Record<string, unknown>>;
}

/** One task's context. */
export interface Packed {
  entries: ReadonlyMap<string, PackedEntry>;
  /** Tokens of each entry's content. */
  sizes: ReadonlyMap<string, number>;
  /** Tokens of all contents. */
  tokens: number;
  /** Tokens of all keys and metadata, which also count against the budget. */
  about_tokens: number;
  /** Keys that found nothing, and why. */
  missing: readonly { key: string; why: string }[];
  filter_ms: number;
  /** Contents that were not in the pool before. */
  added: { items: number; tokens: number };
}

/** A part of a file with fewer tokens is useless: only its name is given. */
const min_content_tokens = 24;

/** Tokens of the mark at the end of a cut. */
const mark_tokens = 24;

/** Maximum tokens of the metadata of an entry that is only named. */
const named_tokens = 32;

/** Counts the tokens of an entry without its content: key, type and metadata. */
export const aboutTokens = (
  { key, type, metadata }: Pick<FoundItem, "key" | "type" | "metadata">,
  counter: TokenCounter,
): number => counter.count(JSON.stringify({ [key]: { type, metadata } }));

/**
 * Packs items in order into `max_tokens`, keys and metadata included. Each item is given whole if it fits, else in a smaller
 * form, else cut, else only named. If globs match so many files that even their names do not fit, the last files are left
 * out, and an entry for the glob states their number.
 */
export async function packItems(
  items: readonly Item[],
  max_tokens: number,
  counter: TokenCounter,
): Promise<{ entries: Map<string, PackedEntry>; sizes: Map<string, number>; tokens: number; about_tokens: number }> {
  const entries = new Map<string, PackedEntry>();
  const sizes = new Map<string, number>();
  const { kept, left_out } = dropGlobMatches(items, max_tokens);
  const names = kept.reduce((sum, item) => sum + minTokens(item), left_out.size * left_out_tokens);
  // Each item has a small share, so that one large file does not push out all later items.
  const share = Math.floor(Math.max(0, max_tokens - names) / 4 / Math.max(1, kept.length));
  const reserve = (item: Item): number =>
    Math.min(item.about_tokens + item.tokens, minTokens(item) + (share >= min_content_tokens ? share : 0));
  let reserved = kept.reduce((sum, item) => sum + reserve(item), left_out.size * left_out_tokens);
  let used = 0;
  let tokens = 0;
  /** The first key of each content, by hash. */
  const first_keys = new Map<string, string>();
  for (const item of kept) {
    reserved -= reserve(item);
    const allowance = Math.max(0, max_tokens - used - reserved);
    const fitting = referTo(first_keys.get(item.hash), item, allowance, counter) ?? (await fit(item, allowance, counter));
    if (!first_keys.has(item.hash)) first_keys.set(item.hash, item.key);
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

/** Minimum tokens of an item: only named, or whole if that is smaller. */
const minTokens = ({ about_tokens, tokens }: Item): number => about_tokens + Math.min(tokens, named_tokens);

/** Maximum tokens of the entry that states how many files of a glob are left out. */
const left_out_tokens = 64;

/** Drops the last glob matches until names take at most half of the budget. Keys that a task names itself are never dropped. */
function dropGlobMatches(items: readonly Item[], max_tokens: number): { kept: readonly Item[]; left_out: Map<string, number> } {
  const left_out = new Map<string, number>();
  let names = items.reduce((sum, item) => sum + minTokens(item), 0);
  if (names <= max_tokens / 2) return { kept: items, left_out };
  const dropped = new Set<Item>();
  for (const item of items.toReversed()) {
    const { from } = item.metadata;
    if (names <= max_tokens / 2) break;
    if (typeof from !== "string") continue;
    dropped.add(item);
    if (!left_out.has(from)) names += left_out_tokens;
    names -= minTokens(item);
    left_out.set(from, (left_out.get(from) ?? 0) + 1);
  }
  return { kept: items.filter((item) => !dropped.has(item)), left_out };
}

/** An entry with the tokens of its content, and of its key and metadata. */
interface Fitting {
  entry: PackedEntry;
  tokens: number;
  about: number;
}

/** Returns an entry that refers to an earlier key with the same content; undefined if there is none or it does not fit. */
function referTo(same_as: string | undefined, item: Item, max_tokens: number, counter: TokenCounter): Fitting | undefined {
  if (same_as === undefined || item.tokens < min_content_tokens) return undefined;
  const metadata = { ...item.metadata, same_as };
  const about = aboutTokens({ ...item, metadata }, counter);
  return about > max_tokens ? undefined : { entry: { type: item.type, content: "", metadata }, tokens: 0, about };
}

async function fit(item: Item, max_tokens: number, counter: TokenCounter): Promise<Fitting> {
  const { type, content, metadata, tokens, about_tokens } = item;
  if (about_tokens + tokens <= max_tokens) return { entry: { type, content, metadata }, tokens, about: about_tokens };
  const original = { original_tokens: tokens, original_bytes: Buffer.byteLength(item.text) };
  const fittingOf = (shown: FoundItem["content"], more: Readonly<Record<string, unknown>>, shown_tokens: number): Fitting => {
    const about = { ...metadata, ...more, ...original };
    return {
      entry: { type, content: shown, metadata: about },
      tokens: shown_tokens,
      about: aboutTokens({ ...item, metadata: about }, counter),
    };
  };
  const named = fittingOf("", { reduced: "named" }, 0);
  const room = max_tokens - named.about;
  if (room < min_content_tokens) return named;
  const smaller = await item.reduce?.(room);
  if (smaller !== undefined) {
    const smaller_tokens = smaller.tokens ?? counter.count(asText(smaller.content));
    const reduced = type === "file" ? "outline" : "pruned";
    const fitting = fittingOf(smaller.content, { ...smaller.metadata, reduced }, smaller_tokens);
    if (fitting.tokens + fitting.about <= max_tokens) return fitting;
  }
  const text = asText(smaller?.content ?? content);
  const reduced = smaller === undefined || type !== "file" ? "cut" : "outline, cut";
  const text_tokens = smaller === undefined ? tokens : (smaller.tokens ?? counter.count(text));
  const empty = fittingOf("", { reduced }, 0);
  const cut = cutText(text, max_tokens - empty.about, text_tokens, counter);
  return cut === "" ? named : fittingOf(cut, { reduced }, counter.count(cut));
}

/** Cuts a text, if possible at the end of a line, and appends a mark that states how much is shown. */
function cutText(text: string, max_tokens: number, original: number, counter: TokenCounter): string {
  const mark = (shown: number): string => `\n… [cut: the first ${shown} of ${original} tokens]\n`;
  for (let room = max_tokens - mark_tokens; room > 0; room -= 4) {
    const fitting = text.slice(0, counter.fit(text, room));
    const line = fitting.lastIndexOf("\n");
    const kept = line > fitting.length / 2 ? fitting.slice(0, line) : fitting;
    const cut = kept.toWellFormed() + mark(counter.count(kept));
    if (counter.count(cut) <= max_tokens) return cut;
  }
  return "";
}

/** Returns a content as the text that is counted: itself, or its JSON. */
export const asText = (content: FoundItem["content"]): string =>
  typeof content === "string" ? content : JSON.stringify(content);
