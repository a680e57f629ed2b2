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
  max_kept: number;
  /** Tells a value from what somebody else may have written. */
  isValue(value: unknown): value is Value;
}): Cache<Value> {
  const { workspace, name, max_kept, isValue } = options;
  const folder = cacheFolder(workspace);
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
        makeCacheFolder(workspace);
        writeFileSync(next, JSON.stringify({ version, entries: [...kept()].slice(-max_kept) }), { mode: 0o600 });
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

/** Where dispatch keeps what it has found out about a workspace. */
export const cacheFolder = (workspace: string): string => join(workspace, ".dispatch", "cache");

/** Makes that folder ready. Throws where it cannot be, or where a link would lead to another place. */
export function makeCacheFolder(workspace: string): void {
  const folder = cacheFolder(workspace);
  for (const own of [dirname(folder), folder]) {
    if (lstatSync(own, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw new Error(`${own} is a link`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  hideFromGit(folder);
}

/** Whatever is there stays: it may be a link, and `*` would be written to where that leads. */
export function hideFromGit(folder: string): void {
  const file = join(folder, ".gitignore");
  if (lstatSync(file, { throwIfNoEntry: false }) === undefined) writeFileSync(file, "*\n", { flag: "wx" });
}

/** No cache of ours comes near it. */
const max_bytes = 256 * 1024 * 1024;

/** It may have come with the workspace: no link is followed, and nothing is waited for. */
function readOwn(path: string): string {
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(file);
    return stat.isFile() && stat.size <= max_bytes ? readFileSync(file, "utf8") : "";
  } finally {
    closeSync(file);
  }
}

/** Pairs whose first is a text; whatever is not as `save` wrote it is no cache. */
function readEntries(file: string): [string, unknown][] {
  try {
    const cache: unknown = JSON.parse(readOwn(file));
    const is_ours = typeof cache === "object" && cache !== null && "version" in cache && "entries" in cache;
    if (!is_ours || cache.version !== version || !Array.isArray(cache.entries)) return [];
    return cache.entries.filter((entry) => Array.isArray(entry) && typeof entry[0] === "string");
  } catch {
    return [];
  }
}
