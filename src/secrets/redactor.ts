import { unescapeText } from "./escapes.ts";
import type { KnownSecrets } from "./known.ts";
import { hasMarker, reach } from "./markers.ts";
import type { Match } from "./rules.ts";

/** A secret in a value: where, and which. */
export interface FoundSecret {
  /** Keys and positions from the top. */
  path: readonly (string | number)[];
  /** It is in the last key of the path, not in its value. */
  at_key: boolean;
  /** The rule's name, or `$NAME` for the value of that variable. */
  name: string;
}

/** Puts names in the place of secrets. */
export interface Redactor {
  /** A text without its secrets: each is replaced by `[redacted: NAME]`. The same string where there is none. */
  redact(text: string): Promise<string>;
  /** The same with as many lines as before: what is known of a text by its lines is still found there. */
  redactLines(text: string): Promise<string>;
  /** The same as a function that waits for nothing: it has loaded what it needs. */
  lineRedactor(): Promise<(text: string) => string>;
  /** A JSON value with each string in it, and each key, redacted; the same value where there is nothing to redact. */
  redactValue<Value>(value: Value): Promise<Value>;
  /** The secrets in a text, in order, none inside another. */
  find(text: string): Promise<Match[]>;
  /** The secrets in a JSON value. */
  findInValue(value: unknown): Promise<FoundSecret[]>;
  /** Whether a text needs a closer look; without it `find` finds nothing. */
  mayHold(text: string): boolean;
  /** The longest that a secret can be. */
  longest: number;
}

/** Finds nothing and changes nothing. */
export const no_redactor: Redactor = {
  redact: async (text) => text,
  redactLines: async (text) => text,
  lineRedactor: async () => (text) => text,
  redactValue: async (value) => value,
  find: async () => [],
  findInValue: async () => [],
  mayHold: () => false,
  longest: 0,
};

/** Makes a redactor that knows secretlint's rules, which it loads when it needs them, and the values of `known`. */
export function createRedactor(known: KnownSecrets): Redactor {
  const holdsMarker = (text: string): boolean => hasMarker(text) || known.test(text);
  const mayHold = (text: string): boolean => {
    if (holdsMarker(text)) return true;
    const plain = unescapeText(text);
    return plain !== undefined && holdsMarker(plain.text);
  };

  /** The function that finds what stands in one string; after this nothing waits. */
  async function finder(): Promise<(text: string) => Match[]> {
    const { matchRules } = await import("./rules.ts");
    const matchBoth = (text: string): Match[] => (holdsMarker(text) ? [...known.matchAll(text), ...matchRules(text)] : []);
    return (text) => {
      const matches = matchBoth(text);
      // A log may be JSON, and hold what a decoded string would show.
      const plain = unescapeText(text);
      if (plain === undefined) return matches.length === 0 ? matches : merged(matches);
      const { offsetOf } = plain;
      const hidden = matchBoth(plain.text).map(({ start, end, name }) => ({
        start: offsetOf(start),
        end: offsetOf(end),
        name,
      }));
      return merged([...matches, ...hidden]);
    };
  }

  return {
    mayHold,
    longest: Math.max(reach, known.longest),
    find: async (text) => (mayHold(text) ? (await finder())(text) : []),
    redact: async (text) => (mayHold(text) ? replaceAll(text, (await finder())(text)) : text),
    redactLines: async (text) => (mayHold(text) ? replaceAll(text, (await finder())(text), breaksIn) : text),
    async lineRedactor() {
      const find = await finder();
      return (text) => (mayHold(text) ? replaceAll(text, find(text), breaksIn) : text);
    },
    async redactValue(value) {
      if (!mayHold(textOf(value))) return value;
      return mapValue(value, await finder());
    },
    async findInValue(value) {
      if (!mayHold(textOf(value))) return [];
      const found: FoundSecret[] = [];
      mapValue(value, await finder(), (secret) => found.push(secret));
      return found;
    },
  };
}

/** JSON, which holds a marker wherever a string of the value does: no marker has a character that JSON escapes. */
const textOf = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** Matches in order, those that touch as one; it has the name of the first. */
function merged(matches: readonly Match[]): Match[] {
  const one_by_one: Match[] = [];
  for (const match of [...matches].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = one_by_one.at(-1);
    if (last === undefined || match.start >= last.end) one_by_one.push({ ...match });
    else last.end = Math.max(last.end, match.end);
  }
  return one_by_one;
}

/** What stands in a secret's place. */
export const placeholder = (name: string): string => `[redacted: ${name}]`;

/** The line breaks of a secret over several lines, such as a private key. */
const breaksIn = (secret: string): string => "\n".repeat(secret.split("\n").length - 1);

function replaceAll(text: string, matches: readonly Match[], keep: (secret: string) => string = () => ""): string {
  let redacted = "";
  let done = 0;
  for (const { start, end, name } of matches) {
    redacted += text.slice(done, start) + placeholder(name) + keep(text.slice(start, end));
    done = end;
  }
  return done === 0 ? text : redacted + text.slice(done);
}

/** Redacts each string and key of a value; `tell` hears of each secret. */
function mapValue<Value>(value: Value, find: (text: string) => Match[], tell?: (secret: FoundSecret) => void): Value {
  const path: (string | number)[] = [];
  /** Keys without a secret: the items of a list have the same ones. */
  const clean_keys = new Set<string>();

  function mapKey(key: string): string {
    if (clean_keys.has(key)) return key;
    const mapped = mapText(key, true);
    if (mapped === key) clean_keys.add(key);
    return mapped;
  }

  function mapText(text: string, at_key: boolean): string {
    const matches = find(text);
    for (const { name } of matches) tell?.({ path: [...path], at_key, name });
    return replaceAll(text, matches);
  }

  /** Some secrets are known only by the name before them: `secret_access_key`. */
  function mapNamed(key: string, text: string): string {
    const before = `${key}=`;
    const inside = find(before + text)
      .filter(({ end }) => end > before.length)
      .map(({ start, end, name }) => ({ start: Math.max(0, start - before.length), end: end - before.length, name }));
    for (const { name } of inside) tell?.({ path: [...path], at_key: false, name });
    return replaceAll(text, inside);
  }

  function map(item: unknown): unknown {
    if (typeof item === "string") return mapText(item, false);
    if (typeof item !== "object" || item === null) return item;
    if (Array.isArray(item)) {
      const list = item.map((one: unknown, i) => inside(i, () => map(one)));
      return list.every((one, i) => one === item[i]) ? item : list;
    }
    const entries = Object.entries(item).map(([key, one]: [string, unknown]) =>
      inside(key, () => [mapKey(key), typeof one === "string" ? mapNamed(key, one) : map(one)] as const),
    );
    const is_same = Object.entries(item).every(([key, one], i) => entries[i]?.[0] === key && entries[i]?.[1] === one);
    return is_same ? item : fromEntries(entries);
  }

  function inside<Mapped>(step: string | number, work: () => Mapped): Mapped {
    path.push(step);
    try {
      return work();
    } finally {
      path.pop();
    }
  }

  // Each branch gives back the kind of value that it was given.
  return map(value) as Value;
}

/** An object from entries; keys that have become alike are numbered. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  const taken = new Map<string, unknown>();
  for (const [key, value] of entries) {
    let free = key;
    for (let n = 2; taken.has(free); n++) free = `${key} ${n}`;
    taken.set(free, value);
  }
  return Object.fromEntries(taken);
}
