import { createHash } from "node:crypto";
import type { Redactor } from "#secrets";
import { type Cache, openCache } from "./cache.ts";
import type { FoundItem, Item } from "./item.ts";
import type { Outliner } from "./outline.ts";
import { aboutTokens, asText } from "./pack.ts";
import type { TokenCounter } from "./tokens.ts";

/** Turns what a source has found into an item: redacted, counted, its text kept once however many keys lead to it. */
export function createSettler(options: {
  redactor: Redactor;
  counter: TokenCounter;
  caches: Caches;
  outliner: Outliner;
}): (found: FoundItem) => Promise<Item> {
  const { redactor, counter, caches, outliner } = options;
  const texts = new Map<string, string>();
  const outlines = new Map<string, Promise<Outline | undefined>>();

  async function outlineOf(name: string, text: string, language: string): Promise<Outline | undefined> {
    const before = caches.outlines.get(name);
    if (before !== undefined) return before ?? undefined;
    const outline = await outliner.outline(text, language).catch(() => undefined);
    const is_shorter = outline !== undefined && outline.length < text.length;
    const found = is_shorter ? { text: outline, tokens: counter.count(outline) } : undefined;
    caches.outlines.set(name, found ?? null);
    return found;
  }

  // Most content is text, which need not be looked at as JSON first. What is known of it by its lines is still found there.
  const redactContent = async (content: FoundItem["content"]): Promise<FoundItem["content"]> =>
    typeof content === "string" ? redactor.redactLines(content) : redactor.redactValue(content);

  return async (found) => {
    const content = await redactContent(found.content);
    // The name of a file may hold a secret, too.
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
      item.reduce = async (most) => {
        const reduced = await found.reduce?.(most);
        if (reduced === undefined) return undefined;
        const metadata = await redactor.redactValue(reduced.metadata);
        return { ...reduced, content: await redactContent(reduced.content), metadata };
      };
    }
    const { language } = found.metadata;
    if (found.type !== "file" || typeof language !== "string") return item;
    item.reduce = async () => {
      // The same text is one thing as TypeScript and another as Python.
      const name = `${language} ${hash}`;
      const outlining = outlines.get(name) ?? outlineOf(name, text, language);
      outlines.set(name, outlining);
      const outline = await outlining;
      return outline === undefined ? undefined : { content: outline.text, tokens: outline.tokens, metadata: {} };
    };
    return item;
  };
}

/** What was found out about texts before. */
export interface Caches {
  tokens: Cache<number>;
  /** Null where a text has no outline that is shorter. */
  outlines: Cache<Outline | null>;
}

/** A text's declarations, and their tokens. */
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
      max_kept: 20_000,
      isValue: (value): value is number => Number.isInteger(value),
    }),
    outlines: openCache({ workspace, name: "outlines", max_kept: 1000, isValue: isOutline }),
  };
}

const isOutline = (value: unknown): value is Outline | null =>
  value === null ||
  (typeof value === "object" &&
    "text" in value &&
    typeof value.text === "string" &&
    "tokens" in value &&
    Number.isInteger(value.tokens));
