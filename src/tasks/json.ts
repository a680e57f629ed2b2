import type { ParseErrorCode } from "jsonc-parser";
import type { Problem } from "#errors";
import { findDuplicates } from "./duplicates.ts";
import { placeOf } from "./places.ts";

/** Maximum nesting: later steps are recursive. */
export const max_depth = 200;

/** Syntax errors reported per file. */
const max_errors = 20;

/** Whether a value is nested deeper than `max_depth`. */
export function isTooDeep(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null) return false;
  return depth >= max_depth || Object.values(value).some((item) => isTooDeep(item, depth + 1));
}

/** The parsed value, or why there is none. */
export type ParsedJson = { value: unknown } | { problems: Problem[] };

/**
 * Parses JSON with optional comments and trailing commas. `text` has no byte order mark. Rejects what JSON.parse accepts
 * silently: duplicate keys and keys named `__proto__`. `advice` is for an empty file.
 */
export async function parseJson(file: string, text: string, advice: string): Promise<ParsedJson> {
  if (!/\S/.test(text)) {
    return { problems: [{ file, message: "Invalid input format: the file is empty.", advice }] };
  }
  // JSON.parse would need gigabytes of memory to fail on such a text.
  const opening = /^[\s[]{1000}/.test(text) ? scan(text).too_deep : undefined;
  if (opening !== undefined) return { problems: [deepProblem(file, text, opening)] };
  let json = text;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const survey = scan(text);
    if (survey.too_deep !== undefined) return { problems: [deepProblem(file, text, survey.too_deep)] };
    json = survey.json;
    try {
      value = JSON.parse(json);
    } catch (error) {
      return { problems: await syntaxProblems(file, text, error) };
    }
  }
  const walked = inspectTree(value);
  if (walked.too_deep) return { problems: [deepProblem(file, text, scan(text).too_deep ?? 0)] };
  if (walked.has_proto || walked.keys !== countKeys(json)) {
    const problems = await findDuplicates(file, text);
    if (problems.length > 0) return { problems };
  }
  return { value };
}

interface Scan {
  /** The text with blanks instead of comments and trailing commas; its length is unchanged. */
  json: string;
  /** Offset at which the nesting exceeds `max_depth`. */
  too_deep: number | undefined;
}

/** Scans a text that JSON.parse rejects for comments, trailing commas and nesting. */
function scan(text: string): Scan {
  const blanks: [from: number, to: number][] = [];
  let depth = 0;
  /** The last two characters outside of blanks and comments; for a string, its closing quote. */
  let last = 0;
  let before = 0;
  let last_at = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) continue;
    if (code === slash) {
      const next = text.charCodeAt(i + 1);
      if (next !== slash && next !== star) return { json: text, too_deep: undefined };
      const end = next === slash ? endOfLine(text, i) : text.indexOf("*/", i + 2) + 2;
      if (end < i + 2) return { json: text, too_deep: undefined };
      const previous = blanks.at(-1);
      if (previous !== undefined && previous[0] > last_at) previous[1] = end;
      else blanks.push([i, end]);
      i = end - 1;
      continue;
    }
    if (code === quote) i = endOfString(text, i);
    else if (code === 0x5b || code === 0x7b) {
      if (++depth > max_depth) return { json: text, too_deep: i };
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
      const follows_value = before !== 0x5b && before !== 0x7b && before !== comma && before !== 0x3a && before !== 0;
      if (last === comma && follows_value) blanks.push([last_at, last_at + 1]);
    }
    before = last;
    last = code;
    last_at = i;
  }
  return { json: blanked(text, blanks), too_deep: undefined };
}

const quote = 0x22;
const slash = 0x2f;
const star = 0x2a;
const comma = 0x2c;

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
}

/** Returns the offset of the quote that closes the string at `i`, or the end of the text. */
function endOfString(text: string, i: number): number {
  for (let end = text.indexOf('"', i + 1); end !== -1; end = text.indexOf('"', end + 1)) {
    let slashes = 0;
    while (text.charCodeAt(end - 1 - slashes) === 0x5c) slashes++;
    if (slashes % 2 === 0) return end;
  }
  return text.length;
}

/** Replaces ranges with blanks, line breaks included: lines are counted in the original text, and offsets stay. */
function blanked(text: string, blanks: readonly [from: number, to: number][]): string {
  if (blanks.length === 0) return text;
  const pieces: string[] = [];
  let done = 0;
  for (const [from, to] of [...blanks].sort(([a], [b]) => a - b)) {
    pieces.push(text.slice(done, from), " ".repeat(to - from));
    done = to;
  }
  pieces.push(text.slice(done));
  return pieces.join("");
}

