import { unescapeText } from "./escapes.ts";
import type { KnownSecrets } from "./known.ts";
import { hasMarker, reach } from "./markers.ts";
import type { Match } from "./rules.ts";

/** A secret in a JSON value. */
export interface FoundSecret {
  /** Keys and array indices from the top. */
  path: readonly (string | number)[];
  /** The secret is in the last key of the path, not in its value. */
  at_key: boolean;
  /** The rule's name, or `$NAME` for the value of that variable. */
  name: string;
}

/** Finds and masks secrets. */
export interface Redactor {
  /** Replaces each secret by `[redacted: NAME]`. Returns the same string if there is none. */
  redact(text: string): Promise<string>;
  /** Like `redact`, but keeps the number of lines, so that line numbers stay valid. */
  redactLines(text: string): Promise<string>;
  /** Loads the rules and returns a synchronous `redactLines`. */
  lineRedactor(): Promise<(text: string) => string>;
  /** Masks secrets in every string and key of a JSON value. Returns the same value if there is none. */
  redactValue<Value>(value: Value): Promise<Value>;
  /** Returns the secrets of a text in order, without overlaps. */
  find(text: string): Promise<Match[]>;
  findInValue(value: unknown): Promise<FoundSecret[]>;
  /** Whether a text may contain a secret. If false, `find` finds none. */
  mayHold(text: string): boolean;
  /** Maximum length of a secret, in UTF-16 units. */
  max_length: number;
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
  max_length: 0,
};

/** Creates a redactor for the secrets in `known` and those that secretlint's rules match. The rules are loaded on demand. */
export function createRedactor(known: KnownSecrets): Redactor {
  const holdsMarker = (text: string): boolean => hasMarker(text) || known.test(text);
  const mayHold = (text: string): boolean => {
    if (holdsMarker(text)) return true;
    const plain = unescapeText(text);
    return plain !== undefined && holdsMarker(plain.text);
  };

  /** Loads the rules and returns a synchronous `find`. */
  async function loadFinder(): Promise<(text: string) => Match[]> {
    const { matchRules } = await import("./rules.ts");
    const matchBoth = (text: string): Match[] => (holdsMarker(text) ? [...known.matchAll(text), ...matchRules(text)] : []);
    return (text) => {
      const matches = matchBoth(text);
      // A log may be JSON, whose escapes hide what the decoded string shows.
      const plain = unescapeText(text);
      if (plain === undefined) return matches.length === 0 ? matches : mergeMatches(matches);
      const { offsetOf } = plain;
      const hidden = matchBoth(plain.text).map(({ start, end, name }) => ({
        start: offsetOf(start),
        end: offsetOf(end),
        name,
      }));
      return mergeMatches([...matches, ...hidden]);
    };
  }

  return {
    mayHold,
    max_length: Math.max(reach, known.max_length),
    find: async (text) => (mayHold(text) ? (await loadFinder())(text) : []),
    redact: async (text) => (mayHold(text) ? maskMatches(text, (await loadFinder())(text)) : text),
    redactLines: async (text) => (mayHold(text) ? maskMatches(text, (await loadFinder())(text), lineBreaks) : text),
    async lineRedactor() {
      const find = await loadFinder();
      return (text) => (mayHold(text) ? maskMatches(text, find(text), lineBreaks) : text);
    },
    async redactValue(value) {
      if (!mayHold(asText(value))) return value;
      return mapValue(value, await loadFinder());
    },
    async findInValue(value) {
      if (!mayHold(asText(value))) return [];
      const found: FoundSecret[] = [];
      mapValue(value, await loadFinder(), (secret) => found.push(secret));
      return found;
    },
  };
}

/** The JSON of a value. It contains every marker that a string of the value contains: JSON escapes no character of a marker. */
const asText = (value: unknown): string => (typeof value === "string" ? value : (JSON.stringify(value) ?? ""));

/** Sorts matches and joins overlapping ones under the name of the first. */
function mergeMatches(matches: readonly Match[]): Match[] {
  const merged: Match[] = [];
  for (const match of [...matches].sort((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1);
    if (last === undefined || match.start >= last.end) merged.push({ ...match });
    else last.end = Math.max(last.end, match.end);
  }
  return merged;
}

/** Returns the mark that replaces a secret. */
export const placeholder = (name: string): string => `[redacted: ${name}]`;

/** The line breaks in a secret of several lines, such as a private key. */
const lineBreaks = (secret: string): string => "\n".repeat(secret.split("\n").length - 1);

function maskMatches(text: string, matches: readonly Match[], keep: (secret: string) => string = () => ""): string {
  let redacted = "";
  let done = 0;
  for (const { start, end, name } of matches) {
    redacted += text.slice(done, start) + placeholder(name) + keep(text.slice(start, end));
    done = end;
  }
  return done === 0 ? text : redacted + text.slice(done);
}

/** Masks secrets in each string and key of a value, and passes each to `onSecret`. */
function mapValue<Value>(value: Value, find: (text: string) => Match[], onSecret?: (secret: FoundSecret) => void): Value {
  const path: (string | number)[] = [];
  /** Keys without a secret: items of a list usually share their keys. */
  const clean_keys = new Set<string>();

  function mapKey(key: string): string {
    if (clean_keys.has(key)) return key;
    const mapped = mapText(key, true);
    if (mapped === key) clean_keys.add(key);
    return mapped;
  }

  function mapText(text: string, at_key: boolean): string {
    const matches = find(text);
    for (const { name } of matches) onSecret?.({ path: [...path], at_key, name });
    return maskMatches(text, matches);
  }

  /** Includes the key in the search: some secrets are recognized only by the name before them, such as `secret_access_key`. */
  function mapNamed(key: string, text: string): string {
    const before = `${key}=`;
    const inside = find(before + text)
      .filter(({ end }) => end > before.length)
      .map(({ start, end, name }) => ({ start: Math.max(0, start - before.length), end: end - before.length, name }));
    for (const { name } of inside) onSecret?.({ path: [...path], at_key: false, name });
    return maskMatches(text, inside);
  }

  function map(item: unknown): unknown {
    if (typeof item === "string") return mapText(item, false);
    if (typeof item !== "object" || item === null) return item;
    if (Array.isArray(item)) {
      const list = item.map((one: unknown, i) => descend(i, () => map(one)));
      return list.every((one, i) => one === item[i]) ? item : list;
    }
    const entries = Object.entries(item).map(([key, one]: [string, unknown]) =>
      descend(key, () => [mapKey(key), typeof one === "string" ? mapNamed(key, one) : map(one)] as const),
    );
    const is_same = Object.entries(item).every(([key, one], i) => entries[i]?.[0] === key && entries[i]?.[1] === one);
    return is_same ? item : fromEntries(entries);
  }

  function descend<Mapped>(step: string | number, work: () => Mapped): Mapped {
    path.push(step);
    try {
      return work();
    } finally {
      path.pop();
    }
  }

  // Each branch returns the same kind of value as its input.
  return map(value) as Value;
}

/** Builds an object from entries; keys that are equal after masking are numbered. */
function fromEntries(entries: readonly (readonly [string, unknown])[]): object {
  const taken = new Map<string, unknown>();
  for (const [key, value] of entries) {
    let free = key;
    for (let n = 2; taken.has(free); n++) free = `${key} ${n}`;
    taken.set(free, value);
  }
  return Object.fromEntries(taken);
}
