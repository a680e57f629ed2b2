import type { Rule, RuleLine } from "./rule.ts";
import { insertsOnlyConstants } from "./sql-parts.ts";

const every = ["python", "javascript", "java", "go", "rust", "ruby"] as const;

/** Returns the next line with code, within five lines. */
const following = ({ all, at }: RuleLine): string => {
  for (let next = at + 1; next < Math.min(all.code.length, at + 6); next++) {
    const code = all.code[next]?.trim() ?? "";
    if (code !== "") return code;
  }
  return "";
};

const sql = /["'`](?:[^"'`]*\s)?(?:SELECT\b.*\bFROM|INSERT\s+INTO|UPDATE\b.*\bSET|DELETE\s+FROM)\b/i;

/** Rules that find faults and open points in single lines. */
export const quality_rules: readonly Rule[] = [
  {
    id: "bare-except",
    languages: ["python"],
    area: "quality",
    severity: "warning",
    finds: ({ code }) => /^\s*except\s*:/.test(code),
    message: "A bare except catches everything, including SystemExit and KeyboardInterrupt.",
    advice: "Catch only the exceptions that are expected here.",
  },
  {
    id: "swallowed-exception",
    languages: ["python", "javascript", "java", "ruby"],
    area: "quality",
    severity: "warning",
    finds: (line) => {
      const { code, source } = line;
      if (source.path.endsWith(".py"))
        return (
          /^\s*except\b.*:\s*(?:(?:pass|\.\.\.)\s*)?$/.test(code) &&
          (/:\s*(?:pass|\.\.\.)\s*$/.test(code) || /^(?:pass|\.\.\.|continue)$/.test(following(line)))
        );
      if (source.path.endsWith(".rb"))
        return (/^\s*rescue\b/.test(code) && /^(?:end|nil)$/.test(following(line))) || /\brescue nil\b/.test(code);
      return (
        /\bcatch\s*(?:\([^)]*\))?\s*\{\s*\}/.test(code) ||
        /\.catch\s*\(\s*\(?\w*\)?\s*=>\s*(?:\{\s*\}|undefined|null)\s*\)/.test(code) ||
        (/\bcatch\s*(?:\([^)]*\))?\s*\{\s*$/.test(code) && following(line).startsWith("}"))
      );
    },
    message: "An exception is caught and ignored.",
    advice: "Handle it, log it with its cause, or let it propagate.",
  },
  {
    id: "broad-except",
    languages: ["python", "java", "ruby"],
    area: "quality",
    severity: "note",
    finds: (line) =>
      /^\s*except\s+\(?\s*(?:Base)?Exception\b|\bcatch\s*\(\s*(?:final\s+)?(?:Exception|Throwable)\b|^\s*rescue\s+Exception\b/.test(
        line.code,
      ) && !/^(?:raise|throw)\b|^pass$/.test(following(line)),
    message: "A handler catches every exception, including programming errors.",
    advice: "Catch only what this code can handle, and let the rest propagate.",
  },
  {
    id: "mutable-default",
    languages: ["python"],
    area: "quality",
    severity: "warning",
    finds: (line) =>
      /^\s*(?:async\s+)?def\b/.test(line.code) &&
      (/(\w+)\s*(?::[^=,()]*)?=\s*(?:\[\s*\]|\{\s*\}|(?:list|dict|set)\(\s*\))/.exec(line.statement())?.[1] ?? false),
    message: "All calls share the mutable default of the parameter {}.",
    advice: "Use None as the default, and create the value inside the function.",
  },
  {
    id: "open-point",
    languages: every,
    area: "open_point",
    severity: "note",
    finds: ({ comment }) => /\b(TODO|FIXME|XXX|HACK)\b.*/.exec(comment)?.[0].trim().slice(0, 120) ?? false,
    message: "A comment marks open work: {}",
    advice: "Finish it, or link the issue that tracks it.",
  },
  {
    id: "not-implemented",
    languages: every,
    area: "open_point",
    severity: "warning",
    finds: ({ code, text }) =>
      /\braise NotImplementedError\b|\b(?:todo|unimplemented)!\s*\(|\bUnsupportedOperationException\s*\(/.test(code) ||
      (/\b(?:throw|raise|panic)\b/.test(code) && /not (?:yet )?implemented/i.test(text)),
    message: "This is not implemented: calling it raises an error.",
    advice: "Implement it, or make sure that it is never called.",
  },
  {
    id: "missing-timeout",
    languages: ["python", "go"],
    area: "quality",
    severity: "warning",
    finds: (line) =>
      /\brequests\.(?:get|post|put|delete|patch|head|request)\s*\(|\burlopen\s*\(|\bhttp\.(?:Get|Post)\s*\(/.test(line.code) &&
      !/\btimeout\b/.test(line.statement()),
    message: "A request has no timeout and may wait forever.",
    advice: "Set a timeout.",
  },
  {
    id: "sql-from-parts",
    languages: every,
    area: "security",
    severity: "error",
    finds: (line) => {
      if (!sql.test(line.text)) return false;
      const statement = line.statement();
      const is_built =
        /\bf("{3}|'{3}|"|').*\{[^}]*\}.*\1|["']\s*%\s*[\w(]|\.format\s*\(|["']\s*\+\s*\w|\w\s*\+\s*["']|`[^`]*\$\{|fmt\.Sprintf|#\{/.test(
          statement,
        );
      return is_built && !insertsOnlyConstants(line);
    },
    message: "SQL is built from values: a value can change what the query does.",
    advice: "Use placeholders, and pass the values as parameters.",
  },
  {
    id: "unclosed-file",
    languages: ["python"],
    area: "quality",
    severity: "warning",
    finds: ({ code, all }) => {
      const name = /^\s*(\w+)\s*=\s*open\s*\(/.exec(code)?.[1];
      if (name !== undefined)
        return !all.code.some((line) =>
          new RegExp(`\\b${name}\\.close\\s*\\(|\\bwith\\b.*\\b${name}\\b|\\breturn ${name}\\s*$`).test(line),
        );
      return /(?<![.\w])open\s*\([^)]*\)\s*\.\s*(?:read|write|readlines)\b|\bjson\.(?:load|dump)\s*\([^)]*(?<![.\w])open\s*\(/.test(
        code,
      );
    },
    message: "A file is opened and never closed.",
    advice: "Open it in a with statement.",
  },
  {
    id: "eval",
    languages: ["python", "javascript", "ruby"],
    area: "security",
    severity: "warning",
    finds: ({ code }) => /(?<![.\w])(?:eval|exec)\s*\((?!\s*\))/.test(code) && !/\bdef (?:eval|exec)\b|\.exec\(/.test(code),
    message: "Text is executed as code.",
    advice: "Parse the text instead (ast.literal_eval, JSON.parse, a table of functions).",
  },
  {
    id: "shell-from-text",
    languages: ["python"],
    area: "security",
    severity: "warning",
    finds: (line) => /\bshell\s*=\s*True\b/.test(line.code) || /\bos\.system\s*\(/.test(line.code),
    message: "A command runs in a shell: values in it can become commands.",
    advice: "Pass a list of arguments, without a shell.",
  },
  {
    id: "secret-in-code",
    languages: every,
    area: "security",
    severity: "warning",
    finds: ({ text, code }) =>
      /\b\w*(?:password|passwd|secret|api_?key|token)\s*(?::\s*\w+\s*)?=\s*(["'])(?!\s*["'])(?![<{$%*]|x{3}|your|change|example|test)[^"'\s]{6,}\1/i.test(
        text,
      ) && /=/.test(code),
    message: "The code seems to contain a secret.",
    advice: "Read it from the environment, and rotate it.",
  },
  {
    id: "unwrap",
    languages: ["rust"],
    area: "quality",
    severity: "note",
    finds: ({ code }) => /\.(?:unwrap|expect)\s*\(/.test(code),
    message: "unwrap or expect: an error here ends the program.",
    advice: "Propagate the error with `?`, or handle it.",
  },
  {
    id: "ignored-error",
    languages: ["go"],
    area: "quality",
    severity: "warning",
    finds: (line) =>
      /(?:^|,)\s*_\s*:?=\s*\w+[\w.]*\(|^\s*_\s*=\s*err\b/.test(line.code) ||
      (/\bif\s+err\s*!=\s*nil\s*\{\s*$/.test(line.code) && following(line) === "}"),
    message: "An error or a result is discarded.",
    advice: "Check the error, and return it with context.",
  },
  {
    id: "none-comparison",
    languages: ["python"],
    area: "quality",
    severity: "note",
    finds: ({ code }) => /[!=]=\s*None\b/.test(code),
    message: "None is compared with == or !=, which a class can override.",
    advice: "Use `is None` or `is not None`.",
  },
  {
    id: "async-foreach",
    languages: ["javascript"],
    area: "quality",
    severity: "warning",
    finds: ({ code }) => /\.forEach\s*\(\s*async\b/.test(code),
    message: "forEach does not wait for asynchronous functions: their errors and results are lost.",
    advice: "Use for…of with await, or Promise.all over map.",
  },
  {
    id: "wildcard-import",
    languages: ["python"],
    area: "quality",
    severity: "note",
    finds: ({ code, source }) => /^\s*from\s+[\w.]+\s+import\s+\*/.test(code) && !source.path.endsWith("__init__.py"),
    message: "A wildcard import hides where names come from.",
    advice: "Import only the names that are used.",
  },
];
