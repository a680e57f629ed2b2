import { homedir } from "node:os";
import { isAbsolute, join, normalize, relative, resolve } from "node:path";
import type { ContentHasher } from "./content-hash.ts";

/** A file or folder that a task's input names. */
export interface NamedPath {
  /** Absolute. */
  path: string;
  /** As it is told: from the workspace where it lies in it. */
  name: string;
}

/** What a task's input names. */
export interface NamedPaths {
  /** What stands there. */
  there: readonly NamedPath[];
  /** What may be a path and leads nowhere: the task may make it. */
  absent: readonly NamedPath[];
  /** What its command line writes, as far as its words say so. */
  written: readonly NamedPath[];
  /** What its command line appends to. */
  appended: readonly NamedPath[];
  /** It names more than is looked up. */
  is_cut: boolean;
}

/** Where a string stands: a command line names files by bare words too, prose only by what looks like a path. */
interface Strings {
  code: readonly string[];
  other: readonly string[];
}

/** Most words of a task's input that are looked up on disk. */
const max_words = 5000;
/** Longest string that may be a path as a whole. */
const max_characters = 1024;
/** What ends a path in a shell's script or in prose; `=` too, for `--config=file`. */
const between = /[\s'"`;|&<>(){}$=,:]+/;
const system_programs = /^(?:\/usr(?:\/local)?)?\/s?bin\//;
const pattern_characters = /[*?[]/;

/** What a shell writes, and what it appends to or makes folders of: nothing that a task reads. */
const redirection = /(?<![=-])(>>?)\|?\s*("[^"]*"|'[^']*'|[^\s;|&<>()"']+)/g;
const folders_made = /\bmkdir\s[^;&|\n]*/g;
/** The way back out of a folder: what lies there is nothing that it names. */
const way_out = /\bcd\s+(?:-|\.{1,2}(?:\/\.\.)*\/?)(?=[\s;&|)]|$)/g;
const quoted_with_blanks = /"([^"\n]*\s[^"\n]*)"|'([^'\n]*\s[^'\n]*)'/g;
/** Stands for a blank that ends no word; no file is called so. */
const escaped_blank = "\u{f8ff}";

/** Finds the files and folders that strings name, seen from `cwd`. */
export function namedPaths(
  { code, other }: Strings,
  { cwd, workspace_path, hasher }: { cwd: string; workspace_path: string; hasher: ContentHasher },
): NamedPaths {
  const there = new Map<string, NamedPath>();
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
    // What a pattern matches lies below what stands before it.
    const pattern = word.search(pattern_characters);
    const plain = pattern === -1 ? word : word.slice(0, word.lastIndexOf("/", pattern) + 1) || ".";
    const path = normalize(resolve(cwd, plain));
    // That a program of the system is a newer one does nobody's work anew.
    if (system_programs.test(path)) return;
    const named = { path, name: relativeName(path, workspace_path) };
    const kind = hasher.kind(path);
    if (kind === "file") there.set(path, named);
    else if (kind === "folder") {
      // Prose has slashes of its own; a folder in the workspace is meant as one.
      const is_meant = takes.folder === "any" || (has_slash && path.startsWith(`${workspace_path}/`));
      if (is_meant) there.set(path, named);
    } else if (pattern === -1) absent.set(path, named);
  }

  function write(operator: string, target: string): void {
    const word = target.replaceAll(/["']/g, "").replaceAll(escaped_blank, " ");
    if (word.includes("$") || word.includes("\0") || word.startsWith("/dev/")) return;
    const path = normalize(resolve(cwd, word));
    // What is appended to is often a log, and others may write there too.
    (operator === ">>" ? appended : written).set(path, { path, name: relativeName(path, workspace_path) });
  }

  for (const command of code) {
    const plain = command.replaceAll(folders_made, " ").replaceAll(way_out, " ").replaceAll("\\ ", escaped_blank);
    const text = plain.replaceAll(redirection, (_, operator: string, target: string) => {
      write(operator, target);
      return " ";
    });
    for (const [, one = "", other = ""] of text.matchAll(quoted_with_blanks)) {
      if (one.length + other.length <= max_characters) look(one + other, { folder: "any", bare: true });
    }
    for (const word of text.split(between)) {
      if (word.startsWith("-")) continue;
      const home = word.startsWith("~/") ? word.replace("~", homedir()) : word;
      look(home.replaceAll(escaped_blank, " "), { folder: "any", bare: true });
    }
  }
  for (const text of other) {
    if (text.length <= max_characters && !text.includes("\n")) look(text.trim(), { folder: "any", bare: true });
    for (const word of text.split(between)) {
      look(word.replace(/^@/, "").replace(/[.!?]+$/, ""), { folder: "inside", bare: false });
    }
  }
  return {
    there: [...there.values()],
    absent: [...absent.values()],
    written: [...written.values()],
    appended: [...appended.values()],
    is_cut,
  };
}

/** Variables that the shell sets itself, or that are new in every session and say nothing. */
const of_the_shell = /^(?:PWD|OLDPWD|SHLVL|_|RANDOM|DISPATCH_.*)$/;

/** The variables of the environment that command lines name, as `$NAME` or `${NAME…}`. */
export function namedVariables(
  code: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const named: Record<string, string> = {};
  for (const command of code) {
    for (const [, name = ""] of command.matchAll(/\$\{?([A-Za-z_]\w*)/g)) {
      const value = of_the_shell.test(name) ? undefined : env[name];
      if (value !== undefined) named[name] = value;
    }
  }
  return named;
}

/** A path as it is told: from the workspace where it lies in it. */
export function relativeName(path: string, workspace_path: string): string {
  const inside = relative(workspace_path, path);
  if (inside === "") return ".";
  return inside.startsWith("..") || isAbsolute(inside) ? path : join(inside);
}

/** The strings of an input, those of its command lines apart; what names what is made is left out. */
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
