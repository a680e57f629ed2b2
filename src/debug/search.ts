import type { Budget } from "./budget.ts";
import type { ResolvedError } from "./clues.ts";
import type { Git } from "./git.ts";
import { languageOf } from "./languages.ts";
import { isLibraryPath, isPeripheralPath, isTestPath } from "./path-kinds.ts";
import type { RaisedPlace } from "./stack-signals.ts";
import { literalsOf } from "./words.ts";
import type { Workspace } from "./workspace.ts";

/** A line that contains a searched text. */
export interface Hit extends RaisedPlace {
  text: string;
}

/**
 * Finds lines in the whole workspace by their text; returns undefined if there is no time left to start. The report uses
 * `what` if time runs out.
 */
export type Search = (
  texts: readonly string[],
  options: { step: "raised" | "callers"; what: string; words?: boolean; max_texts?: number },
) => Promise<Hit[] | undefined>;

/** Creates the search of a workspace: `git grep`, plus a scan of the files that git does not search. */
export function createSearch(workspace: Workspace, git: Git | undefined, budget: Budget, signal: AbortSignal): Search {
  return async (texts, { step, what, words = false, max_texts = 32 }) => {
    const wanted = [...new Set(texts)].filter((text) => text.length >= 3 && !/[\0\n\r]/.test(text)).slice(0, max_texts);
    if (wanted.length === 0) return [];
    if (budget.left(step) === 0) {
      budget.skip(what);
      return undefined;
    }
    const in_git = workspace.unsearched === workspace.files ? [] : ((await git?.grep(wanted, step, what)) ?? []);
    const unsearched = workspace.unsearched.filter((path) => languageOf(path) !== undefined);
    const until = Math.min(max_ms, budget.left(step));
    const hits = [...in_git, ...(await searchFiles(wanted, unsearched, { workspace, budget, until, what, signal }))];
    if (!words) return hits;
    const pattern = wholeWords(wanted);
    return hits.filter(({ text }) => pattern.test(text));
  };
}

const escapeRegExp = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** Returns a pattern that matches any of the texts, but not inside a longer name. */
const wholeWords = (texts: readonly string[]): RegExp =>
  new RegExp(`(?<![\\w$])(?:${texts.map(escapeRegExp).join("|")})(?![\\w$])`);

/** Time limit of one search without git in milliseconds, which leaves time for later searches. */
const max_ms = 500;

/** Maximum number of lines that one search without git returns. */
const max_hits = 2000;

async function searchFiles(
  texts: readonly string[],
  files: readonly string[],
  {
    workspace,
    budget,
    until,
    what,
    signal,
  }: { workspace: Workspace; budget: Budget; until: number; what: string; signal: AbortSignal },
): Promise<Hit[]> {
  const hits: Hit[] = [];
  const any = new RegExp(texts.map(escapeRegExp).join("|"));
  const { now } = budget.clock;
  const began = now();
  for (const [i, path] of files.entries()) {
    if (hits.length > max_hits) {
      workspace.cuts.push(`A text search found more than ${max_hits} lines and stopped after ${i} of ${files.length} files.`);
      break;
    }
    if (i % 50 === 0) {
      signal.throwIfAborted();
      await new Promise(setImmediate);
      if (now() - began >= until) {
        budget.skip(`${what} (the search without git stopped after ${i} of ${files.length} files)`);
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

/** Returns the parts of a message that may occur literally in code, without the values inserted between them. */
export function fixedParts(message: string): string[] {
  const first = message.split("\n")[0] ?? "";
  if (/^assert\b|^expected .* (?:to|not to) |^expect\(/i.test(first)) return [];
  const parts = first.split(/\s*(?:['"`‘’][^'"`‘’]*['"`‘’]|\b\d[\w.:-]*\b|[{}[\]<>]|\/\S+|: )\s*/).map((part) => part.trim());
  return [first, ...parts].filter((part) => part.length >= 8 && /[a-z]{3}.*\W.*[a-z]{2}|[A-Z_]{6}/i.test(part)).slice(0, 8);
}

/** Finds where the errors' texts and classes are raised, outside of tests. */
export async function raisedPlaces(errors: readonly ResolvedError[], prose: readonly string[], search: Search): Promise<Hit[]> {
  const texts = errors
    .slice(0, 8)
    .flatMap(({ message }) => [...fixedParts(message), ...literalsOf(message).filter((text) => text.includes(" "))]);
  const classes = errors
    .flatMap(({ type }) => (type === undefined ? [] : [type.split(/[.:]/).at(-1) ?? type]))
    .filter((type) => !isBuiltinError(type));
  if (texts.length === 0 && errors.length === 0) texts.push(...prose.slice(0, 5).flatMap(fixedParts));
  // One search covers texts and classes, so that the workspace is read only once.
  const found =
    (await search([...classes.slice(0, 8), ...texts], { step: "raised", what: "where the errors are raised" })) ?? [];
  const hits = found.filter(isCode);
  const by_text = hits.filter(({ text }) => texts.some((one) => text.includes(one)));
  const [whole = ""] = texts;
  // A match of the whole message is worth more than matches of its parts, and few matches are worth more than many.
  const exact = by_text.filter(({ text }) => text.includes(whole));
  const chosen = whole !== "" && exact.length > 0 ? exact : by_text;
  if (chosen.length > 0 && chosen.length <= 12) return chosen;
  if (classes.length === 0) return chosen.length > 12 ? [] : chosen;
  const any_class = wholeWords(classes);
  const raised = hits.filter(
    ({ text }) => any_class.test(text) && /\b(?:raise|throw|new|panic!?|Err|errors?\.New|fail)\b/.test(text),
  );
  return chosen.length > 12 ? raised.slice(0, 12) : [...chosen, ...raised].slice(0, 12);
}

const builtin =
  /^(?:\w*AssertionError|Error|Exception|panic|TypeError|ValueError|KeyError|IndexError|AttributeError|NameError|RuntimeError|OSError|IOError|ReferenceError|RangeError|SyntaxError|StopIteration|SystemExit|ExceptionGroup|AggregateError|Failed|NullPointerException|IllegalArgumentException|IllegalStateException|RuntimeException|NoMethodError|ArgumentError|StandardError|ZeroDivisionError|NotImplementedError|FileNotFoundError|ImportError|ModuleNotFoundError|UnicodeDecodeError)$/;

/** Whether an error class belongs to a language's standard library, so that its name does not identify where it is raised. */
export const isBuiltinError = (name: string): boolean => builtin.test(name);

/** Whether a hit is in the user's code and is neither in a test nor a comment. */
export const isCode = ({ path, text }: Hit): boolean =>
  languageOf(path) !== undefined &&
  !isLibraryPath(path) &&
  !isTestPath(path) &&
  !isPeripheralPath(path) &&
  !/^\s*(?:\*|\/\/|#|"""|>>>)/.test(text);