/** Counts the keys in valid JSON, including the duplicates that JSON.parse drops. */
function countKeys(text: string): number {
  let keys = 0;
  for (let i = text.indexOf('"'); i !== -1; i = text.indexOf('"', i)) {
    i = endOfString(text, i) + 1;
    let code = text.charCodeAt(i);
    while (code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09) code = text.charCodeAt(++i);
    if (code === 0x3a) keys++;
  }
  return keys;
}

interface TreeFacts {
  keys: number;
  too_deep: boolean;
  /** Some key is `__proto__`, which libraries drop silently. */
  has_proto: boolean;
}

function inspectTree(value: unknown): TreeFacts {
  const walked: TreeFacts = { keys: 0, too_deep: false, has_proto: false };
  const visit = (node: object, depth: number): void => {
    if (depth >= max_depth) {
      walked.too_deep = true;
      return;
    }
    if (Array.isArray(node)) {
      for (const item of node) if (typeof item === "object" && item !== null) visit(item, depth + 1);
      return;
    }
    for (const key in node) {
      walked.keys++;
      if (key === "__proto__") walked.has_proto = true;
      const item = (node as Record<string, unknown>)[key];
      if (typeof item === "object" && item !== null) visit(item, depth + 1);
    }
  };
  if (typeof value === "object" && value !== null) visit(value, 0);
  return walked;
}

function deepProblem(file: string, text: string, offset: number): Problem {
  return {
    file,
    ...placeOf(text, offset),
    message: `Invalid input format: nested more than ${max_depth} levels deep.`,
    advice: "Pass such data to the task as a file.",
  };
}

/** Parses the text again with a parser that continues after an error. */
async function syntaxProblems(file: string, text: string, error: unknown): Promise<Problem[]> {
  const { printParseErrorCode, visit } = await import("jsonc-parser");
  const problems: Problem[] = [];
  const enough = new Error("enough");
  const push = (offset: number, what: string): void => {
    const { line, column } = placeOf(text, offset);
    // Later errors on the same line, or at the end of the file, mostly follow from the first.
    if (problems.some((problem) => problem.line === line) || (problems.length > 0 && offset >= text.trimEnd().length)) return;
    problems.push({ file, line, column, message: `Invalid input format: not valid JSON: ${what}.` });
    if (problems.length >= max_errors) throw enough;
  };
  try {
    const onError = (code: ParseErrorCode, offset: number): void =>
      push(offset, describeSyntaxError(printParseErrorCode(code), text, offset));
    visit(text, { onError }, { allowTrailingComma: true });
  } catch (thrown) {
    // The text may be nested deeper than this recursive parser can follow.
    if (thrown !== enough && !(thrown instanceof RangeError)) throw thrown;
  }
  if (problems.length === 0) {
    const offset = Number(/position (\d+)/.exec(String(error))?.[1] ?? 0);
    push(offset, `unexpected ${excerptAt(text, offset)}`);
  }
  return problems;
}

/** Returns a short excerpt at an offset; blanks that JSON does not allow are shown as escapes. */
function excerptAt(text: string, offset: number): string {
  if (offset >= text.length) return "the end of the file";
  const line = text.slice(offset, offset + 12).split(/\r?\n/)[0] ?? "";
  const shown = JSON.stringify(/^[\w.+-]+/.exec(line)?.[0] ?? line);
  return shown.replace(/[^\S ]|[\u200b-\u200f\ufeff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function describeSyntaxError(code: string, text: string, offset: number): string {
  const found = excerptAt(text, offset);
  const expected = (what: string): string => `expected ${what}, found ${found}`;
  switch (code) {
    case "InvalidSymbol":
      return text[offset] === "'" ? `strings need double quotes, found ${found}` : `${found} is not a value`;
    case "InvalidNumberFormat":
    case "UnexpectedEndOfNumber":
      return `${found} is not a number`;
    case "PropertyNameExpected":
      return expected("a key in double quotes");
    case "ValueExpected":
      return expected("a value");
    case "ColonExpected":
      return expected("a colon");
    case "CommaExpected":
      return expected("a comma");
    case "CloseBraceExpected":
      return expected("a comma or a closing brace");
    case "CloseBracketExpected":
      return expected("a comma or a closing bracket");
    case "EndOfFileExpected":
      return expected("the end of the file");
    case "UnexpectedEndOfString":
      return "unclosed string";
    case "UnexpectedEndOfComment":
      return "unclosed comment";
    case "InvalidEscapeCharacter":
    case "InvalidUnicode":
      return `invalid escape in the string ${found}`;
    case "InvalidCharacter":
      return `control character in the string ${found}; write it as an escape, such as \\n`;
    default:
      return `unexpected ${found}`;
  }
}
