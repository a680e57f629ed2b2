import { blank } from "./blank.ts";
import type { Evidence } from "./confidence.ts";
import { languageOf } from "./languages.ts";
import { definitionTexts, type MentionedName, type Mentions, mentionsOf } from "./mentions.ts";
import { type Definition, definitionAt, nameDefinedIn, outlineOf } from "./outline.ts";
import { isPeripheralPath, isTestPath } from "./path-kinds.ts";
import { type Hit, isCode, type Search } from "./search.ts";
import { wordsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** A place that a text mentions, with the evidence for it. */
export interface MentionedPlace {
  file: string;
  line: number;
  definition?: Definition;
  claim: string;
  evidence: Evidence[];
  /** Determines the order. From 3 up, the text names the place; below 3, they only share rare words. */
  score: number;
  by: "problem" | "hypothesis";
}

/** Minimum score of a place that the text names or quotes. */
export const min_named_score = 3;

/** Maximum number of places with one name; a more common name does not identify a place. */
const max_namesakes = 4;

/** Maximum number of pieces of evidence for one place. */
const max_evidence = 4;

/** Looks up what a text mentions: definitions by name, quoted texts, and files and functions named with its rare words. */
export async function mentionedPlaces(
  text: string,
  by: MentionedPlace["by"],
  known: { workspace: Workspace; search: Search; only_names: boolean },
): Promise<MentionedPlace[]> {
  const { workspace, search, only_names } = known;
  const mentions = mentionsOf(text);
  const languages = new Set(workspace.files.flatMap((file) => languageOf(file) ?? []));
  const names = mentions.names.map(({ name }) => name);
  const phrases = only_names ? [] : [...mentions.phrases, ...mentions.windows];
  const heads = definitionTexts(names, only_names ? [] : mentions.words, languages);
  const what = `names in the ${by}`;
  // Two searches: a search returns only the first lines of each file, and a definition may come after many uses.
  const found = await Promise.all(
    [heads, [...names, ...phrases]].map((texts) => search(texts, { step: "raised", what, max_texts: 100 })),
  );
  const all = new Map(found.flatMap((some) => some ?? []).map((hit) => [`${hit.path}:${hit.line}`, hit]));
  const hits = [...all.values()].filter(
    (hit) => isCode(hit) || (names.length > 0 && isPeripheralPath(hit.path) && !isTestPath(hit.path)),
  );
  const places = createPlaces(text, by, workspace);
  for (const name of mentions.names) addName(name, hits, places, workspace);
  if (!only_names) {
    addPhrases(mentions, hits, places, workspace);
    addWords(mentions, hits, places);
    addFiles(mentions, places, workspace);
  } else addFiles({ ...mentions, words: [] }, places, workspace);
  return places.inOrder();
}

interface Places {
  add(place: { path: string; line: number; score: number; claim: (name: string) => string; evidence: Evidence }): void;
  inOrder(): MentionedPlace[];
  by: MentionedPlace["by"];
}

function createPlaces(text: string, by: MentionedPlace["by"], workspace: Workspace): Places {
  const places = new Map<string, MentionedPlace>();
  const words = new Set(wordsOf(text));
  return {
    by,
    add({ path, line, score, claim, evidence }) {
      const source = workspace.text(path);
      if (source === undefined) return;
      const definition = definitionAt(source, line, ["function", "class"]) ?? definitionAt(source, line);
      const key = `${source.path}:${definition?.first ?? line}`;
      const before = places.get(key);
      if (before !== undefined) {
        if (score > before.score) Object.assign(before, { line, claim: claim(definition?.name ?? source.path) });
        // Several mentions of a place count more than one, but no number of rare words outweighs a name.
        before.score = Math.max(before.score, score) + 0.2;
        const is_repeated = evidence.kind === "words" && before.evidence.some(({ kind }) => kind === "named");
        if (!is_repeated && before.evidence.length < max_evidence) before.evidence.push(evidence);
        return;
      }
      const lines = source.lines.slice((definition?.first ?? line) - 1, Math.min(definition?.last ?? line, line + 300));
      const shared = [...new Set(wordsOf(lines.join("\n")))].filter((word) => words.has(word)).length;
      places.set(key, {
        ...{ file: source.path, line, by, evidence: [evidence], claim: claim(definition?.name ?? source.path) },
        ...(definition === undefined ? {} : { definition }),
        score: score + Math.min(0.9, 0.1 * shared) - (isPeripheralPath(path) ? 1.5 : 0),
      });
    },
    inOrder: () => [...places.values()].toSorted((a, b) => b.score - a.score),
  };
}

/** Adds the definitions of a name, preferring those in the container that the text gives; without a definition, adds the uses. */
function addName({ name, container = "" }: MentionedName, hits: readonly Hit[], places: Places, workspace: Workspace): void {
  const alone = new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`);
  const own = hits.filter(({ text }) => alone.test(text));
  const defined = own.filter(({ path, text }) => nameDefinedIn(path, text) === name);
  const holds = ({ path, line }: Hit): boolean => {
    const source = workspace.text(path);
    return source !== undefined && outlineOf(source).some((one) => one.first === line && one.container === container);
  };
  const in_class = container === "" ? [] : defined.filter(holds);
  const in_file = defined.filter(({ path }) => container !== "" && path.toLowerCase().includes(container.toLowerCase()));
  const chosen = [in_class, in_file].find(({ length }) => length > 0) ?? defined;
  for (const { path, line } of chosen.slice(0, max_namesakes))
    places.add({
      ...{ path, line, score: 5 - 0.3 * Math.min(3, chosen.length - 1) },
      claim: () => `The ${places.by} names ${name}, which is defined here.`,
      evidence: { kind: "named", text: `The ${places.by} names ${name}, which is defined at line ${line}.` },
    });
  if (defined.length > 0) return;
  const uses = own.filter(({ text }) => !/^\s*(?:from|import|export \{|use|require)\b/.test(text));
  for (const { path, line } of uses.length > 40 ? [] : uses)
    places.add({
      ...{ path, line, score: 3 },
      claim: (user) => `${user} uses ${name}, which the ${places.by} names; the workspace does not define it.`,
      evidence: { kind: "words", text: `The ${places.by} names ${name}, which is used at line ${line}.` },
    });
}

/** Adds the strings in code that the text quotes, or of which it repeats four words or more. */
function addPhrases({ phrases, windows }: Mentions, hits: readonly Hit[], places: Places, workspace: Workspace): void {
  const quoted = hits.flatMap((hit) => {
    const whole = phrases.filter((phrase) => hit.text.includes(phrase));
    const parts = windows.filter((window) => hit.text.includes(window));
    // Three words alone count only if the string starts with them.
    const begins = parts.some((part) => /["'`]$/.test(hit.text.slice(0, hit.text.indexOf(part))));
    if (whole.length === 0 && parts.length < 2 && !begins) return [];
    // A docstring or a comment with the same words is not what the user saw.
    const source = workspace.text(hit.path);
    const shown = [...whole, ...parts].toSorted((a, b) => b.length - a.length)[0] ?? "";
    const is_text = /["'`]/.test(hit.text) && source !== undefined && !(blank(source).code[hit.line - 1] ?? "").includes(shown);
    if (!is_text || (blank(source).comments[hit.line - 1] ?? "").includes(shown)) return [];
    return [{ hit, shown, length: Math.max(0, ...whole.map(({ length }) => length)) + parts.length * 5 }];
  });
  const longest = Math.max(0, ...quoted.map(({ length }) => length));
  const best = quoted.filter(({ length }) => length >= 0.7 * longest);
  for (const { hit, shown } of best.length > 8 ? [] : best)
    places.add({
      ...{ path: hit.path, line: hit.line, score: 4.5 },
      claim: (name) => `${name} contains the text "${shown}" from the ${places.by}.`,
      evidence: {
        kind: "message",
        text: `Line ${hit.line} contains the ${places.by}'s text: ${hit.text.trim().slice(0, 160)}`,
      },
    });
}

