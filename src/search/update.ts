import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";
import { readWholeFile } from "#files";
import { isBinary, languageOf, max_bytes, type SourceParser } from "#workspace";
import { type Chunk, chunkText } from "./chunks.ts";
import { isTest } from "./kinds.ts";
import { hashText } from "./passages.ts";
import { type IndexedFile, type PreparedChunk, prepareChunk, type Store } from "./store.ts";

/** Differences between an index and its workspace. */
export interface Changes {
  /** Paths of files that are new, or whose size or time differs. */
  changed: string[];
  removed: string[];
}

/** Finds changed files by size and time. */
export function findChanges(
  root: string,
  files: readonly string[],
  known: ReadonlyMap<string, IndexedFile>,
  stale: ReadonlySet<string> = findStale(root, known),
): Changes {
  const changed: string[] = [];
  const left = new Set(known.keys());
  for (const path of files) {
    if (known.has(path) && !stale.has(path)) left.delete(path);
    else if (isIndexable(statOf(root, path))) {
      left.delete(path);
      changed.push(path);
    }
  }
  return { changed, removed: [...left] };
}

/** Returns the indexed files that have changed or are gone. Needs no listing of the workspace, so it can run before one. */
export function findStale(root: string, known: ReadonlyMap<string, IndexedFile>): Set<string> {
  const stale = new Set<string>();
  for (const [path, file] of known) {
    const stat = statOf(root, path);
    if (stat === undefined || stat.size !== file.size || stat.mtimeMs !== file.mtime_ms || !isIndexable(stat)) stale.add(path);
  }
  return stale;
}

/** Whether a file is indexed. Links may lead anywhere and huge files are data, so neither is. */
const isIndexable = (stat: Stats | undefined): boolean => stat?.isFile() === true && stat.size <= max_bytes;

function statOf(root: string, path: string): Stats | undefined {
  try {
    // Listed paths are already normalized, and `join` takes twice as long as `lstat` itself.
    return lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
  } catch {
    // Thrown for a path in a folder that must not be entered.
    return undefined;
  }
}

/** A file ready to be put into the index. */
export interface ReadForIndex {
  file: IndexedFile;
  /** Undefined if the content is the indexed one. */
  chunks: PreparedChunk[] | undefined;
}

/** A file that changed this shortly before it was read may change again without a different time. */
const racy_ms = 50;

/** Reads one file. Resolves to undefined if it cannot be read; the next update tries again. */
export async function readForIndex(
  root: string,
  path: string,
  known_hash: string | undefined,
  parser: SourceParser,
): Promise<ReadForIndex | undefined> {
  const now = Date.now();
  const read = readIfIndexable(join(root, path));
  if (read === undefined) return undefined;
  const { bytes, stat } = read;
  const stamp = { path, size: stat.size, mtime_ms: now - stat.mtimeMs < racy_ms ? 0 : stat.mtimeMs };
  // A binary file is found by its name only.
  if (isBinary(bytes))
    return { file: { ...stamp, hash: "binary" }, chunks: known_hash === "binary" ? undefined : nameOnly().map(prepareChunk) };
  const text = bytes.toString("utf8").replace(/^\ufeff/, "");
  const hash = hashText(text);
  if (hash === known_hash) return { file: { ...stamp, hash }, chunks: undefined };
  // Tests are not parsed: they are half of many projects and rarely wanted, and parsing takes more than half of the time.
  const chunks = isGenerated(text) ? nameOnly() : await chunkText(text, languageOf(path), isTest(path) ? undefined : parser);
  return { file: { ...stamp, hash }, chunks: (chunks.length === 0 ? nameOnly() : chunks).map(prepareChunk) };
}

function readIfIndexable(path: string): { bytes: Buffer; stat: Stats } | undefined {
  try {
    // A link that has replaced the file since is not followed.
    const read = readWholeFile(path, max_bytes, { follows_link: false });
    return read.type === "whole" ? read : undefined;
  } catch {
    return undefined;
  }
}

const nameOnly = (): Chunk[] => [{ first_line: 1, last_line: 1, symbols: [], text: "" }];

/** Whether a text is minified or generated, by the average length of its lines. */
const isGenerated = (text: string): boolean => {
  if (text.length < 5000) return false;
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return text.length / lines > 400;
};

/** Puts a file that was read into the index. */
export function applyFile(store: Store, read: ReadForIndex | undefined): void {
  if (read === undefined) return;
  const { file, chunks } = read;
  if (chunks === undefined) store.touch(file);
  else store.put(file, chunks);
}
