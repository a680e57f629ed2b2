import type { BlankedSource } from "./blank.ts";
import type { Language } from "./languages.ts";
import type { SourceFile } from "./workspace.ts";

/** The severity of a finding: `error` for certain faults, `warning` for likely ones, `note` for minor remarks. */
export type Severity = "error" | "warning" | "note";

/** The finding of a rule in a line. */
export interface CodeFinding {
  rule: string;
  area: "syntax" | "quality" | "performance" | "security" | "open_point";
  severity: Severity;
  file: string;
  line: number;
  /** The fault, as a sentence. */
  message: string;
  /** The text of the line. */
  evidence: string;
  /** The fix, as a sentence. */
  advice: string;
}

/** A line that a rule checks, with its surroundings. */
export interface RuleLine {
  /** The line without the contents of strings and comments. */
  code: string;
  /** The line as written. */
  text: string;
  comment: string;
  /** The line number, from 0. */
  at: number;
  /** The loops around the line, outermost first, as line numbers from 0. */
  loops: readonly number[];
  /** Whether the line is in an asynchronous function. */
  in_async: boolean;
  /** Whether the line is in a function. */
  in_function: boolean;
  all: BlankedSource;
  source: SourceFile;
  /** Returns the statement from this line to its closing bracket as written, at most 12 lines. */
  statement: () => string;
}

/** A rule that checks single lines. */
export interface Rule {
  id: string;
  languages: readonly Language[];
  area: CodeFinding["area"];
  severity: Severity;
  /** Returns whether the rule matches: `true`, or a text that replaces `{}` in the message. */
  finds: (line: RuleLine) => boolean | string;
  message: string;
  advice: string;
}

/** Returns the statement that starts at a line, at most 12 lines. */
export function statementFrom(lines: readonly string[], code: readonly string[], at: number): string {
  let open = 0;
  let end = at;
  for (; end < Math.min(lines.length, at + 12); end++) {
    for (const char of code[end] ?? "") open += "([{".includes(char) ? 1 : ")]}".includes(char) ? -1 : 0;
    if (open <= 0) break;
  }
  return lines.slice(at, end + 1).join("\n");
}

/** Splits a text at the commas outside of brackets and strings. */
export function outerParts(text: string): string[] {
  const parts = [""];
  let depth = 0;
  for (const piece of text.match(/"[^"]*"|'[^']*'|./g) ?? []) {
    if (/^[([{]$/.test(piece)) depth++;
    if (/^[)\]}]$/.test(piece)) depth--;
    if (piece === "," && depth === 0) parts.push("");
    else parts.push((parts.pop() ?? "") + piece);
  }
  return parts.map((part) => part.trim());
}
