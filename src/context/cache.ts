import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";

/** Values by the hash of a text, kept in the workspace from run to run. */
export interface Cache<Value> {
  get(hash: string): Value | undefined;
  set(hash: string, value: Value): void;
  /** Writes the cache if it has new values. Failure to write is ignored. */
  save(): void;
}

/** A cache of another version is ignored, because its values may have been computed differently. */
const version = 1;

/** Opens one of the workspace's caches; the file is read on first use. */
export function openCache<Value>(options: {
  workspace: string;
  name: string;
  /** Maximum number of entries; the oldest are dropped. */
  max_entries: number;
  /** Rejects values that another program may have written. */
  isValue(value: unknown): value is Value;
}): Cache<Value> {
  const { workspace, name, max_entries, isValue } = options;
  const folder = cacheFolder(workspace);
  const file = join(folder, `${name}.json`);
  let loaded: Map<string, Value> | undefined;
  let has_changed = false;

  function load(): Map<string, Value> {
    loaded ??= new Map(readEntries(file).filter((entry): entry is [string, Value] => isValue(entry[1])));
    return loaded;
  }

  return {
    get: (hash) => load().get(hash),
    set(hash, value) {
      load().set(hash, value);
      has_changed = true;
    },
    save() {
      if (!has_changed) return;
      const next = `${file}.${process.pid}-${randomBytes(3).toString("hex")}.tmp`;
      try {
        makeCacheFolder(workspace);
        writeFileSync(next, JSON.stringify({ version, entries: [...load()].slice(-max_entries) }), { mode: 0o600 });
        renameSync(next, file);
        has_changed = false;
      } catch {
        try {
          unlinkSync(next);
        } catch {
          // The file was never created.
        }
      }
    },
  };
}

/** Returns the folder where dispatch keeps its caches of a workspace. */
export const cacheFolder = (workspace: string): string => join(workspace, ".dispatch", "cache");

/** Creates the cache folder. Throws if that fails, or if the folder is reached through a link. */
export function makeCacheFolder(workspace: string): void {
  const folder = cacheFolder(workspace);
  for (const own of [dirname(folder), folder]) {
    if (lstatSync(own, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw new Error(`${own} is a link`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  hideFromGit(folder);
}

/** Writes a .gitignore into a folder. An existing one is kept: it may be a link, and the write would follow it. */
export function hideFromGit(folder: string): void {
  const file = join(folder, ".gitignore");
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) writeFileSync(file, "*\n", { flag: "wx" });
}

/** Far larger than any cache that dispatch writes. */
const max_bytes = 256 * 1024 * 1024;

/** Reads a cache. The file may have been planted: links are not followed, and a FIFO does not block. */
function readOwn(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size <= max_bytes ? readFileSync(file, "utf8") : "";
  } finally {
    closeSync(file);
  }
}

/** Reads the entries of a cache file; returns none if the file does not have the format that `save` writes. */
function readEntries(file: string): [string, unknown][] {
  try {
    const cache: unknown = JSON.parse(readOwn(file));
    const is_cache = typeof cache === "object" && cache !== null && "version" in cache && "entries" in cache;
    if (!is_cache || cache.version !== version || !Array.isArray(cache.entries)) return [];
    return cache.entries.filter((entry) => Array.isArray(entry) && typeof entry[0] === "string");
  } catch {
    return [];
  }
}
