import { createHash } from "node:crypto";
import { type Cache, openCache } from "./cache.ts";
import type { FoundItem, Item } from "./item.ts";
import type { Outliner } from "./outline.ts";
import { asText } from "./pack.ts";
import type { TokenCounter } from "./tokens.ts";

/** Takes secrets out of a text. */
export type Redact = (text: string) => string | Promise<string>;

/** Turns what a source has found into an item: redacted, counted, its text kept once however many keys lead to it. */
export function createSettler(options: {
  redact: Redact | undefined;
  counter: TokenCounter;
  caches: Caches;
  outliner: Outliner;
}): (found: FoundItem) => Promise<Item> {
  const { redact, counter, caches, outliner } = options;
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

  return async (found) => {
    const content = redact === undefined ? found.content : await redactDeep(found.content, redact);
    const whole = asText(content);
    const hash = createHash("sha1").update(whole).digest("hex");
    const text = texts.get(hash) ?? whole;
    texts.set(hash, text);
    let tokens = caches.tokens.get(hash);
    if (tokens === undefined) {
      tokens = counter.count(text);
      caches.tokens.set(hash, tokens);
    }
    const item: Item = { ...found, content: typeof content === "string" ? text : content, text, tokens, hash };
    if (found.reduce !== undefined && redact !== undefined) {
      item.reduce = async (most) => {
        const reduced = await found.reduce?.(most);
        return reduced === undefined ? undefined : { ...reduced, content: await redactDeep(reduced.content, redact) };
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
      most_kept: 20_000,
      isValue: (value): value is number => Number.isInteger(value),
    }),
    outlines: openCache({ workspace, name: "outlines", most_kept: 1000, isValue: isOutline }),
  };
}

const isOutline = (value: unknown): value is Outline | null =>
  value === null ||
  (typeof value === "object" &&
    "text" in value &&
    typeof value.text === "string" &&
    "tokens" in value &&
    Number.isInteger(value.tokens));

/** Every string in a value, keys left as they are. */
async function redactDeep<Value>(value: Value, redact: Redact): Promise<Value> {
  const visit = async (one: unknown): Promise<unknown> => {
    if (typeof one === "string") return redact(one);
    if (Array.isArray(one)) return Promise.all(one.map(visit));
    if (typeof one !== "object" || one === null) return one;
    const entries = Object.entries(one).map(async ([key, inner]) => [key, await visit(inner)] as const);
    return Object.fromEntries(await Promise.all(entries));
  };
  // The same shape with other strings in it.
  return (await visit(value)) as Value;
}
