import { isAbsolute, relative, resolve } from "node:path";
import { readWholeFile, walkFolders } from "#files";
import { isAbsent, isBinary } from "#workspace";
import type { Budget } from "./budget.ts";
import type { Git } from "./git.ts";

/** A file of the workspace and its lines, which are read once. */
export interface SourceFile {
  /** Relative to the workspace, with `/` as separator; absolute for files outside the workspace. */
  path: string;
  lines: readonly string[];
}

/** Why a file could not be read as text. */
export type UnreadReason = "missing" | "not_a_file" | "binary" | "too_large" | "unreadable";

/** The files that an investigation may read. */
export interface Workspace {
  root: string;
  /** Relative paths; empty if the folder cannot be listed. */
  files: readonly string[];
  /** The files that `git grep` does not search; all files if there is no git. */
  unsearched: readonly string[];
  has: (path: string) => boolean;
  /** Returns the file, or why it could not be read. The path may be relative, or absolute and outside the workspace. */
  read: (path: string) => SourceFile | UnreadReason;
  /** Like `read`, but returns undefined instead of a reason. */
  text: (path: string) => SourceFile | undefined;
  /** Whether the file is in memory, so that reading it again costs nothing. */
  is_read: (path: string) => boolean;
  /** Returns the files that share the most trailing path segments with `path`; several if they tie. */
  matching: (path: string) => { files: readonly string[]; segments: number };
  /** Returns all lines of a file if the pattern matches anywhere in it, otherwise none. The file is not kept in memory. */
  grep: (path: string, wanted: RegExp) => readonly string[];
  /** What was skipped because of a limit, in sentences. */
  cuts: string[];
  /** Returns how many files were read. */
  read_count: () => number;
}

/** Maximum size of a file that is read, in bytes. */
const max_bytes = 1024 * 1024;

/** Maximum length of a line; longer lines are generated code and are cut. */
const max_line_characters = 4000;

/** Maximum number of files and of folders when listing without git. */
const max_entries = 120_000;

/**
 * Lists the files of a workspace with git, or with a walk that follows no symbolic links. Each text passes through `hide`
 * as a whole, because a single line or part of a secret would not be recognized.
 */
export async function openWorkspace(
  root: string,
  git: Git | undefined,
  budget: Budget,
  signal: AbortSignal,
  hide: (text: string) => string = (text) => text,
): Promise<Workspace> {
  const cuts: string[] = [];
  const listed = await git?.files();
  const all = listed === undefined ? [] : [...listed.tracked, ...listed.untracked];
  // Git lists nothing in a folder that it ignores.
  const files = all.length > 0 ? all : await walk(root, cuts, budget, signal);
  const known = new Set(files);
  const read_files = new Map<string, SourceFile | UnreadReason>();
  const by_name = groupBy(files, (file) => file.slice(file.lastIndexOf("/") + 1));
  /** For names that 16 or more files share: the files grouped by folder and name. */
  const by_folder = new Map<string, ReadonlyMap<string, readonly string[]>>();
  const namesakes = (path: string): readonly string[] => {
    const name = path.slice(path.lastIndexOf("/") + 1);
    const same = by_name.get(name) ?? [];
    if (same.length < 16) return same;
    const folders = by_folder.get(name) ?? groupBy(same, lastTwo);
    by_folder.set(name, folders);
    return folders.get(lastTwo(path)) ?? same;
  };
  const matched = new Map<string, ReturnType<Workspace["matching"]>>();
  const inside = (path: string): string => {
    if (!isAbsolute(path)) return path.replace(/^(?:\.\/)+/, "");
    const from_root = relative(root, path);
    return from_root.startsWith("..") ? path : from_root;
  };
  const read = (path: string): SourceFile | UnreadReason => {
    const own = inside(path);
    const before = read_files.get(own);
    if (before !== undefined) return before;
    const text = readText(resolve(root, own));
    const found: SourceFile | UnreadReason = typeof text === "string" ? text : { path: own, lines: linesOf(hide(text.text)) };
    read_files.set(own, found);
    return found;
  };
  return {
    root,
    files,
    unsearched: listed !== undefined && all.length > 0 ? listed.untracked : files,
    has: (path) => known.has(inside(path)),
    read,
    is_read: (path) => read_files.has(inside(path)),
    text: (path) => {
      const found = read(path);
      return typeof found === "string" ? undefined : found;
    },
    matching: (path) => {
      const own = inside(path);
      const found = matched.get(own) ?? longestCommonEnd(own, known, namesakes);
      matched.set(own, found);
      return found;
    },
    grep: (path, wanted) => {
      const text = readText(resolve(root, inside(path)));
      return typeof text !== "string" && wanted.test(text.text) ? linesOf(hide(text.text)) : [];
    },
    cuts,
    read_count: () => [...read_files.values()].filter((found) => typeof found !== "string").length,
  };
}

function groupBy(files: readonly string[], keyOf: (file: string) => string): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const file of files) {
    const key = keyOf(file);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [file]);
    else same.push(file);
  }
  return groups;
}

/** Returns the last two segments: `b/c.py` for `a/b/c.py`. */
const lastTwo = (path: string): string => path.slice(path.lastIndexOf("/", path.lastIndexOf("/") - 1) + 1);

function longestCommonEnd(
  path: string,
  known: ReadonlySet<string>,
  namesakes: (path: string) => readonly string[],
): { files: readonly string[]; segments: number } {
  if (known.has(path)) return { files: [path], segments: path.split("/").length };
  let best: string[] = [];
  let best_segments = 0;
  for (const file of namesakes(path)) {
    const same = commonSegments(file, path);
    if (same < best_segments) continue;
    if (same > best_segments) best = [];
    best_segments = same;
    best.push(file);
  }
  return { files: best, segments: best_segments };
}

/** Counts the trailing segments that two paths share. */
function commonSegments(a: string, b: string): number {
  let segments = 0;
  for (let back = 1; ; back++) {
    const [left, right] = [a.charCodeAt(a.length - back), b.charCodeAt(b.length - back)];
    const is_end_of_both = (Number.isNaN(left) || left === 47) && (Number.isNaN(right) || right === 47);
    if (is_end_of_both) segments++;
    if (left !== right || Number.isNaN(left)) return segments;
  }
}

/** Splits a text into lines and cuts those longer than `max_line_characters`. */
export const linesOf = (text: string): string[] =>
  text.split(/\r\n|\n|\r/).map((line) => (line.length > max_line_characters ? line.slice(0, max_line_characters) : line));

function readText(file: string): { text: string } | UnreadReason {
  try {
    const read = readWholeFile(file, max_bytes);
    if (read.type === "not_regular") return "not_a_file";
    if (read.type === "too_large") return "too_large";
    return isBinary(read.bytes) ? "binary" : { text: read.bytes.toString("utf8").replace(/^\ufeff/, "") };
  } catch (error) {
    return isAbsent(error) ? "missing" : "unreadable";
  }
}

async function walk(root: string, cuts: string[], budget: Budget, signal: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  let entered = 0;
  for await (const { path, entries, enter } of walkFolders(root, { max_entries, onError: () => {} })) {
    signal.throwIfAborted();
    if (budget.left("walk") === 0) {
      budget.skip(`folders after the first ${files.length} files`);
      break;
    }
    for (const entry of entries) {
      if (entry.isFile()) files.push(`${path}${entry.name}`);
      else if (entry.isDirectory()) {
        enter(entry.name);
        entered++;
      }
    }
    if (files.length < max_entries && entered < max_entries) continue;
    cuts.push(`The workspace has more than ${max_entries} files; the rest was not read.`);
    break;
  }
  return files.sort();
}
