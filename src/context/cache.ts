import { join } from "node:path";
import { readWholeFile, replaceFile } from "#files";
import { cacheFolder, createCacheFolder } from "#workspace";

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
      try {
        createCacheFolder(workspace);
        replaceFile(file, JSON.stringify({ version, entries: [...load()].slice(-max_entries) }));
        has_changed = false;
      } catch {
        // Without the cache, the next run counts again.
      }
    },
  };
}

/** Far larger than any cache that dispatch writes. */
const max_bytes = 256 * 1024 * 1024;

/** Reads the entries of a cache file; returns none if the file does not have the format that `save` writes. */
function readEntries(file: string): [string, unknown][] {
  try {
    // The file may have been planted: links are not followed.
    const read = readWholeFile(file, max_bytes, { follows_link: false });
    if (read.type !== "whole") return [];
    const cache: unknown = JSON.parse(read.bytes.toString("utf8"));
    const is_cache = typeof cache === "object" && cache !== null && "version" in cache && "entries" in cache;
    if (!is_cache || cache.version !== version || !Array.isArray(cache.entries)) return [];
    return cache.entries.filter((entry) => Array.isArray(entry) && typeof entry[0] === "string");
  } catch {
    return [];
  }
}
