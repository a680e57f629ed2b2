import { basename } from "node:path";

/** Shells that fill in `${NAME}`. */
const shells = "sh|bash|dash|ash|zsh|ksh|mksh";

/** Programs that take a script in a language of their own after -c, -e or the like. */
const interpreters = "python[0-9.]*|node|deno|bun|perl|ruby|php|lua|fish|csh|tcsh|pwsh|Rscript|osascript|psql";

/**
 * How a shell takes what stands at a place of its script: it fills a variable in (`filled`), leaves it as it is
 * (`literal`: single quotes, the body of a quoted heredoc; `comment`; `escaped` by a backslash), or hands the text that
 * comes out to another program as code (`shell_code`, `foreign_code`).
 */
export type ShellContext = "filled" | "literal" | "comment" | "escaped" | "shell_code" | "foreign_code";

/** One level of quoting that is open. */
interface OpenQuote {
  type: "code" | "double" | "parameter";
  /** What closes it. */
  until: string;
  context: ShellContext;
  /** Parentheses inside that are open. */
  depth: number;
  /** Where the word begins that is being read: quotes inside a word do not end it. */
  word: number;
}

/**
 * Tells how `/bin/sh` takes each of these places of a script; `offsets` rise. Shell is not a language that can be read
 * without running it: where this reader loses its way (a `case` inside `$(…)`, a quote that is not closed), the answer
 * is `filled` for all of them, which is what an ordinary script means.
 */
export function shellContexts(script: string, offsets: readonly number[]): ShellContext[] {
  const found = read(script, offsets);
  return offsets.map((_, i) => found?.[i] ?? "filled");
}

