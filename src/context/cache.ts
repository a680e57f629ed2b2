import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What was found out about texts, by their hashes, kept in the workspace from run to run. */
export interface Cache<Value> {
  get(hash: string): Value | undefined;
  set(hash: string, value: Value): void;
  /** Writes what is new; that it cannot is no failure. */
  save(): void;
}

/** Of other versions nothing is taken over: they may have found otherwise. */
const version = 1;

/** Opens one of the workspace's caches; it is read when it is first asked. */
export function openCache<Value>(options: {
  workspace: string;
  name: string;
  /** So many are kept; the oldest go. */
  most_kept: number;
  /** Tells a value from what somebody else may have written. */
  isValue(value: unknown): value is Value;
}): Cache<Value> {
  const { workspace, name, most_kept, isValue } = options;
  const folder = join(workspace, ".dispatch", "cache");
  const file = join(folder, `${name}.json`);
  let read: Map<string, Value> | undefined;
  let is_new = false;

  function kept(): Map<string, Value> {
    read ??= new Map(readEntries(file).filter((entry): entry is [string, Value] => isValue(entry[1])));
    return read;
  }

  return {
    get: (hash) => kept().get(hash),
    set(hash, value) {
      kept().set(hash, value);
      is_new = true;
    },
    save() {
      if (!is_new) return;
      const next = `${file}.${process.pid}-${randomBytes(3).toString("hex")}.tmp`;
      try {
        // A link in its place could lead anywhere.
        for (const own of [join(workspace, ".dispatch"), folder]) {
          if (lstatSync(own, { throwIfNoEntry: false })?.isSymbolicLink() === true) return;
        }
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileSync(join(folder, ".gitignore"), "*\n");
        writeFileSync(next, JSON.stringify({ version, entries: [...kept()].slice(-most_kept) }), { mode: 0o600 });
        renameSync(next, file);
        is_new = false;
      } catch {
        try {
          unlinkSync(next);
        } catch {
          // It was never made.
        }
      }
    },
  };
}

/** Pairs whose first is a text; whatever is not as `save` wrote it is no cache. */
function readEntries(file: string): [string, unknown][] {
  try {
    const cache: unknown = JSON.parse(readFileSync(file, "utf8"));
    const is_ours = typeof cache === "object" && cache !== null && "version" in cache && "entries" in cache;
    if (!is_ours || cache.version !== version || !Array.isArray(cache.entries)) return [];
    return cache.entries.filter((entry) => Array.isArray(entry) && typeof entry[0] === "string");
  } catch {
    return [];
  }
}
