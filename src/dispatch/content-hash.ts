import { hash } from "node:crypto";
import { createReadStream, type Stats, statSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "#errors";

/** In place of a hash where a folder holds too much, or what cannot be read: it equals nothing, not even itself. */
export const incomparable = "?";

/** Tells whether a file or folder is what it was. */
export interface ContentHasher {
  /** A hash of what stands there, `incomparable`, or undefined where nothing does. */
  hash(path: string): Promise<string | undefined>;
  /** Whether a file, a folder or nothing stands there. */
  kind(path: string): "file" | "folder" | undefined;
}

/** Longest file that is read; a longer one is judged by its size and time. */
const most_bytes = 64 * 1024 * 1024;
/** Files up to here are read at once. */
const small_bytes = 1024 * 1024;
/** What a folder may hold to be compared. */
const most_files = 1000;
const most_folder_bytes = 32 * 1024 * 1024;

/** Folders that hold what tools keep, and nothing that a task is about. */
const kept_by_tools = new Set([".git", ".hg", ".svn", "node_modules", ".dispatch", "__pycache__"]);

/** 64 bits: enough to tell what has changed, short enough to stand in a journal by the dozen. */
export const shortHash = (text: string | Uint8Array): string => hash("sha256", text, "hex").slice(0, 16);

/** Makes a hasher that reads a file again only if its size, times or place have changed; `except` are paths that count for nothing. */
export function createContentHasher(except: readonly string[] = []): ContentHasher {
  const known = new Map<string, { stamp: string; hash: string }>();

  async function hashFile(path: string, stats: Stats): Promise<string> {
    const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
    const before = known.get(path);
    if (before?.stamp === stamp) return before.hash;
    const made = await contentHash(path, stats);
    if (made !== incomparable) known.set(path, { stamp, hash: made });
    return made;
  }

  async function hashFolder(path: string): Promise<string> {
    let files = 0;
    let bytes = 0;
    const lines: string[] = [];
    /** False where it is too much. */
    async function walk(folder: string, name: string): Promise<boolean> {
      const entries = await readdir(folder, { withFileTypes: true });
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const here = join(folder, entry.name);
        const shown = `${name}${entry.name}`;
        if (kept_by_tools.has(entry.name) || except.includes(here)) continue;
        if (++files > most_files) return false;
        if (entry.isSymbolicLink()) lines.push(`${shown} -> ${await readlink(here)}`);
        else if (entry.isDirectory()) {
          if (!(await walk(here, `${shown}/`))) return false;
        } else if (entry.isFile()) {
          const stats = statSync(here);
          bytes += stats.size;
          if (bytes > most_folder_bytes) return false;
          lines.push(`${shown} ${await hashFile(here, stats)}`);
        }
      }
      return true;
    }
    return (await walk(path, "")) ? shortHash(lines.join("\n")) : incomparable;
  }

  return {
    kind(path) {
      const stats = look(path);
      return stats?.isFile() ? "file" : stats?.isDirectory() ? "folder" : undefined;
    },
    async hash(path) {
      const stats = look(path);
      if (stats === undefined) return undefined;
      try {
        if (stats.isFile()) return await hashFile(path, stats);
        return stats.isDirectory() ? await hashFolder(path) : undefined;
      } catch (error) {
        // It vanished while it was read, or may not be read.
        return systemCode(error) === "ENOENT" ? undefined : incomparable;
      }
    },
  };
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A name that is too long, or leads through a file.
    return undefined;
  }
}

async function contentHash(path: string, stats: Stats): Promise<string> {
  if (stats.size > most_bytes) return shortHash(`${stats.size} ${stats.mtimeMs}`);
  if (stats.size <= small_bytes) return shortHash(await readFile(path));
  const { createHash } = await import("node:crypto");
  const sum = createHash("sha256");
  for await (const piece of createReadStream(path)) sum.update(piece as Buffer);
  return sum.digest("hex").slice(0, 16);
}
