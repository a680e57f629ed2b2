import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { isAbsolute, join, relative, resolve } from "node:path";
import type { Git } from "./git.ts";

/** A file of the workspace, read once. */
export interface SourceFile {
  /** Relative to the workspace, with `/`; absolute outside it. */
  path: string;
  lines: readonly string[];
}

/** Why a file's text is not there. */
export type Unread = "missing" | "not_a_file" | "binary" | "too_large" | "unreadable";

/** The files that an investigation may look at. */
export interface Workspace {
  root: string;
  /** Relative paths; empty where the folder cannot be listed. */
  files: readonly string[];
  has: (path: string) => boolean;
  /** The file's text, or why there is none. A path may be relative, or absolute anywhere. */
  read: (path: string) => SourceFile | Unread;
  /** The same, where the reason does not matter. */
  text: (path: string) => SourceFile | undefined;
  /** Files whose path has the longest common end with this one; several where it does not decide. */
  matching: (path: string) => { files: readonly string[]; segments: number };
  /** What was left out, as sentences. */
  cuts: string[];
  /** How many files were read. */
  read_count: () => number;
}

/** Most bytes that are read of one file. */
const most_bytes = 1024 * 1024;

/** A line that no person wrote. */
const most_line_characters = 4000;

/** Most entries that are listed without git. */
const most_entries = 120_000;

const skipped_folders = new Set(
  ".git .hg .svn node_modules bower_components __pycache__ .venv venv .tox .nox .mypy_cache .pytest_cache .gradle .idea .next .cache target".split(
    " ",
  ),
);

/** Lists the files of a workspace: as git knows them, else by a walk that follows no symbolic link. */
export async function openWorkspace(root: string, git: Git | undefined, signal: AbortSignal): Promise<Workspace> {
  const cuts: string[] = [];
  const listed = await git?.files();
  const files = listed !== undefined && listed.length > 0 ? listed : await walk(root, cuts, signal);
  const known = new Set(files);
  const read_files = new Map<string, SourceFile | Unread>();
  const by_name = new Map<string, string[]>();
  for (const file of files) {
    const name = file.slice(file.lastIndexOf("/") + 1);
    const same = by_name.get(name);
    if (same === undefined) by_name.set(name, [file]);
    else same.push(file);
  }
  const inside = (path: string): string => {
    if (!isAbsolute(path)) return path.replace(/^(?:\.\/)+/, "");
    const from_root = relative(root, path);
    return from_root.startsWith("..") ? path : from_root;
  };
  const read = (path: string): SourceFile | Unread => {
    const own = inside(path);
    const before = read_files.get(own);
    if (before !== undefined) return before;
    const found = readSource(resolve(root, own), own);
    read_files.set(own, found);
    return found;
  };
  return {
    root,
    files,
    has: (path) => known.has(inside(path)),
    read,
    text: (path) => {
      const found = read(path);
      return typeof found === "string" ? undefined : found;
    },
    matching: (path) => longestCommonEnd(inside(path), known, by_name),
    cuts,
    read_count: () => [...read_files.values()].filter((found) => typeof found !== "string").length,
  };
}

function longestCommonEnd(
  path: string,
  known: ReadonlySet<string>,
  by_name: ReadonlyMap<string, readonly string[]>,
): { files: readonly string[]; segments: number } {
  const wanted = path.split("/").reverse();
  if (known.has(path)) return { files: [path], segments: wanted.length };
  let best: string[] = [];
  let most = 0;
  for (const file of by_name.get(wanted[0] ?? "") ?? []) {
    const own = file.split("/").reverse();
    let same = 0;
    while (same < own.length && own[same] === wanted[same]) same++;
    if (same < most) continue;
    if (same > most) best = [];
    most = same;
    best.push(file);
  }
  return { files: best, segments: most };
}

function readSource(file: string, path: string): SourceFile | Unread {
  let descriptor: number;
  try {
    // A FIFO would block without it.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")
      ? "missing"
      : "unreadable";
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return "not_a_file";
    if (stat.size > most_bytes) return "too_large";
    const buffer = Buffer.alloc(stat.size);
    const size = readSync(descriptor, buffer, 0, stat.size, 0);
    if (buffer.subarray(0, Math.min(size, 8000)).includes(0)) return "binary";
    const text = buffer.toString("utf8", 0, size).replace(/^\ufeff/, "");
    const lines = text.split(/\r\n|\n|\r/);
    return {
      path,
      lines: lines.map((line) => (line.length > most_line_characters ? line.slice(0, most_line_characters) : line)),
    };
  } catch {
    return "unreadable";
  } finally {
    closeSync(descriptor);
  }
}

async function walk(root: string, cuts: string[], signal: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  const folders = [""];
  for (let next = folders.shift(); next !== undefined; next = folders.shift()) {
    signal.throwIfAborted();
    const entries = await readdir(join(root, next), { withFileTypes: true }).catch(() => []);
    for (const entry of entries) {
      const path = next === "" ? entry.name : `${next}/${entry.name}`;
      if (entry.isDirectory() && !skipped_folders.has(entry.name)) folders.push(path);
      else if (entry.isFile()) files.push(path);
    }
    if (files.length < most_entries && folders.length < most_entries) continue;
    cuts.push(`The workspace has more than ${most_entries} files; those beyond were not looked at.`);
    break;
  }
  return files.sort();
}
