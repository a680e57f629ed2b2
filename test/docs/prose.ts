/** Finds the prose in a file: comments, and the strings that a reader may see. */
import { extname } from "node:path";
import { parseAst } from "vitest/node";

/** A stretch of prose. Its characters are at the same offsets as in the file, with comment marks blanked. */
export interface Prose {
  kind: "comment" | "string" | "title" | "text";
  /** Offset in the file. */
  start: number;
  text: string;
}

const code_endings = new Set([".ts", ".mjs", ".cjs", ".js"]);

/**
 * Returns the prose of a file. Code gives its comments and, unless it is a test, its strings; a test gives its titles.
 * A Python file in examples/, Markdown, JSON and YAML are prose from end to end.
 */
export function proseOf(path: string, text: string): Prose[] {
  if (!code_endings.has(extname(path))) return [{ kind: "text", start: 0, text }];
  const is_test = path.startsWith("test/");
  const literals = literalsOf(path, text);
  const strings = literals.flatMap(({ kind, start, end }): Prose[] =>
    kind === "other" || (is_test && kind === "string") ? [] : [{ kind, start, text: text.slice(start, end) }],
  );
  return [...strings, ...commentsOf(text, literals)].sort((a, b) => a.start - b.start);
}

interface Literal {
  kind: "string" | "title" | "other";
  start: number;
  end: number;
}

/** Every string, template and regular expression, in the order of the file. */
function literalsOf(path: string, text: string): Literal[] {
  const found = new Map<number, Literal>();
  const visit = (node: unknown, is_title: boolean): void => {
    if (Array.isArray(node)) {
      for (const one of node) visit(one, is_title);
      return;
    }
    if (!isNode(node)) return;
    const { type, start, end } = node;
    if (type === "Literal" || type === "TemplateElement") {
      const is_text = type === "TemplateElement" || typeof node["value"] === "string";
      found.set(start, { kind: is_text ? (is_title ? "title" : "string") : "other", start, end });
      return;
    }
    for (const [key, value] of Object.entries(node)) {
      const names_test = type === "CallExpression" && key === "arguments" && isTestCall(node["callee"]);
      if (names_test && Array.isArray(value)) {
        visit(value.slice(0, 1), true);
        visit(value.slice(1), false);
      } else visit(value, is_title && type !== "ArrowFunctionExpression");
    }
  };
  visit(parseAst(text, { lang: "ts" }, path), false);
  return [...found.values()].sort((a, b) => a.start - b.start);
}

interface Node extends Record<string, unknown> {
  type: string;
  start: number;
  end: number;
}

const isNode = (value: unknown): value is Node =>
  typeof value === "object" && value !== null && "type" in value && "start" in value && "end" in value;

/** Modifiers that are called before the title is given: `test.each(cases)("title", …)`. */
const with_data = /\.(each|for|skipIf|runIf)$/;

/** Whether a call takes a title: `test(…)`, `describe.skip(…)`, `test.each(…)(…)`. */
function isTestCall(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type === "CallExpression") return with_data.test(nameOf(callee["callee"]));
  return /^(test|describe)\b/.test(nameOf(callee)) && !with_data.test(nameOf(callee));
}

/** `test.each` of the nodes of a name. */
function nameOf(node: unknown): string {
  if (!isNode(node)) return "";
  return node.type === "MemberExpression"
    ? `${nameOf(node["object"])}.${nameOf(node["property"])}`
    : String(node["name"] ?? "");
}

/** The comments in what is left of a file without its literals. */
function commentsOf(text: string, literals: readonly Literal[]): Prose[] {
  let code = "";
  for (const { start, end } of literals) code += text.slice(code.length, start) + " ".repeat(end - start);
  code += text.slice(code.length);
  const found: Prose[] = [];
  for (const { 0: comment, index } of code.matchAll(/\/\*[\s\S]*?\*\/|\/\/[^\n]*(?:\n[ \t]*\/\/[^\n]*)*/g)) {
    found.push({ kind: "comment", start: index, text: comment.replaceAll(/^[ \t]*(?:\/\*\*?|\*\/?|\/\/)|\*\/$/gm, blank) });
  }
  return found;
}

const blank = (mark: string): string => " ".repeat(mark.length);
