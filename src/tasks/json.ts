import type { ParseErrorCode } from "jsonc-parser";
import type { Problem } from "#errors";
import { placeOf } from "./places.ts";

/** Values nested deeper than this are refused: what walks them further on is recursive. */
export const max_depth = 200;

/** Problems of one text are listed to this number; after that the text is rubbish. */
const max_problems = 20;

/** JSON, or JSON with comments and trailing commas; the slower parser runs only where JSON.parse has failed. */
export async function parseJson(file: string, text: string): Promise<{ value: unknown } | { problems: Problem[] }> {
  if (text.trim() === "") {
    const advice = "Give a JSON object with a list of tasks; `dispatch run --help` shows one.";
    return { problems: [{ file, message: "Invalid input format: it is empty.", advice }] };
  }
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return parseLeniently(file, text);
  }
}

async function parseLeniently(file: string, text: string): Promise<{ value: unknown } | { problems: Problem[] }> {
  const too_deep = offsetTooDeep(text);
  if (too_deep !== undefined) return { problems: [deepProblem(file, text, too_deep)] };
  const { parse, printParseErrorCode, visit } = await import("jsonc-parser");
  const problems: Problem[] = [];
  const enough = new Error("enough");
  try {
    const onError = (code: ParseErrorCode, offset: number): void => {
      const what = describe(printParseErrorCode(code), text, offset);
      problems.push({ file, ...placeOf(text, offset), message: `Invalid input format: not JSON: ${what}.` });
      // What follows the first problem on a line is mostly its echo.
      if (problems.length >= max_problems) throw enough;
    };
    visit(text, { onError }, { allowTrailingComma: true });
  } catch (error) {
    if (error !== enough) throw error;
  }
  if (problems.length > 0) return { problems: firstOfEachLine(problems) };
  return { value: parse(text, [], { allowTrailingComma: true }) as unknown };
}

function firstOfEachLine(problems: readonly Problem[]): Problem[] {
  const seen = new Set<number | undefined>();
  return problems.filter(({ line }) => !seen.has(line) && seen.add(line));
}

/** Where the nesting passes `max_depth`; strings and comments are not told apart, so it may only be asked of bad input. */
function offsetTooDeep(text: string): number | undefined {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x5b || code === 0x7b) {
      if (++depth > max_depth) return i;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return undefined;
}

/** The problem of a text that is nested too deeply. */
export function deepProblem(file: string, text: string, offset = offsetTooDeep(text) ?? 0): Problem {
  return {
    file,
    ...placeOf(text, offset),
    message: `Invalid input format: nested more than ${max_depth} levels deep.`,
    advice: "Hand data like this to the task as a file.",
  };
}

function describe(code: string, text: string, offset: number): string {
  const rest = text.slice(offset, offset + 12).split("\n")[0] ?? "";
  const found = offset >= text.length ? "the end of the file" : JSON.stringify(rest);
  switch (code) {
    case "InvalidSymbol":
      return `${found} is not a value`;
    case "InvalidNumberFormat":
      return `${found} is not a number`;
    case "PropertyNameExpected":
      return `a key in double quotes was expected, not ${found}`;
    case "ValueExpected":
      return `a value was expected, not ${found}`;
    case "ColonExpected":
      return `a colon was expected, not ${found}`;
    case "CommaExpected":
      return `a comma was expected, not ${found}`;
    case "CloseBraceExpected":
      return `a closing brace was expected, not ${found}`;
    case "CloseBracketExpected":
      return `a closing bracket was expected, not ${found}`;
    case "EndOfFileExpected":
      return `the end of the file was expected, not ${found}`;
    case "UnexpectedEndOfString":
      return "a string is not closed";
    case "InvalidEscapeCharacter":
    case "InvalidUnicode":
      return `a string holds an escape that JSON does not know, near ${found}`;
    case "InvalidCharacter":
      return `a string holds a control character, near ${found}; write it as an escape, such as \\n`;
    default:
      return `it cannot be read at ${found}`;
  }
}

/** What JSON.parse allows and the rest of the house does not. */
export type Refusal = { type: "too_deep" } | { type: "proto_key"; path: (string | number)[] };

/** Finds values nested too deeply and keys called `__proto__`, which libraries drop without a word. */
export function findRefused(value: unknown): Refusal | undefined {
  const walk = (node: unknown, depth: number): Refusal | undefined => {
    if (typeof node !== "object" || node === null) return undefined;
    if (depth >= max_depth) return { type: "too_deep" };
    if (Array.isArray(node)) {
      for (let i = 0; i < node.length; i++) {
        const found = walk(node[i], depth + 1);
        if (found !== undefined) return within(i, found);
      }
      return undefined;
    }
    for (const key in node) {
      if (key === "__proto__") return { type: "proto_key", path: [key] };
      const found = walk((node as Record<string, unknown>)[key], depth + 1);
      if (found !== undefined) return within(key, found);
    }
    return undefined;
  };
  return walk(value, 0);
}

function within(step: string | number, found: Refusal): Refusal {
  if (found.type === "proto_key") found.path.unshift(step);
  return found;
}
