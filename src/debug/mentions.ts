import { code_extensions, type Language } from "./languages.ts";
import { fixedParts, isBuiltinError } from "./search.ts";
import { isEmptyWord } from "./words.ts";

/** A code name that a text mentions: `Cart.total` has the name `total` and the container `Cart`. */
export interface MentionedName {
  name: string;
  container?: string;
}

/** The parts of a text that can be looked up in code. */
export interface Mentions {
  names: MentionedName[];
  /** Quoted texts, and the text after an error class. */
  phrases: string[];
  /** Three words in a row, at least one of them distinctive: possible parts of an unquoted error text. */
  windows: string[];
  paths: string[];
  /** Plain words, the longest first, because long words are rarer. */
  words: string[];
}

/** Maximum number of each kind, because every text makes a search slower. */
const limits = { names: 12, phrases: 6, windows: 24, words: 8, paths: 8 } as const;

const code_path = new RegExp(String.raw`[\w./\\-]*\w\.(?:${code_extensions.join("|")})\b(?!\()`, "g");
const quoted = /(?<!\w)(?:"([^"\n]{3,160})"|'([^'\n]{3,160})'|`([^`\n]{3,160})`|[“‘]([^“”‘’\n]{3,160})[”’])(?!\w)/g;
const dotted = /[A-Za-z_$][\w$]*(?:(?:\.|::|#|->)[A-Za-z_$][\w$]*)*(?:\(\))?/g;

/** Extracts from a description or a hypothesis what can be looked up. */
export function mentionsOf(text: string): Mentions {
  const start = text.slice(0, 10_000);
  const paths = [...new Set(start.match(code_path) ?? [])];
  const prose = start.replaceAll(code_path, " ");
  const names = new Map<string, MentionedName>();
  const phrases: string[] = [];
  const addName = (token: string): void => {
    const parts = token.replace(/\(\)$/, "").split(/\.|::|#|->/);
    const name = parts.at(-1) ?? "";
    const container = parts.at(-2);
    if (name.length < 3 || /^__\w+__$/.test(name) || isBuiltinError(name) || isEmptyWord(name)) return;
    if (!names.has(name) || container !== undefined)
      names.set(name, container === undefined || /^(?:self|this|cls)$/.test(container) ? { name } : { name, container });
  };
  for (const match of prose.matchAll(quoted)) {
    const inside = (match[1] ?? match[2] ?? match[3] ?? match[4] ?? "").trim();
    if (/^[\w$.:#()>-]+$/.test(inside)) for (const token of inside.match(dotted) ?? []) addName(token);
    else phrases.push(inside, ...fixedParts(inside));
  }
  for (const [token] of prose.matchAll(dotted)) if (isCodeLike(token)) addName(token);
  for (const [, rest = ""] of prose.matchAll(/\b\w*(?:Error|Exception|Warning|panic)\b\s*:\s*(.+)/g))
    phrases.push(...fixedParts(rest.trim()));
  // The parts of a name do not count as words, because the name itself is looked up.
  const plain = prose.replaceAll(dotted, (token) => (isCodeLike(token) ? " " : token));
  const words = new Set((plain.match(/[A-Za-z]{4,}/g) ?? []).map((word) => word.toLowerCase()));
  return {
    names: [...names.values()].slice(0, limits.names),
    phrases: [...new Set(phrases)].filter((phrase) => phrase.length >= 8).slice(0, limits.phrases),
    windows: windowsOf(prose).slice(0, limits.windows),
    paths: paths.slice(0, limits.paths),
    words: [...words]
      .filter((word) => !isEmptyWord(word) && !plain_words.has(word))
      .toSorted((a, b) => b.length - a.length)
      .slice(0, limits.words),
  };
}

/** Words that are common in descriptions of problems. */
const plain_words = new Set(
  (
    "about after again also always another because been before being between both call called calls cannot case change changed code could does " +
    "doing done down each even every everything fault feels file files find first found from function functions give gives goes good have having " +
    "here however instead issue just keep kind last like look looks made make makes many method more most much must need never next only other " +
    "output over part please problem program project same seem seems shows since some something still such sure take takes than that their them " +
    "there these they thing think those through time times under upon used user users uses using very want what where which while will with " +
    "without works would write wrong your broken breaks crash crashes crashed fails wrongly sometimes"
  ).split(" "),
);

/** Whether a token can only be code: `a_b`, `aB`, `a.b`, `a()`. */
function isCodeLike(token: string): boolean {
  if (token.endsWith("()") || /[a-z\d][A-Z]|[^_]_+[^_]/.test(token)) return true;
  const parts = token.split(/\.|::|#|->/);
  return parts.length > 1 && parts.every((part) => part.length > 2);
}

function windowsOf(prose: string): string[] {
  const windows = new Set<string>();
  const isDistinctive = (token: string): boolean => {
    const word = token.replaceAll(/\W/g, "");
    return /[A-Za-z]{4}/.test(token) && !isEmptyWord(word) && !plain_words.has(word.toLowerCase());
  };
  for (const line of prose.split("\n")) {
    const tokens = line.match(/\S+/g) ?? [];
    for (let at = 0; at + 3 <= tokens.length; at++) {
      const three = tokens.slice(at, at + 3);
      const text = three.join(" ").replaceAll(/^[^\w<[({$%]+|[^\w>)\]}]+$/g, "");
      if (three.some(isDistinctive) && text.length >= 10) windows.add(text);
    }
  }
  return [...windows];
}

const definition_keywords: Readonly<Record<Language, readonly (readonly [keyword: string, is_class: boolean])[]>> = {
  python: [
    ["def", false],
    ["class", true],
  ],
  ruby: [
    ["def", false],
    ["class", true],
  ],
  javascript: [
    ["function", false],
    ["class", true],
    ["const", false],
  ],
  java: [["class", true]],
  go: [
    ["func", false],
    ["type", true],
  ],
  rust: [
    ["fn", false],
    ["struct", true],
  ],
};

/** Returns the texts that start definitions of these names, and of names that start with one of these words. */
export function definitionTexts(
  names: readonly string[],
  words: readonly string[],
  languages: ReadonlySet<Language>,
): string[] {
  const asClass = (word: string): string => `${word[0]?.toUpperCase()}${word.slice(1)}`;
  const texts = [...languages].flatMap((language) =>
    definition_keywords[language].flatMap(([keyword, is_class]) => [
      ...names.map((name) => `${keyword} ${name}`),
      ...words.map((word) => `${keyword} ${is_class ? asClass(word) : word}`),
    ]),
  );
  return [...new Set(texts)];
}
