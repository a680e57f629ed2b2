import { blank } from "./blank.ts";
import { languageOf } from "./languages.ts";
import { definitionAt, outlineOf } from "./outline.ts";
import { type CodeFinding, type RuleLine, statementFrom } from "./rule.ts";
import { performance_rules } from "./rules-performance.ts";
import { quality_rules } from "./rules-quality.ts";
import type { SourceFile } from "./workspace.ts";

/** Returns how many rules apply to a file, judged by its extension. */
export function ruleCount(path: string): number {
  const language = languageOf(path);
  if (language === undefined) return 0;
  return [...performance_rules, ...quality_rules].filter(({ languages }) => languages.includes(language)).length + 1;
}

/** Maximum number of findings of one rule in one file. */
const max_per_rule = 20;

/** Applies every rule of a file's language, and returns the findings by line. */
export function examine(source: SourceFile): CodeFinding[] {
  const language = languageOf(source.path);
  if (language === undefined) return [];
  const all = blank(source);
  const loops = loopsOf(all.code, language === "python" || language === "ruby");
  const rules = [...quality_rules, ...performance_rules].filter(({ languages }) => languages.includes(language));
  const counts = new Map<string, number>();
  const findings: CodeFinding[] = unusedImports(source, all.code);
  source.lines.forEach((text, at) => {
    const code = all.code[at] ?? "";
    const comment = all.comments[at] ?? "";
    if (code.trim() === "" && comment === "") return;
    let around: ReturnType<typeof definitionAt> | null = null;
    const enclosing = (): ReturnType<typeof definitionAt> => {
      if (around === null) around = definitionAt(source, at + 1, ["function"]);
      return around;
    };
    const line: RuleLine = {
      ...{ code, text, comment, at, all, source, loops: loops[at] ?? [] },
      get in_async() {
        const own = enclosing();
        return own !== undefined && own.first - 1 !== at && /\basync\b/.test(all.code[own.first - 1] ?? "");
      },
      get in_function() {
        const own = enclosing();
        return own !== undefined && own.first - 1 !== at;
      },
      statement: () => statementFrom(source.lines, all.code, at),
    };
    for (const { id, area, severity, finds, message, advice } of rules) {
      const found = finds(line);
      if (found === false || found === "") continue;
      const count = (counts.get(id) ?? 0) + 1;
      counts.set(id, count);
      if (count > max_per_rule) continue;
      const finding_message = typeof found === "string" ? message.replace("{}", () => found) : message;
      findings.push({
        rule: id,
        area,
        severity,
        file: source.path,
        line: at + 1,
        message: finding_message,
        evidence: text.trim().slice(0, 200),
        advice,
      });
    }
  });
  return findings.sort((a, b) => a.line - b.line);
}

/** Returns the loops around each line, judged by indentation. Comprehensions and calls of `map` do not count as loops. */
function loopsOf(code: readonly string[], is_python: boolean): (readonly number[])[] {
  const head = is_python
    ? /^\s*(?:(?:async\s+)?for\b.*\bin\b|while\b|until\b|loop\b)|\.each\b.*\bdo\b|\.each\s*\{\s*$/
    : /^\s*(?:\}\s*)?(?:'?\w+:\s*)?(?:for\b|while\b|do\s*\{|loop\s*\{)|\.forEach\s*\(/;
  const open: { at: number; indent: number }[] = [];
  return code.map((text, at) => {
    const trimmed = text.trimStart();
    if (trimmed === "") return open.map((loop) => loop.at);
    const indent = text.length - trimmed.length;
    while (open.length > 0 && indent <= (open.at(-1)?.indent ?? 0)) open.pop();
    if (head.test(text)) open.push({ at, indent });
    return open.map((loop) => loop.at);
  });
}

function unusedImports(source: SourceFile, code: readonly string[]): CodeFinding[] {
  const language = languageOf(source.path);
  if ((language !== "python" && language !== "javascript") || source.path.endsWith("__init__.py")) return [];
  const findings: CodeFinding[] = [];
  const text = code.join("\n");
  const is_used = (name: string, head: string): boolean => {
    const rest = text.replace(head, () => "");
    // Strings may name it too, such as quoted annotations and __all__.
    return (
      new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}(?![\\w$])`).test(rest) ||
      source.lines.some((line) => new RegExp(`["'\`].*\\b${name}\\b.*["'\`]`).test(line) && !line.includes("import "))
    );
  };
  const pattern =
    language === "python"
      ? /^(?:from\s+[.\w]+\s+import\s+(?:\(([^)]*)\)|([^\n(]+))|import\s+([^\n]+))$/gm
      : /^import\s+(?:type\s+)?(?:([\w$]+)\s*,?\s*)?(?:\{([^}]*)\}|\*\s*as\s+([\w$]+))?\s*from\b.*$/gm;
  for (const match of text.matchAll(pattern)) {
    const [head, ...lists] = match;
    const line = text.slice(0, match.index).split("\n").length;
    const whole = source.lines.slice(line - 1, line + head.split("\n").length - 1).join("\n");
    if (/__future__|noqa|type: ignore|import \*/.test(whole)) continue;
    for (const part of lists.flatMap((list) => (list ?? "").split(","))) {
      const [name = "", alias] = part
        .trim()
        .replace(/^type\s+/, "")
        .split(/\s+as\s+/);
      // `import x as x` re-exports a name.
      if (alias === name) continue;
      const own = alias ?? name.split(".")[0] ?? "";
      if (!/^[\w$]+$/.test(own) || is_used(own, head)) continue;
      const evidence = whole.trim().split("\n")[0]?.slice(0, 200) ?? "";
      const message = `${own} is imported but not used.`;
      findings.push({
        rule: "unused-import",
        area: "quality",
        severity: "note",
        file: source.path,
        line,
        message,
        evidence,
        advice: "Remove the import.",
      });
    }
  }
  return findings;
}

/** Describes the size of a file: its lines, functions and classes. */
export function describeFile(source: SourceFile): string {
  const outline = outlineOf(source).filter(({ kind }) => kind === "function" || kind === "class");
  const functions = outline.filter(({ kind }) => kind === "function").length;
  return `${source.lines.length} lines, ${functions} functions, ${outline.length - functions} classes`;
}
