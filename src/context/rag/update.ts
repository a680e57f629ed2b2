import { closeSync, constants, fstatSync, lstatSync, openSync, readFileSync, type Stats } from "node:fs";
import { join } from "node:path";
import { languageOf } from "../languages.ts";
import type { SourceParser } from "../parser.ts";
import { isBinary, max_bytes } from "../read.ts";
import { type Chunk, chunkText } from "./chunks.ts";
import { isTest } from "./kinds.ts";
import { hashText } from "./passages.ts";
import { type IndexedFile, type PreparedChunk, prepareChunk, type Store } from "./store.ts";

/** What differs between an index and a workspace. */
export interface Changes {
  /** Paths of files that are new, or whose size or time is another. */
  changed: string[];
  gone: string[];
}

/** Looks for what changed, by size and time alone. */
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
    else if (isIndexable(lookAt(root, path))) {
      left.delete(path);
      changed.push(path);
    }
  }
  return { changed, gone: [...left] };
}

/** The files of an index that are no longer what they were; it can be asked for before it is known which files there are. */
export function findStale(root: string, known: ReadonlyMap<string, IndexedFile>): Set<string> {
  const stale = new Set<string>();
  for (const [path, file] of known) {
    const stat = lookAt(root, path);
    if (stat === undefined || stat.size !== file.size || stat.mtimeMs !== file.mtime_ms || !isIndexable(stat)) stale.add(path);
  }
  return stale;
}

/** A link is no file of its own, and may lead anywhere; a huge file is data. */
const isIndexable = (stat: Stats | undefined): boolean => stat?.isFile() === true && stat.size <= max_bytes;

function lookAt(root: string, path: string): Stats | undefined {
  try {
    // Names are as git has them: to put them together needs no more than this, and `join` takes twice the time of the look.
    return lstatSync(`${root}/${path}`, { throwIfNoEntry: false });
  } catch {
    // In a folder that may not be entered there is nothing to read.
    return undefined;
  }
}

/** A file as it is to stand in the index. */
export interface ReadForIndex {
  file: IndexedFile;
  /** Undefined where the content is what the index has. */
  chunks: PreparedChunk[] | undefined;
}

/** So shortly before it is read, a file may change once more without its time telling. */
const racy_ms = 50;

/** Reads one file. Undefined where it cannot be read: it will be looked for again. */
export async function readForIndex(
  root: string,
  path: string,
  known_hash: string | undefined,
  parser: SourceParser,
): Promise<ReadForIndex | undefined> {
  const now = Date.now();
  const read = readWhole(join(root, path));
  if (read === undefined) return undefined;
  const { bytes, size, mtime_ms } = read;
  const stamp = { path, size, mtime_ms: now - mtime_ms < racy_ms ? 0 : mtime_ms };
  // That a binary file is there, and under what name, is all that there is to find.
  if (isBinary(bytes))
    return { file: { ...stamp, hash: "binary" }, chunks: known_hash === "binary" ? undefined : nameOnly().map(prepareChunk) };
  const text = bytes.toString("utf8").replace(/^\ufeff/, "");
  const hash = hashText(text);
  if (hash === known_hash) return { file: { ...stamp, hash }, chunks: undefined };
  // Tests are half of many projects and seldom what is asked for; parsing takes more than half of all the time.
  const chunks = isGenerated(text) ? nameOnly() : await chunkText(text, languageOf(path), isTest(path) ? undefined : parser);
  return { file: { ...stamp, hash }, chunks: (chunks.length === 0 ? nameOnly() : chunks).map(prepareChunk) };
}

/** Reads at once what `readText` reads in turns: in a thread of its own nobody waits, and turns cost more than the reading. */
function readWhole(path: string): { bytes: Buffer; size: number; mtime_ms: number } | undefined {
  let file: number | undefined;
  try {
    // A link that was put in a file's place since is not followed, and a FIFO does not block.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stat = fstatSync(file);
    if (!stat.isFile() || stat.size > max_bytes) return undefined;
    return { bytes: readFileSync(file), size: stat.size, mtime_ms: stat.mtimeMs };
  } catch {
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

const nameOnly = (): Chunk[] => [{ first_line: 1, last_line: 1, symbols: [], text: "" }];

/** Code for machines has lines that no one reads. */
const isGenerated = (text: string): boolean => {
  if (text.length < 5000) return false;
  let lines = 1;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) lines++;
  return text.length / lines > 400;
};

/** Puts what was read into the index. */
export function applyFile(store: Store, read: ReadForIndex | undefined): void {
  if (read === undefined) return;
  const { file, chunks } = read;
  if (chunks === undefined) store.touch(file);
  else store.put(file, chunks);
}
