import { basename } from "node:path";

/** Shells that expand `${NAME}`. */
const shells = "sh|bash|dash|ash|zsh|ksh|mksh";

/** Programs that take a script in another language after -c, -e or a similar option. */
const interpreters = "python[0-9.]*|node|deno|bun|perl|ruby|php|lua|fish|csh|tcsh|pwsh|Rscript|osascript|psql";

/**
 * How a shell treats a variable at a place of its script. It expands it (`expanded`), or leaves it alone (`literal` in
 * single quotes or the body of a quoted heredoc; in a `comment`; `escaped` by a backslash). Or it passes the expanded
 * text to another program as code: to another shell (`shell_code`), or in another language (`foreign_code`).
 */
export type ShellContext = "expanded" | "literal" | "comment" | "escaped" | "shell_code" | "foreign_code";

/** An open level of quoting. */
interface OpenQuote {
  type: "code" | "double" | "parameter";
  /** The text that closes it. */
  until: string;
  context: ShellContext;
  /** Number of open parentheses inside. */
  depth: number;
  /** Start of the current word: quotes inside a word do not end it. */
  word: number;
}

/**
 * Returns how `/bin/sh` treats each place of a script; `offsets` must be ascending. A shell script cannot be parsed in
 * full without running it. For a script that this reader cannot follow (a `case` inside `$(…)`, an unclosed quote) every
 * place is `expanded`, as in an ordinary script.
 */
export function shellContexts(script: string, offsets: readonly number[]): ShellContext[] {
  const found = read(script, offsets);
  return offsets.map((_, i) => found?.[i] ?? "expanded");
}

function read(script: string, offsets: readonly number[]): ShellContext[] | undefined {
  const contexts: ShellContext[] = [];
  const open: OpenQuote[] = [{ type: "code", until: "", context: "expanded", depth: 0, word: 0 }];
  const heredocs: { word: string; quoted: boolean; tabs: boolean }[] = [];
  let i = 0;
  /** End of the last escaped character, which does not end a word. */
  let after_escape = -1;
  /** Returns up to 300 characters before the current word. */
  const beforeWord = (): string => {
    const word = open.findLast(({ type }) => type === "code")?.word ?? 0;
    return script.slice(Math.max(0, word - 300), word);
  };
  /** Moves to `end` and gives all places before it this context. */
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
      // A reference of dispatch ends at its brace and opens no quoting.
      if (offsets[contexts.length] === i) {
        const context = top.type === "code" ? wordContext(beforeWord()) : top.context;
        pass(script.indexOf("}", i) + 1 || script.length, context);
        continue;
      }
      const type = next === "(" ? "code" : "parameter";
      const context = type === "code" ? "expanded" : top.context;
      open.push({ type, until: next === "(" ? ")" : "}", context, depth: 0, word: i + 2 });
      pass(i + 2, top.context);
      continue;
    }
    if (char === "`") {
      open.push({ type: "code", until: "`", context: "expanded", depth: 0, word: i + 1 });
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
      // In $'…' it depends on the shell whether a backslash escapes the closing quote.
      if (end === -1 || (ansi && script.slice(i, end).includes("\\"))) return undefined;
      // Single quotes around the script of another shell are right: that shell reads the value from its environment.
      pass(end + 1, before_shell_code.test(beforeWord()) ? "expanded" : "literal");
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
    if (script.startsWith("<<<", i)) pass(i + 3, "expanded");
    else if (heredoc !== null) {
      const word = (heredoc[2] ?? "").replaceAll(/["'\\]/g, "");
      heredocs.push({ word, quoted: word !== heredoc[2], tabs: heredoc[1] === "-" });
      pass(i + heredoc[0].length, "expanded");
    } else if (char === "\n" && heredocs.length > 0) {
      pass(i + 1, "expanded");
      for (const { word, quoted, tabs } of heredocs.splice(0)) {
        const rest = script.slice(i);
        const close = rest.split("\n").findIndex((line) => (tabs ? line.replace(/^\t+/, "") : line) === word);
        if (close === -1) return undefined;
        const length = rest
          .split("\n")
          .slice(0, close + 1)
          .join("\n").length;
        pass(i + length, quoted ? "literal" : "expanded");
      }
    } else pass(i + 1, "expanded");
  }
  pass(script.length, "expanded");
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

/** Returns the context of a word by the text before it. */
function wordContext(before: string): ShellContext {
  if (before_shell_code.test(before)) return "shell_code";
  return before_foreign_code.test(before) ? "foreign_code" : "expanded";
}

/** How a program uses one of its arguments. */
export type ArgumentKind = "data" | "shell_script" | "foreign_script";

const is_shell = new RegExp(`^(?:${shells})$`);
const is_interpreter = new RegExp(`^(?:${interpreters})$`);

/** Returns how argument `at` of a command such as `["sh", "-c", script]` is used. */
export function argumentKind(command: readonly unknown[], at: number): ArgumentKind {
  const words = command.slice(0, at).map((word) => (typeof word === "string" ? word : ""));
  const shell = words.findIndex((word) => is_shell.test(basename(word)));
  if (shell !== -1) {
    const flag = words.findIndex((word, i) => i > shell && /^-[a-zA-Z]*c[a-zA-Z]*$/.test(word));
    if (flag === -1) return "data";
    // Options may follow -c; the script is the first word that is not one.
    for (let i = flag + 1; i < at; i++) {
      if (/^[-+][a-zA-Z]*[oO]$/.test(words[i] ?? "")) i++;
      else if (!/^[-+]/.test(words[i] ?? "")) return "data";
    }
    return "shell_script";
  }
  const named = words.some((word) => is_interpreter.test(basename(word)));
  return named && /^-[a-zA-Z]*[ceErp]$|^--(?:eval|print|command)$/.test(words.at(-1) ?? "") ? "foreign_script" : "data";
}