/** Adds definitions whose names consist mostly of the text's rare words. */
function addWords({ words }: Mentions, hits: readonly Hit[], places: Places): void {
  const stems = new Set(words.flatMap(wordsOf));
  const found = hits.flatMap(({ path, line, text }) => {
    if (isPeripheralPath(path)) return [];
    const name = nameDefinedIn(path, text);
    const parts = new Set(name === undefined ? [] : wordsOf(name));
    const shared = [...parts].filter((word) => stems.has(word)).length;
    const is_match = shared > 0 && (shared === parts.size || (shared >= 2 && shared / parts.size >= 0.6));
    return name !== undefined && is_match ? [{ path, line, name, shared }] : [];
  });
  for (const { path, line, name, shared } of found) {
    if (found.filter((one) => one.name === name).length > max_namesakes) continue;
    places.add({
      ...{ path, line, score: 1 + 0.5 * shared },
      claim: () => `${name} has words of the ${places.by} in its name.`,
      evidence: { kind: "words", text: `The name ${name}, defined at line ${line}, consists of words of the ${places.by}.` },
    });
  }
}

/** Adds files that the text names by path, or by a rare word that equals the file's name. */
function addFiles({ paths, words }: Mentions, places: Places, workspace: Workspace): void {
  const add = (path: string, score: number, evidence: Evidence, claim: string): void => {
    const source = workspace.text(path);
    if (source === undefined) return;
    // Within a file, the function with most of the text's words comes first.
    const stems = new Set(words.flatMap(wordsOf));
    const functions = outlineOf(source).filter(({ kind }) => kind === "function");
    const shared = functions.map((one) => ({
      line: one.first,
      count: new Set(wordsOf(source.lines.slice(one.first - 1, one.last).join("\n")).filter((word) => stems.has(word))).size,
    }));
    const best = shared.toSorted((a, b) => b.count - a.count)[0];
    places.add({ path, line: best?.line ?? 1, score, claim: () => claim, evidence });
  };
  for (const path of paths) {
    const { files } = workspace.matching(path);
    for (const file of files.slice(0, 2))
      add(file, 3.5, { kind: "named", text: `The ${places.by} names ${path}.` }, `The ${places.by} names the file ${file}.`);
  }
  for (const word of words) {
    const named = workspace.files.filter((file) => {
      const stem = /([^/]+)\.\w+$/.exec(file)?.[1]?.toLowerCase();
      const is_same = stem === word || stem === `_${word}` || `${stem}s` === word || stem === `${word}s`;
      return is_same && languageOf(file) !== undefined && !isTestPath(file) && !isPeripheralPath(file);
    });
    if (named.length > 2) continue;
    for (const file of named)
      add(
        file,
        1.2,
        { kind: "words", text: `The ${places.by} contains ${word}, the name of ${file}.` },
        `${file} is named after a word of the ${places.by}: ${word}.`,
      );
  }
}
