import { hash } from "node:crypto";
import { createReadStream, type Dirent, realpathSync, type Stats, statSync } from "node:fs";
import { opendir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "#errors";

/** In place of a hash where a folder holds too much, or something cannot be read: it equals nothing, not even itself. */
export const incomparable = "?";

/** Tells whether a file or folder is what it was. */
export interface ContentHasher {
  /** A hash of what stands there, `incomparable`, or undefined where nothing does. */
  hash(path: string): Promise<string | undefined>;
  /** Whether a file, a folder or nothing stands there. */
  kind(path: string): "file" | "folder" | undefined;
  /** From now on these paths, too, count for nothing in a folder. */
  leaveOut(paths: Iterable<string>): void;
  /** The files below a folder, absolute; none where it holds too much. */
  files(path: string): Promise<readonly string[]>;
}

/** What stands in a folder; without `stats` where nothing of it is read. */
interface Held {
  /** From the folder. */
  name: string;
  path: string;
  stats: Stats | undefined;
}

/** Longest file that is read; a longer one is judged by its size and time. */
const max_bytes = 64 * 1024 * 1024;
/** Files up to here are read at once. */
const small_bytes = 1024 * 1024;
/** What a folder may hold to be compared. */
const max_files = 1000;
/** With what is left out. */
const max_entries = 2 * max_files;
const max_folder_bytes = 32 * 1024 * 1024;

/** Folders that hold what tools keep, and nothing that a task is about. */
const kept_by_tools = new Set([".git", ".hg", ".svn", "node_modules", ".dispatch", "__pycache__"]);

/** 64 bits: enough to tell what has changed, short enough to stand in a journal by the dozen. */
export const shortHash = (text: string | Uint8Array): string => hash("sha256", text, "hex").slice(0, 16);

/** Makes a hasher that reads a file again only if its size, times or place have changed; `except` are paths that count for nothing. */
export function createContentHasher(except: Iterable<string> = []): ContentHasher {
  const left_out = new Set(except);
  // Promises: tasks that start together often name the same folder, and it is read once for all of them.
  const known = new Map<string, { stamp: string; hash: Promise<string> }>();

  async function hashFile(path: string, stats: Stats): Promise<string> {
    const stamp = `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
    const before = known.get(path);
    if (before?.stamp === stamp) return before.hash;
    const made = contentHash(path, stats);
    known.set(path, { stamp, hash: made });
    made.catch(() => known.delete(path));
    return made;
  }

  /** What a folder holds, in order; undefined where it is too much. */
  async function list(path: string): Promise<Held[] | undefined> {
    let entries_seen = 0;
    let bytes = 0;
    const held: Held[] = [];
    /** False where it is too much. */
    async function walk(folder: string, name: string, above: readonly string[]): Promise<boolean> {
      const entries: Dirent[] = [];
      for await (const entry of await opendir(folder, { bufferSize: max_files })) {
        // A folder of a million is too much before it is read to its end.
        if (entries.push(entry) > max_entries) return false;
      }
      for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const here = join(folder, entry.name);
        const shown = `${name}${entry.name}`;
        if (kept_by_tools.has(entry.name) || left_out.has(here)) continue;
        if (++entries_seen > max_files) return false;
        const link = entry.isSymbolicLink() ? await readlink(here) : undefined;
        // What a link leads to is read by way of it.
        const stats = link === undefined && !entry.isFile() ? undefined : look(here);
        if (entry.isDirectory() || (link !== undefined && stats?.isDirectory())) {
          const real = link === undefined ? undefined : realpathSync(here);
          if (link !== undefined) held.push({ name: `${shown} -> ${link}`, path: here, stats: undefined });
          // A link to a folder that it stands in has no end.
          if (real !== undefined && above.some((one) => one === real || one.startsWith(`${real}/`))) continue;
          if (!(await walk(here, `${shown}/`, real === undefined ? above : [...above, real]))) return false;
        } else if (stats?.isFile()) {
          bytes += stats.size;
          if (bytes > max_folder_bytes) return false;
          held.push({ name: link === undefined ? shown : `${shown} -> ${link}`, path: here, stats });
        } else if (link !== undefined) held.push({ name: `${shown} -> ${link}`, path: here, stats: undefined });
      }
      return true;
    }
    return (await walk(path, "", [realpathSync(path)])) ? held : undefined;
  }

  async function hashFolder(path: string): Promise<string> {
    const held = await list(path);
    if (held === undefined) return incomparable;
    const lines: string[] = [];
    for (const { name, path: here, stats } of held)
      lines.push(stats === undefined ? name : `${name} ${await hashFile(here, stats)}`);
    return shortHash(lines.join("\n"));
  }

  return {
    leaveOut(paths) {
      for (const path of paths) left_out.add(path);
    },
    async files(path) {
      try {
        return ((await list(path)) ?? []).flatMap(({ path: here, stats }) => (stats === undefined ? [] : [here]));
      } catch {
        return [];
      }
    },
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
  if (stats.size > max_bytes) return shortHash(`${stats.size} ${stats.mtimeMs}`);
  if (stats.size <= small_bytes) return shortHash(await readFile(path));
  const { createHash } = await import("node:crypto");
  const sum = createHash("sha256");
  for await (const piece of createReadStream(path)) sum.update(piece as Buffer);
  return sum.digest("hex").slice(0, 16);
}
