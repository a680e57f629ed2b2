import type { PlacedError } from "./clues.ts";
import type { Git } from "./git.ts";
import { languageOf } from "./languages.ts";
import { isAsidePath, isLibraryPath, isTestPath } from "./library-frames.ts";
import type { RaisedPlace } from "./suspects.ts";
import { literalsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** A line that was found by its text. */
export interface Hit extends RaisedPlace {
  text: string;
}

/** Finds lines by their text in the whole workspace: git grep, or a walk of its own within bounds. */
export type Search = (texts: readonly string[], options?: { words?: boolean }) => Promise<Hit[]>;

/** Makes the search for this workspace. */
export function createSearch(workspace: Workspace, git: Git | undefined, signal: AbortSignal): Search {
  return async (texts, options = {}) => {
    const wanted = [...new Set(texts)].filter((text) => text.length >= 3 && !/[\0\n\r]/.test(text)).slice(0, 24);
    if (wanted.length === 0) return [];
    const in_git = workspace.unsearched === workspace.files ? [] : ((await git?.grep(wanted)) ?? []);
    const hits = [...in_git, ...(await searchFiles(wanted, workspace, signal))];
    if (options.words !== true) return hits;
    const any = new RegExp(`(?<![\\w$])(?:${wanted.map(literally).join("|")})(?![\\w$])`);
    return hits.filter(({ text }) => any.test(text));
  };
}

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Most milliseconds of one search without git. */
const most_ms = 500;

async function searchFiles(texts: readonly string[], workspace: Workspace, signal: AbortSignal): Promise<Hit[]> {
  const hits: Hit[] = [];
  const files = workspace.unsearched.filter((path) => languageOf(path) !== undefined);
  const any = new RegExp(texts.map(literally).join("|"));
  const until = performance.now() + most_ms;
  for (const [i, path] of files.entries()) {
    if (i % 100 === 0) {
      signal.throwIfAborted();
      await new Promise(setImmediate);
      if (performance.now() > until || hits.length > 2000) {
        workspace.cuts.push(`A search for text without git's help ended after ${i} of ${files.length} files.`);
        break;
      }
    }
    const lines = workspace.grep(path, any);
    for (let at = 0; at < lines.length; at++) {
      const text = lines[at] ?? "";
      if (any.test(text)) hits.push({ path, line: at + 1, text: text.slice(0, 2000) });
    }
  }
  return hits;
}

/** The parts of a message that may stand in code as they are: values were put between them. */
export function fixedParts(message: string): string[] {
  const first = message.split("\n")[0] ?? "";
  if (/^assert\b|^expected .* (?:to|not to) |^expect\(/i.test(first)) return [];
  const parts = first.split(/\s*(?:['"`‘’][^'"`‘’]*['"`‘’]|\b\d[\w.:-]*\b|[{}[\]<>]|\/\S+|: )\s*/).map((part) => part.trim());
  return [first, ...parts].filter((part) => part.length >= 8 && /[a-z]{3}.*\W.*[a-z]{2}|[A-Z_]{6}/i.test(part)).slice(0, 8);
}

/** Where the texts and classes of the errors are raised, in code that is no test. */
export async function raisedPlaces(errors: readonly PlacedError[], prose: readonly string[], search: Search): Promise<Hit[]> {
  const texts = errors
    .slice(0, 8)
    .flatMap(({ message }) => [...fixedParts(message), ...literalsOf(message).filter((text) => text.includes(" "))]);
  const classes = errors
    .flatMap(({ type }) => (type === undefined ? [] : [type.split(/[.:]/).at(-1) ?? type]))
    .filter((type) => !builtin.test(type));
  if (texts.length === 0 && errors.length === 0) texts.push(...prose.slice(0, 5).flatMap(fixedParts));
  const by_text = (await search(texts)).filter(isCode);
  const [whole = ""] = texts;
  // The whole message is worth more than its parts, and fewer places more than many.
  const exact = by_text.filter(({ text }) => text.includes(whole));
  const chosen = whole !== "" && exact.length > 0 ? exact : by_text;
  if (chosen.length > 0 && chosen.length <= 12) return chosen;
  const raised = (await search(classes, { words: true }))
    .filter(isCode)
    .filter(({ text }) => /\b(?:raise|throw|new|panic!?|Err|errors?\.New|fail)\b/.test(text));
  return chosen.length > 12 ? raised.slice(0, 12) : [...chosen, ...raised].slice(0, 12);
}

const builtin =
  /^(?:\w*AssertionError|Error|Exception|panic|TypeError|ValueError|KeyError|IndexError|AttributeError|NameError|RuntimeError|OSError|IOError|ReferenceError|RangeError|SyntaxError|StopIteration|SystemExit|ExceptionGroup|AggregateError|Failed|NullPointerException|IllegalArgumentException|IllegalStateException|RuntimeException|NoMethodError|ArgumentError|StandardError|ZeroDivisionError|NotImplementedError|FileNotFoundError|ImportError|ModuleNotFoundError|UnicodeDecodeError)$/;

const isCode = ({ path, text }: Hit): boolean =>
  languageOf(path) !== undefined &&
  !isLibraryPath(path) &&
  !isTestPath(path) &&
  !isAsidePath(path) &&
  !/^\s*(?:\*|\/\/|#|"""|>>>)/.test(text);
