import type { BlankedSource } from "./blank.ts";
import type { Language } from "./languages.ts";
import type { SourceFile } from "./workspace.ts";

/** How bad a finding is: `error` breaks, `warning` may, `note` is for whoever goes by. */
export type Severity = "error" | "warning" | "note";

/** Something that a rule found in a line. */
export interface CodeFinding {
  rule: string;
  area: "syntax" | "quality" | "performance" | "security" | "open_point";
  severity: Severity;
  file: string;
  line: number;
  /** What is wrong, as a sentence. */
  message: string;
  /** The line itself. */
  evidence: string;
  /** What to do, as a sentence. */
  advice: string;
}

/** A line that a rule looks at, with what is around it. */
export interface RuleLine {
  /** Without texts and comments. */
  code: string;
  /** As it stands. */
  text: string;
  comment: string;
  /** From 0. */
  at: number;
  /** Loops around it, the outermost first, as line numbers from 0. */
  loops: readonly number[];
  /** It stands in an asynchronous function. */
  in_async: boolean;
  /** It stands in a function. */
  in_function: boolean;
  all: BlankedSource;
  source: SourceFile;
  /** The statement from here to its closing bracket, at most 12 lines, as it stands. */
  statement: () => string;
}

/** A rule over lines. */
export interface Rule {
  id: string;
  languages: readonly Language[];
  area: CodeFinding["area"];
  severity: Severity;
  /** Whether the rule has something to say: `true`, or a text for the message's `{}`. */
  finds: (line: RuleLine) => boolean | string;
  message: string;
  advice: string;
}

/** The statement that begins at a line. */
export function statementFrom(lines: readonly string[], code: readonly string[], at: number): string {
  let open = 0;
  let end = at;
  for (; end < Math.min(lines.length, at + 12); end++) {
    for (const char of code[end] ?? "") open += "([{".includes(char) ? 1 : ")]}".includes(char) ? -1 : 0;
    if (open <= 0) break;
  }
  return lines.slice(at, end + 1).join("\n");
}

/** The parts between those commas that stand in no bracket and no text. */
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
