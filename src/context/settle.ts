import { createHash } from "node:crypto";
import type { FoundItem, Item } from "./item.ts";
import type { Outliner } from "./outline.ts";
import { asText } from "./pack.ts";
import type { TokenCache } from "./token-cache.ts";
import type { TokenCounter } from "./tokens.ts";

/** Takes secrets out of a text. */
export type Redact = (text: string) => string | Promise<string>;

/** Turns what a source has found into an item: redacted, counted, its text kept once however many keys lead to it. */
export function createSettler(options: {
  redact: Redact | undefined;
  counter: TokenCounter;
  cache: TokenCache;
  outliner: Outliner;
}): (found: FoundItem) => Promise<Item> {
  const { redact, counter, cache, outliner } = options;
  const texts = new Map<string, string>();
  const outlines = new Map<string, Promise<string | undefined>>();

  return async (found) => {
    const content = redact === undefined ? found.content : await redactDeep(found.content, redact);
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
    if (found.reduce !== undefined && redact !== undefined) {
      item.reduce = async (most) => {
        const reduced = await found.reduce?.(most);
        return reduced === undefined ? undefined : { ...reduced, content: await redactDeep(reduced.content, redact) };
      };
    }
    const { language } = found.metadata;
    if (found.type !== "file" || typeof language !== "string") return item;
    item.reduce = async () => {
      const outlining = outlines.get(hash) ?? outliner.outline(text, language).catch(() => undefined);
      outlines.set(hash, outlining);
      const outline = await outlining;
      return outline === undefined || outline.length >= text.length ? undefined : { content: outline, metadata: {} };
    };
    return item;
  };
}

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
