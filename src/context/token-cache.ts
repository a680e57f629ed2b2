import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Counts of texts by their hashes, kept in the workspace from run to run. */
export interface TokenCache {
  get(hash: string): number | undefined;
  set(hash: string, tokens: number): void;
  /** Writes what is new; that it cannot is no failure. */
  save(): void;
}

/** So many are kept; the oldest go. */
const most_kept = 20_000;

/** Of other versions nothing is taken over: they may have counted otherwise. */
const version = 1;

/** Opens the cache of a workspace. */
export function openTokenCache(workspace: string): TokenCache {
  const folder = join(workspace, ".dispatch", "cache");
  const file = join(folder, "tokens.json");
  const kept = new Map(read(file));
  let is_new = false;
  return {
    get: (hash) => kept.get(hash),
    set(hash, tokens) {
      kept.set(hash, tokens);
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
        writeFileSync(next, JSON.stringify({ version, tokens: [...kept].slice(-most_kept) }), { mode: 0o600 });
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

function read(file: string): [string, number][] {
  try {
    // Whatever is not as `save` wrote it is no cache.
    const cache = JSON.parse(readFileSync(file, "utf8")) as { version: unknown; tokens: [string, number][] };
    if (cache.version !== version) return [];
    return cache.tokens.filter(([hash, tokens]) => typeof hash === "string" && Number.isInteger(tokens));
  } catch {
    return [];
  }
}
