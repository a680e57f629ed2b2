import { type Language, languageOf } from "./languages.ts";
import type { SourceFile } from "./workspace.ts";

/** A definition in a file with its first and last line (from 1, inclusive). */
export interface Definition {
  file: string;
  name: string;
  kind: "function" | "class" | "value" | "test";
  first: number;
  last: number;
  /** The name of the enclosing definition. */
  container?: string;
}

type Rule = readonly [pattern: RegExp, kind: Definition["kind"]];

const not_names = new Set(
  "if for while switch catch return function with else do try new typeof await yield super constructor_ elif match case when unless until loop synchronized throw".split(
    " ",
  ),
);

const modifiers = String.raw`(?:(?:public|private|protected|static|async|readonly|override|abstract|declare|get|set|final|synchronized|native|default)\s+)*`;

/** The rules of each language in order; the first match wins, and its first group is the name. */
const rules: Readonly<Record<Language, readonly Rule[]>> = {
  python: [
    [/^\s*(?:async\s+)?def\s+(\w+)/, "function"],
    [/^\s*class\s+(\w+)/, "class"],
    [/^([A-Za-z_]\w*)\s*(?::[^=]+)?=(?!=)/, "value"],
  ],
  javascript: [
    [/^\s*(?:describe|it|test|suite|context|Deno\.test)(?:\.\w+)*(?:\(.*\))?\(\s*(?:\{ name: )?(["'`].+)/, "test"],
    [/^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:async\s+)?function\s*\*?\s*([\w$]+)/, "function"],
    [/^\s*(?:export\s+)?(?:default\s+)?(?:declare\s+)?(?:abstract\s+)?(?:class|interface|enum)\s+([\w$]+)/, "class"],
    [/^\s*(?:export\s+)?(?:declare\s+)?type\s+([\w$]+)\b.*=/, "class"],
    [
      /^\s*(?:export\s+)?(?:const|let|var)\s+([\w$]+)\s*(?::.*)?=\s*(?:async\b.*|function\b.*|\(.*|<.*|[\w$]+\s*=>.*)$/,
      "function",
    ],
    [/^(?:export\s+)?(?:const|let|var)\s+([\w$]+)/, "value"],
    [/^\s*(?:exports|module\.exports|[\w$]+\.prototype)\.([\w$]+)\s*=/, "function"],
    [
      new RegExp(String.raw`^\s+${modifiers}\*?#?([\w$]+)\s*[=:]\s*(?:async\s*)?(?:\([^)]*\)|[\w$]+)(?:\s*:[^=]+)?\s*=>`),
      "function",
    ],
    [new RegExp(String.raw`^\s+${modifiers}\*?#?([\w$]+)\s*(?:<[^(]*>)?\((?!.*\)\s*;?\s*$).*$`), "function"],
  ],
  java: [
    [
      new RegExp(
        String.raw`^\s*(?:@\w+\s+)*${modifiers}(?:data |sealed |open |case )?(?:class|interface|enum|record|object|trait)\s+(\w+)`,
      ),
      "class",
    ],
    [new RegExp(String.raw`^\s*(?:@\w+\s+)*${modifiers}(?:suspend\s+)?(?:fun|def)\s+(?:<.*>\s*)?(?:\w+\.)?(\w+)`), "function"],
    [new RegExp(String.raw`^\s+${modifiers}(?:<[^>]+>\s+)?[\w<>[\],.? ]+\s+(\w+)\s*\([^;]*$`), "function"],
    [new RegExp(String.raw`^\s+${modifiers}([A-Z]\w*)\s*\([^;]*\{\s*$`), "function"],
  ],
  go: [
    [/^func\s+(?:\([^)]*\)\s*)?(\w+)/, "function"],
    [/^type\s+(\w+)/, "class"],
    [/^(?:var|const)\s+(\w+)/, "value"],
  ],
  rust: [
    [/^\s*(?:pub(?:\([^)]*\))?\s+)?(?:(?:async|unsafe|const|extern "C")\s+)*fn\s+(\w+)/, "function"],
    [/^\s*(?:pub(?:\([^)]*\))?\s+)?(?:struct|enum|trait|union|mod)\s+(\w+)/, "class"],
    [/^\s*(?:unsafe\s+)?impl(?:<.*?>)?\s+(?:[\w:<>]+\s+for\s+)?(\w+)/, "class"],
    [/^\s*(?:pub(?:\([^)]*\))?\s+)?(?:static|const)\s+(\w+)\s*:/, "value"],
    [/^\s*macro_rules!\s+(\w+)/, "function"],
  ],
  ruby: [
    [/^\s*def\s+(?:self\.)?([\w?!=]+)/, "function"],
    [/^\s*(?:class|module)\s+(?:\w+::)*(\w+)/, "class"],
    [/^\s*(?:it|describe|context|specify|test|scenario)\s+(["'].+)/, "test"],
    [/^\s*([A-Z][A-Z_\d]+)\s*=/, "value"],
  ],
};

const outlines = new WeakMap<SourceFile, Definition[]>();

/** Returns the definitions of a file in order. Indentation determines where they end, which is reliable in formatted code. */
export function outlineOf(source: SourceFile): Definition[] {
  const before = outlines.get(source);
  if (before !== undefined) return before;
  const language = languageOf(source.path);
  const found = language === undefined ? [] : readOutline(source, rules[language]);
  outlines.set(source, found);
  return found;
}

/** Returns the innermost definition around a line, of one of `kinds` if given. */
export function definitionAt(source: SourceFile, line: number, kinds?: readonly Definition["kind"][]): Definition | undefined {
  return outlineOf(source).findLast(
    (one) => one.first <= line && line <= one.last && (kinds === undefined || kinds.includes(one.kind)),
  );
}

/** Returns the name that a line defines, judged by the line alone. */
export function nameDefinedIn(path: string, text: string): string | undefined {
  const language = languageOf(path);
  return language === undefined ? undefined : definedIn(text, rules[language])?.name;
}

function definedIn(text: string, tried: readonly Rule[]): Pick<Definition, "name" | "kind"> | undefined {
  for (const [pattern, kind] of tried) {
    const name = pattern.exec(text)?.[1];
    if (name !== undefined && !not_names.has(name)) return { name, kind };
  }
  return undefined;
}

const indentOf = (text: string): number => {
  let width = 0;
  for (const char of text) {
    if (char === " ") width++;
    else if (char === "\t") width += 4;
    else break;
  }
  return width;
};

function readOutline({ path, lines }: SourceFile, tried: readonly Rule[]): Definition[] {
  const definitions: Definition[] = [];
  const open: { definition: Definition; indent: number }[] = [];
  let last_full = 0;
  let in_text: string | undefined;
  lines.forEach((text, i) => {
    const trimmed = text.trim();
    if (trimmed === "") return;
    // Triple-quoted text may have any indentation.
    const quotes = text.match(/"""|'''/g);
    const was_in_text = in_text !== undefined;
    if (quotes !== null && path.endsWith(".py"))
      for (const quote of quotes) in_text = in_text === undefined ? quote : in_text === quote ? undefined : in_text;
    const indent = indentOf(text);
    const is_continuation =
      was_in_text || /^(?:[)\]}]|\{$|end\b|else\b|elif\b|except\b|finally\b|rescue\b|ensure\b|catch\b|where\b)/.test(trimmed);
    if (!was_in_text)
      for (
        let top = open.at(-1);
        top !== undefined && (is_continuation ? indent < top.indent : indent <= top.indent);
        top = open.at(-1)
      ) {
        top.definition.last = last_full;
        open.pop();
      }
    last_full = i + 1;
    if (was_in_text || /^(?:\/\/|#|\*|\/\*)/.test(trimmed)) return;
    const found = definedIn(text, tried);
    if (found === undefined) return;
    const container = open.at(-1)?.definition.name;
    const definition: Definition = { file: path, ...found, first: i + 1, last: lines.length };
    if (container !== undefined) definition.container = container;
    definitions.push(definition);
    open.push({ definition, indent });
  });
  for (const { definition } of open) definition.last = last_full;
  return definitions;
}
