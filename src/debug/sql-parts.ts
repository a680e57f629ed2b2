import { blank } from "./blank.ts";
import { languageOf } from "./languages.ts";
import { definitionAt, outlineOf } from "./outline.ts";
import { outerParts, type RuleLine } from "./rule.ts";
import type { SourceFile } from "./workspace.ts";

/** The context of an expression: its file, the lines of its function, and the names known to be safe there. */
interface Scope {
  source: SourceFile;
  /** The lines to search for assignments, from 1, up to the expression. */
  first: number;
  last: number;
  safe: ReadonlySet<string>;
}

/** Maximum number of names and calls to follow. */
const max_steps = 12;

/**
 * Whether a Python statement inserts only safe parts into its text: constants, placeholders, and names checked against
 * constants. The check is needed because column names cannot be passed as placeholders.
 */
export function insertsOnlyConstants({ source, at, statement }: RuleLine): boolean {
  if (languageOf(source.path) !== "python") return false;
  const text = statement();
  if (/["']\s*%\s*[\w(]|\.format\s*\(|["']\s*\+\s*\w|\w\s*\+\s*["']/.test(text)) return false;
  const own = definitionAt(source, at + 1, ["function"]);
  const scope = { source, first: own?.first ?? 1, last: at + 1, safe: new Set<string>() };
  return partsOf(text).every((part) => isSafe(part, scope, max_steps));
}

const partsOf = (text: string): string[] =>
  [...text.replaceAll("{{", "").matchAll(/\{([^{}]+)\}/g)].map(([, part = ""]) =>
    part.replace(/![rsa]$|:[^'"()[\]]*$/, "").trim(),
  );

const literal = /^[rb]?(?:"[^"{]*"|'[^'{]*'|\d+)$/;

function isSafe(expression: string, scope: Scope, steps: number): boolean {
  const text = expression.trim();
  if (steps === 0 || text === "") return false;
  const less = steps - 1;
  if (literal.test(text) || /^(?:\w+\.)*[A-Z][A-Z\d_]+$/.test(text) || scope.safe.has(text)) return true;
  const either = text.split(/\s+or\s+/);
  if (either.length > 1) return either.every((one) => isSafe(one, scope, less));
  // A string times a number is a list of placeholders.
  if (/^[[(]?\s*(?:"[^"{]*"|'[^'{]*')\s*[\])]?\s*\*/.test(text)) return true;
  if (/^f(?:"[^"]*"|'[^']*')$/.test(text)) return partsOf(text).every((part) => isSafe(part, scope, less));
  const joined = /^(?:"[^"]*"|'[^']*'|\w+)\.join\s*\((.*)\)$/s.exec(text)?.[1];
  if (joined !== undefined) return isSafe(joined, scope, less);
  const each = /^(.+?)\s+for\s+([\w, ]+?)\s+in\s+(.+)$/s.exec(/^[[(](.*)[\])]$/s.exec(text)?.[1] ?? text);
  if (each !== null) {
    const [, body = "", names = "", from = ""] = each;
    if (literal.test(body)) return true;
    const safe = new Set([...scope.safe, ...(isSafe(from, scope, less) ? names.split(/\s*,\s*/) : [])]);
    return isSafe(body, { ...scope, safe }, less);
  }
  const call = /^(?:self\.)?(\w+)\s*\((.*)\)$/s.exec(text);
  if (call !== null) {
    const [, name = "", inside = ""] = call;
    if (/^(?:range|len|int)$/.test(name)) return true;
    if (/^(?:enumerate|list|tuple|sorted|set|reversed)$/.test(name))
      return isSafe(inside.replace(/,\s*(?:start\s*=\s*)?\w+$/, ""), scope, less);
    return returnsSafe(name, scope.source, less);
  }
  return /^\w+$/.test(text) && isSafeName(text, scope, less);
}

/** Whether a function of the same file returns safe text: it checks names against constants, or returns only safe parts. */
function returnsSafe(name: string, source: SourceFile, steps: number): boolean {
  const own = outlineOf(source).find((one) => one.kind === "function" && one.name === name);
  if (own === undefined) return false;
  const lines = source.lines.slice(own.first - 1, own.last);
  if (allowlistCheckAt(lines, String.raw`\w+`) >= 0) return true;
  const returns = lines.flatMap((line, at) => (/^\s*return\b/.test(line) ? [{ line, at: own.first - 1 + at }] : []));
  return (
    returns.length > 0 &&
    returns.every(({ line, at }) => {
      const scope = { source, first: own.first, last: at + 1, safe: new Set<string>() };
      return isSafe(line.replace(/^\s*return\b/, ""), scope, steps);
    })
  );
}

/** Returns the last line that rejects a name which is not in a constant or not an identifier, or -1. */
function allowlistCheckAt(lines: readonly string[], name: string): number {
  const check = new RegExp(
    String.raw`^\s*if\s+(?:${name}\s+not\s+in\s+(?:\w+\.)*[A-Z][A-Z\d_]+|not\s+(?:${name}\.isidentifier\s*\(|re\.fullmatch\s*\(|[A-Z_]+\.fullmatch\s*\())`,
  );
  return lines.findLastIndex((line, at) => check.test(line) && /^\s*(?:raise|return|continue)\b/.test(lines[at + 1] ?? ""));
}

function isSafeName(name: string, { source, first, last, safe }: Scope, steps: number): boolean {
  const { code } = blank(source);
  const lines = source.lines.slice(first - 1, last - 1);
  const checked = allowlistCheckAt(lines, name);
  const own = lines.flatMap((line, at) => {
    const is_code = (code[first - 1 + at] ?? "").trim() !== "";
    const value = is_code ? assignedValue(name, line) : undefined;
    return value === undefined ? [] : [{ text: value, at: first + at }];
  });
  // An assignment after the check makes the check void.
  if (checked >= 0 && own.every(({ at }) => at < first + checked)) return true;
  if (own.length > 0) return own.every(({ text, at }) => isSafe(text, { source, first, last: at, safe }, steps));
  // A global that is assigned once is safe if its value consists of string literals.
  const global = source.lines.filter((line) => new RegExp(String.raw`^${name}\s*(?::[^=]+)?=(?!=)`).test(line));
  const value = global.length === 1 ? (global[0] ?? "").replace(/^[^=]*=\s*/, "").trim() : "";
  return literal.test(value) || /^[([](?:\s*(?:"[^"]*"|'[^']*')\s*,?)+[)\]]$/.test(value);
}

/** Returns the value that a line assigns to a name: alone, in a tuple, or as a loop variable. */
function assignedValue(name: string, line: string): string | undefined {
  const [, names = "", value = ""] =
    /^\s*(?:for\s+)?(\w+(?:\s*,\s*\w+)*)\s*(?::[^=]+?)?\s*(?:\+?=(?!=)|\bin\b)\s*(.+?):?\s*$/.exec(line) ?? [];
  const place = names.split(/\s*,\s*/).indexOf(name);
  if (place < 0) return undefined;
  const values = names.includes(",") ? outerParts(value) : [value];
  return values.length > 1 ? values[place] : value;
}
