import { type Language, languageOf } from "./languages.ts";
import type { SourceFile } from "./workspace.ts";

/** A file's lines without what is not code: texts are blanked, comments stand apart. */
export interface BlankedSource {
  /** The inside of strings and comments is spaces; columns stay. */
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

/** Blanks a file; a state machine over its characters, good enough for rules that look at lines. */
export function blank(source: SourceFile): BlankedSource {
  const before = known.get(source);
  if (before !== undefined) return before;
  const language = languageOf(source.path) ?? "python";
  const mark = line_comment[language];
  const has_blocks = mark === "//";
  const code: string[] = [];
  const comments: string[] = [];
  /** What ends the text or comment that a line begins in. */
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
    // Plain quotes end with their line, whatever a stray one began.
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
    // A lifetime or a character in Rust, a rune in Go and Java.
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