function read(script: string, offsets: readonly number[]): ShellContext[] | undefined {
  const contexts: ShellContext[] = [];
  const open: OpenQuote[] = [{ type: "code", until: "", context: "filled", depth: 0, word: 0 }];
  const heredocs: { word: string; quoted: boolean; tabs: boolean }[] = [];
  let i = 0;
  /** Where a character that a backslash takes its meaning from has just ended: it ends no word. */
  let after_escape = -1;
  /** The end of what stands in front of the word that is being read. */
  const beforeWord = (): string => {
    const word = open.findLast(({ type }) => type === "code")?.word ?? 0;
    return script.slice(Math.max(0, word - 300), word);
  };
  /** Gives all places before `end` this context. */
  const pass = (end: number, context: ShellContext): void => {
    while (contexts.length < offsets.length && (offsets[contexts.length] ?? 0) < end) contexts.push(context);
    i = end;
  };
  while (i < script.length) {
    const top = open.at(-1);
    if (top === undefined) return undefined;
    const char = script[i] ?? "";
    const next = script[i + 1] ?? "";
    if (char === "\\") {
      pass(i + 1, top.context);
      pass(i + 1, "escaped");
      after_escape = i;
      continue;
    }
    if (top.until !== "" && char === top.until && top.depth === 0) {
      open.pop();
      pass(i + 1, top.context);
      continue;
    }
    const arithmetic = script.startsWith("$((", i) || (top.type === "code" && script.startsWith("((", i));
    if (arithmetic) {
      const end = script.indexOf("))", i);
      if (end === -1) return undefined;
      pass(end + 2, top.context);
      continue;
    }
    if (char === "$" && (next === "(" || next === "{")) {
      // Ours ends at its brace, and nothing opens in it.
      if (offsets[contexts.length] === i) {
        const context = top.type === "code" ? wordContext(beforeWord()) : top.context;
        pass(script.indexOf("}", i) + 1 || script.length, context);
        continue;
      }
      const type = next === "(" ? "code" : "parameter";
      const context = type === "code" ? "filled" : top.context;
      open.push({ type, until: next === "(" ? ")" : "}", context, depth: 0, word: i + 2 });
      pass(i + 2, top.context);
      continue;
    }
    if (char === "`") {
      open.push({ type: "code", until: "`", context: "filled", depth: 0, word: i + 1 });
      pass(i + 1, top.context);
      continue;
    }
    const in_double = top.type === "double" || (top.type === "parameter" && open.at(-2)?.type === "double");
    if (char === '"' && top.type !== "double") {
      const context = top.type === "code" ? wordContext(beforeWord()) : top.context;
      open.push({ type: "double", until: '"', context, depth: 0, word: i });
      pass(i + 1, top.context);
      continue;
    }
    if (char === "'" && !in_double) {
      const ansi = script[i - 1] === "$";
      const end = script.indexOf("'", i + 1);
      // In $'…' a backslash may keep the quote from closing, or not: that depends on the shell.
      if (end === -1 || (ansi && script.slice(i, end).includes("\\"))) return undefined;
      // Single quotes around the script of another shell are right: it reads the value from its environment.
      pass(end + 1, before_shell_code.test(beforeWord()) ? "filled" : "literal");
      continue;
    }
    if (top.type !== "code") {
      pass(i + 1, top.context);
      continue;
    }
    if (/[\s;&|()<>]/.test(char)) top.word = i + 1;
    const at_word = i === 0 || (i !== after_escape && /[\s;&|()`]/.test(script[i - 1] ?? ""));
    if (char === "#" && at_word) {
      const end = script.indexOf("\n", i);
      pass(end === -1 ? script.length : end, "comment");
      continue;
    }
    if (at_word && top.until !== "" && /^case\s/.test(script.slice(i, i + 5))) return undefined;
    if (char === "(") top.depth++;
    else if (char === ")" && top.depth > 0) top.depth--;
    const heredoc = char === "<" ? /^<<(-?)[ \t]*(?!<)(\S[^\s;&|<>()]*)/.exec(script.slice(i, i + 200)) : null;
    if (script.startsWith("<<<", i)) pass(i + 3, "filled");
    else if (heredoc !== null) {
      const word = (heredoc[2] ?? "").replaceAll(/["'\\]/g, "");
      heredocs.push({ word, quoted: word !== heredoc[2], tabs: heredoc[1] === "-" });
      pass(i + heredoc[0].length, "filled");
    } else if (char === "\n" && heredocs.length > 0) {
      pass(i + 1, "filled");
      for (const { word, quoted, tabs } of heredocs.splice(0)) {
        const rest = script.slice(i);
        const close = rest.split("\n").findIndex((line) => (tabs ? line.replace(/^\t+/, "") : line) === word);
        if (close === -1) return undefined;
        const length = rest
          .split("\n")
          .slice(0, close + 1)
          .join("\n").length;
        pass(i + length, quoted ? "literal" : "filled");
      }
    } else pass(i + 1, "filled");
  }
  pass(script.length, "filled");
  return open.length === 1 && heredocs.length === 0 ? contexts : undefined;
}

const start = "(?:^|[\\s;&|(`/])";
const before_shell_code = new RegExp(
  `${start}(?:(?:${shells})(?:\\s+[-+][a-zA-Z]*[oO]\\s+\\w+|\\s+[-+][^\\s;&|]*)*\\s+-[a-zA-Z]*c[a-zA-Z]*|eval(?:\\s+[^;&|\\n]*)?)\\s+$`,
);
const before_foreign_code = new RegExp(
  [
    `${start}(?:${interpreters})(?:\\s+-[^\\s;&|]*)*\\s+-[a-zA-Z]*[ceEr]\\s+$`,
    `${start}(?:awk|gawk|mawk|jq)\\s+$`,
    `${start}ssh\\s[^;&|\\n"']*\\s$`,
  ].join("|"),
);

/** What a value inside a word becomes that stands behind this. */
function wordContext(before: string): ShellContext {
  if (before_shell_code.test(before)) return "shell_code";
  return before_foreign_code.test(before) ? "foreign_code" : "filled";
}

/** What an argument of a program is to it. */
export type ArgumentKind = "data" | "shell_script" | "foreign_script";

const is_shell = new RegExp(`^(?:${shells})$`);
const is_interpreter = new RegExp(`^(?:${interpreters})$`);

/** What argument `at` of `["sh", "-c", script]` and its like is. */
export function argumentKind(command: readonly unknown[], at: number): ArgumentKind {
  const words = command.slice(0, at).map((word) => (typeof word === "string" ? word : ""));
  const shell = words.findIndex((word) => is_shell.test(basename(word)));
  if (shell !== -1) {
    const flag = words.findIndex((word, i) => i > shell && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word));
    if (flag === -1) return "data";
    // Options may stand between -c and the script; the first word that is none is it.
    for (let i = flag + 1; i < at; i++) {
      if (/^[-+][a-zA-Z]*[oO]$/.test(words[i] ?? "")) i++;
      else if (!/^[-+]/.test(words[i] ?? "")) return "data";
    }
    return "shell_script";
  }
  const named = words.some((word) => is_interpreter.test(basename(word)));
  return named && /^-[a-zA-Z]*[ceErp]$|^--(?:eval|print|command)$/.test(words.at(-1) ?? "") ? "foreign_script" : "data";
}
