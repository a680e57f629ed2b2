import { createHash } from "node:crypto";
import type { Redactor } from "#secrets";
import { type Cache, openCache } from "./cache.ts";
import type { FoundItem, Item } from "./item.ts";
import type { Outliner } from "./outline.ts";
import { aboutTokens, asText } from "./pack.ts";
import type { TokenCounter } from "./tokens.ts";

/**
 * Creates a function that turns a found item into an item: masks its secrets and counts its tokens. Equal texts share one
 * string.
 */
export function createItemBuilder(options: {
  redactor: Redactor;
  counter: TokenCounter;
  caches: Caches;
  outliner: Outliner;
}): (found: FoundItem) => Promise<Item> {
  const { redactor, counter, caches, outliner } = options;
  const texts = new Map<string, string>();
  const outlines = new Map<string, Promise<Outline | undefined>>();

  async function outlineOf(name: string, text: string, language: string): Promise<Outline | undefined> {
    const cached = caches.outlines.get(name);
    if (cached !== undefined) return cached ?? undefined;
    const outline = await outliner.outline(text, language).catch(() => undefined);
    const is_shorter = outline !== undefined && outline.length < text.length;
    const counted = is_shorter ? { text: outline, tokens: counter.count(outline) } : undefined;
    caches.outlines.set(name, counted ?? null);
    return counted;
  }

  // Text keeps its number of lines, so that line numbers stay valid.
  const redactContent = async (content: FoundItem["content"]): Promise<FoundItem["content"]> =>
    typeof content === "string" ? redactor.redactLines(content) : redactor.redactValue(content);

  return async (found) => {
    const content = await redactContent(found.content);
    // A file name may also contain a secret.
    const about = await redactor.redactValue({ key: found.key, metadata: found.metadata });
    const whole = asText(content);
    const hash = createHash("sha1").update(whole).digest("hex");
    const text = texts.get(hash) ?? whole;
    texts.set(hash, text);
    let tokens = caches.tokens.get(hash);
    if (tokens === undefined) {
      tokens = counter.count(text);
      caches.tokens.set(hash, tokens);
    }
    const as_is = { ...found, ...about };
    const item: Item = {
      ...as_is,
      found_key: found.key,
      content: typeof content === "string" ? text : content,
      ...{ text, tokens, hash, about_tokens: aboutTokens(as_is, counter) },
    };
    if (found.reduce !== undefined) {
      item.reduce = async (max_tokens) => {
        const reduced = await found.reduce?.(max_tokens);
        if (reduced === undefined) return undefined;
        const metadata = await redactor.redactValue(reduced.metadata);
        return { ...reduced, content: await redactContent(reduced.content), metadata };
      };
    }
    const { language } = found.metadata;
    if (found.type !== "file" || typeof language !== "string") return item;
    item.reduce = async () => {
      // The outline of a text depends on its language.
      const name = `${language} ${hash}`;
      const outlining = outlines.get(name) ?? outlineOf(name, text, language);
      outlines.set(name, outlining);
      const outline = await outlining;
      return outline === undefined ? undefined : { content: outline.text, tokens: outline.tokens, metadata: {} };
    };
    return item;
  };
}

/** Token counts and outlines of texts from earlier runs. */
export interface Caches {
  tokens: Cache<number>;
  /** Null if a text has no outline that is shorter than the text. */
  outlines: Cache<Outline | null>;
}

/** The outline of a text with its tokens. */
interface Outline {
  text: string;
  tokens: number;
}

/** Opens the caches of a workspace. */
export function openCaches(workspace: string): Caches {
  return {
    tokens: openCache({
      workspace,
      name: "tokens",
      max_entries: 20_000,
      isValue: (value): value is number => Number.isInteger(value),
    }),
    outlines: openCache({ workspace, name: "outlines", max_entries: 1000, isValue: isOutline }),
  };
}

const isOutline = (value: unknown): value is Outline | null =>
  value === null ||
  (typeof value === "object" &&
    "text" in value &&
    typeof value.text === "string" &&
    "tokens" in value &&
    Number.isInteger(value.tokens));
