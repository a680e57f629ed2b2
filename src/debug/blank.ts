import { type Language, languageOf } from "./languages.ts";
import type { SourceFile } from "./workspace.ts";

/** A file's lines with strings blanked and comments separated. */
export interface BlankedSource {
  /** The contents of strings and comments are spaces, so columns stay the same. */
  code: string[];
  /** The comments of each line. */
  comments: string[];
}

const known = new WeakMap<SourceFile, BlankedSource>();

const line_comment: Readonly<Record<Language, string>> = {
  python: "#",
  ruby: "#",
  javascript: "//",
  java: "//",
  go: "//",
  rust: "//",
};

/** Blanks a file with a state machine over its characters, which is accurate enough for line-based rules. */
export function blank(source: SourceFile): BlankedSource {
  const before = known.get(source);
  if (before !== undefined) return before;
  const language = languageOf(source.path) ?? "python";
  const mark = line_comment[language];
  const has_blocks = mark === "//";
  const code: string[] = [];
  const comments: string[] = [];
  /** The delimiter that closes the current string or comment. */
  let ends: string | undefined;
  for (const line of source.lines) {
    let kept = "";
    let comment = "";
    for (let i = 0; i < line.length; ) {
      if (ends !== undefined) {
        if (line[i] === "\\" && ends !== "*/") {
          kept += "  ";
          i += 2;
        } else if (line.startsWith(ends, i)) {
          kept += ends === "*/" ? "  " : ends;
          i += ends.length;
          ends = undefined;
        } else {
          if (ends === "*/") comment += line[i];
          kept += " ";
          i++;
        }
        continue;
      }
      if (line.startsWith(mark, i)) {
        comment += line.slice(i + mark.length);
        break;
      }
      if (has_blocks && line.startsWith("/*", i)) {
        ends = "*/";
        kept += "  ";
        i += 2;
        continue;
      }
      const opened = openingOf(line, i, language);
      if (opened !== undefined) {
        ends = opened;
        kept += opened;
        i += opened.length;
        continue;
      }
      kept += line[i];
      i++;
    }
    // A stray quote ends with its line.
    if (ends === '"' || ends === "'" || ends === "/") ends = undefined;
    code.push(kept);
    comments.push(comment);
  }
  const blanked = { code, comments };
  known.set(source, blanked);
  return blanked;
}

function openingOf(line: string, i: number, language: Language): string | undefined {
  const char = line[i];
  if (language === "python" && (line.startsWith('"""', i) || line.startsWith("'''", i))) return line.slice(i, i + 3);
  if (char === '"') return char;
  if (char === "'") {
    // In Rust, a quote without a closing quote is a lifetime.
    if (language === "rust") return /^'(?:\\.|[^\\'])'/.test(line.slice(i)) ? char : undefined;
    return char;
  }
  if (char === "`" && (language === "javascript" || language === "go")) return char;
  if (
    char === "/" &&
    language === "javascript" &&
    /(?:^|[=(,:!&|?{};[]|\breturn)\s*$/.test(line.slice(0, i)) &&
    /^\/(?![/*])(?:\\.|[^/\\\n])+\//.test(line.slice(i))
  )
    return "/";
  return undefined;
}
