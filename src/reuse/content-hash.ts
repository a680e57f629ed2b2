import { hash } from "node:crypto";
import { createReadStream, realpathSync, type Stats, statSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { systemCode } from "#errors";
import { walkFolders } from "#files";

/** Replaces the hash of a folder that holds too much, or of a path that cannot be read. It equals nothing, not even itself. */
export const incomparable = "?";

/** Hashes files and folders, to see whether they have changed. */
export interface ContentHasher {
  /** The hash of a file or folder, `incomparable`, or undefined where nothing exists. */
  hash(path: string): Promise<string | undefined>;
  /** Whether the path is a file, a folder or nothing. */
  kind(path: string): "file" | "folder" | undefined;
  /** Leaves these paths out of every folder from now on. */
  leaveOut(paths: Iterable<string>): void;
  /** The files below a folder, as absolute paths; empty where it holds too much. */
  files(path: string): Promise<readonly string[]>;
}

/** An entry below a folder; without `stats` if its content is not read. */
interface Entry {
  /** Relative to the folder. */
  name: string;
  path: string;
  stats: Stats | undefined;
}

/** Longest file whose content is hashed; a longer one is compared by size and time. */
const max_bytes = 64 * 1024 * 1024;
/** Files up to this size are read whole. */
const small_bytes = 1024 * 1024;
/** Most files of a folder that is compared. */
const max_files = 1000;
/** Most entries, those left out included. */
const max_entries = 2 * max_files;
const max_folder_bytes = 32 * 1024 * 1024;

/** 64 bits: enough to see a change, and short, because a journal has dozens of them for a task. */
export const shortHash = (text: string | Uint8Array): string => hash("sha256", text, "hex").slice(0, 16);

/**
 * Creates a hasher that reads a file again only if its size, times or inode have changed. `except` are absolute paths that
 * are left out of every folder.
 */
export function createContentHasher(except: Iterable<string> = []): ContentHasher {
  const left_out = new Set(except);
  // Promises, because tasks that start together often name the same folder.
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

  /** The entries below a folder, in the order of a depth-first walk; undefined if there are too many. */
  async function list(root: string): Promise<Entry[] | undefined> {
    let entries_seen = 0;
    let bytes = 0;
    const found: (Entry & { order: string })[] = [];
    /** For each folder, the real paths of the links that lead to it. */
    const links_above = new Map([["", [realpathSync(root)]]]);
    const onError = (_: string, error: unknown): never => {
      throw error;
    };
    for await (const { path: folder, entries, is_cut, enter } of walkFolders(root, { max_entries, onError })) {
      if (is_cut) return undefined;
      const above = links_above.get(folder) ?? [];
      for (const entry of entries) {
        const name = `${folder}${entry.name}`;
        const path = join(root, name);
        if (entry.name === ".dispatch" || left_out.has(path)) continue;
        if (++entries_seen > max_files) return undefined;
        const link = entry.isSymbolicLink() ? await readlink(path) : undefined;
        const stats = link === undefined && !entry.isFile() ? undefined : look(path);
        const is_folder = entry.isDirectory() || (link !== undefined && stats?.isDirectory() === true);
        // `\0` sorts the entries of a folder before names that begin with the folder's name.
        const order = name.replaceAll("/", "\0");
        if (link !== undefined || stats?.isFile() === true) {
          const file_stats = stats?.isFile() === true ? stats : undefined;
          bytes += file_stats?.size ?? 0;
          if (bytes > max_folder_bytes) return undefined;
          found.push({ name: link === undefined ? name : `${name} -> ${link}`, path, stats: file_stats, order });
        }
        if (!is_folder) continue;
        const real = link === undefined ? undefined : realpathSync(path);
        // A link to a folder above it would never end.
        if (real !== undefined && above.some((one) => one === real || one.startsWith(`${real}/`))) continue;
        links_above.set(`${name}/`, real === undefined ? above : [...above, real]);
        enter(entry.name);
      }
    }
    return found.sort((a, b) => (a.order < b.order ? -1 : 1));
  }

  async function hashFolder(path: string): Promise<string> {
    const entries = await list(path);
    if (entries === undefined) return incomparable;
    const lines: string[] = [];
    for (const { name, path: here, stats } of entries)
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
        // The file vanished meanwhile, or may not be read.
        return systemCode(error) === "ENOENT" ? undefined : incomparable;
      }
    },
  };
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // ENAMETOOLONG, or ENOTDIR for a path through a file.
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
