import { homedir } from "node:os";
import { isAbsolute, join, normalize, relative, resolve } from "node:path";
import type { ContentHasher } from "./content-hash.ts";

/** A file or folder that a task's input names. */
export interface NamedPath {
  /** Absolute. */
  path: string;
  /** Relative to the workspace if it is inside, else absolute. */
  name: string;
}

/** The paths that a task's input names. */
export interface NamedPaths {
  /** Existing files and folders. */
  existing: readonly NamedPath[];
  /** Possible paths that do not exist: the task may create them. */
  absent: readonly NamedPath[];
  /** Targets of `>` in its command lines. */
  written: readonly NamedPath[];
  /** Targets of `>>` in its command lines. */
  appended: readonly NamedPath[];
  /** The input has more words than are looked up. */
  is_cut: boolean;
}

/** Strings by their kind: a command line names files by bare words too, prose only by words that look like paths. */
interface Strings {
  code: readonly string[];
  other: readonly string[];
}

/** Most words of a task's input that are looked up on disk. */
const max_words = 5000;
/** Longest string that is looked up as one path. */
const max_characters = 1024;
/** Characters that end a path in a shell script or in prose; `=` for `--config=file`. */
const separators = /[\s'"`;|&<>(){}$=,:]+/;
const system_programs = /^(?:\/usr(?:\/local)?)?\/s?bin\//;
const pattern_characters = /[*?[]/;

/** Redirections and new folders: the task writes them and does not read them. */
const redirection = /(?<![=-])(>>?)\|?\s*("[^"]*"|'[^']*'|[^\s;|&<>()"']+)/g;
const new_folders = /\bmkdir\s[^;&|\n]*/g;
/** `cd ..`: the folder it leads to is not an input. */
const leaving = /\bcd\s+(?:-|\.{1,2}(?:\/\.\.)*\/?)(?=[\s;&|)]|$)/g;
const quoted_with_blanks = /"([^"\n]*\s[^"\n]*)"|'([^'\n]*\s[^'\n]*)'/g;
/** Replaces an escaped blank, which ends no word; a private-use character that no file name has. */
const escaped_blank = "\u{f8ff}";

/** Finds the files and folders that strings name, relative to `cwd`. */
export function namedPaths(
  { code, other }: Strings,
  { cwd, workspace_path, hasher }: { cwd: string; workspace_path: string; hasher: ContentHasher },
): NamedPaths {
  const existing = new Map<string, NamedPath>();
  const absent = new Map<string, NamedPath>();
  const written = new Map<string, NamedPath>();
  const appended = new Map<string, NamedPath>();
  const seen = new Set<string>();
  let is_cut = false;

  function look(word: string, takes: { folder: "any" | "inside"; bare: boolean }): void {
    const has_slash = word.includes("/");
    const looks_like_path = has_slash || /\.\w/.test(word) || word === "." || word === "..";
    if (word === "" || word.includes("\0") || (!looks_like_path && !takes.bare)) return;
    if (seen.has(word)) return;
    if (seen.size >= max_words) {
      is_cut = true;
      return;
    }
    seen.add(word);
    // A pattern matches below the folder before its first wildcard.
    const pattern = word.search(pattern_characters);
    const plain = pattern === -1 ? word : word.slice(0, word.lastIndexOf("/", pattern) + 1) || ".";
    const path = normalize(resolve(cwd, plain));
    // A newer program of the system is no reason to run a task again.
    if (system_programs.test(path)) return;
    const named = { path, name: relativeName(path, workspace_path) };
    const kind = hasher.kind(path);
    if (kind === "file") existing.set(path, named);
    else if (kind === "folder") {
      // Prose has slashes too: only a folder inside the workspace counts.
      const is_meant = takes.folder === "any" || (has_slash && path.startsWith(`${workspace_path}/`));
      if (is_meant) existing.set(path, named);
    } else if (pattern === -1) absent.set(path, named);
  }

  function write(operator: string, target: string): void {
    const word = target.replaceAll(/["']/g, "").replaceAll(escaped_blank, " ");
    if (word.includes("$") || word.includes("\0") || word.startsWith("/dev/")) return;
    const path = normalize(resolve(cwd, word));
    // A file that is appended to is often a log that others write to as well.
    (operator === ">>" ? appended : written).set(path, { path, name: relativeName(path, workspace_path) });
  }

  for (const command of code) {
    const plain = command.replaceAll(new_folders, " ").replaceAll(leaving, " ").replaceAll("\\ ", escaped_blank);
    const text = plain.replaceAll(redirection, (_, operator: string, target: string) => {
      write(operator, target);
      return " ";
    });
    for (const [, one = "", other = ""] of text.matchAll(quoted_with_blanks)) {
      if (one.length + other.length <= max_characters) look(one + other, { folder: "any", bare: true });
    }
    for (const word of text.split(separators)) {
      if (word.startsWith("-")) continue;
      const home = word.startsWith("~/") ? word.replace("~", homedir()) : word;
      look(home.replaceAll(escaped_blank, " "), { folder: "any", bare: true });
    }
  }
  for (const text of other) {
    if (text.length <= max_characters && !text.includes("\n")) look(text.trim(), { folder: "any", bare: true });
    for (const word of text.split(separators)) {
      look(word.replace(/^@/, "").replace(/[.!?]+$/, ""), { folder: "inside", bare: false });
    }
  }
  return {
    existing: [...existing.values()],
    absent: [...absent.values()],
    written: [...written.values()],
    appended: [...appended.values()],
    is_cut,
  };
}

/** Variables that the shell sets, or that differ in every session. */
const shell_variables = /^(?:PWD|OLDPWD|SHLVL|_|RANDOM|DISPATCH_.*)$/;

/** The environment variables that command lines use, as `$NAME` or `${NAME…}`, with their values. */
export function namedVariables(
  code: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named: Record<string, string> = {};
  for (const command of code) {
    for (const [, name = ""] of command.matchAll(/\$\{?([A-Za-z_]\w*)/g)) {
      const value = shell_variables.test(name) ? undefined : env[name];
      if (value !== undefined) named[name] = value;
    }
  }
  return named;
}

/** A path as results name it: relative to the workspace if it is inside, else absolute. */
export function relativeName(path: string, workspace_path: string): string {
  const inside = relative(workspace_path, path);
  if (inside === "") return ".";
  return inside.startsWith("..") || isAbsolute(inside) ? path : join(inside);
}

/** The strings of an input, command lines apart from others, without the fields that name outputs. */
export function stringsOf(
  input: Readonly<Record<string, unknown>>,
  { shell_fields, output_fields = [] }: { shell_fields: readonly string[]; output_fields?: readonly string[] },
): Strings {
  const code: string[] = [];
  const other: string[] = [];
  const visit = (value: unknown, into: string[]): void => {
    if (typeof value === "string") into.push(value);
    else if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) visit(inner, into);
  };
  for (const [field, value] of Object.entries(input)) {
    if (!output_fields.includes(field)) visit(value, shell_fields.includes(field) ? code : other);
  }
  return { code, other };
}
