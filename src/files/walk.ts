import type { Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";

/**
 * Version control, installed dependencies and caches of tools: no walk enters them. Build outputs such as `target` are not
 * listed, because a task may depend on them.
 */
const tool_folders: ReadonlySet<string> = new Set([
  ...[".git", ".hg", ".svn", "node_modules", "bower_components", ".venv", "venv", ".tox", ".nox"],
  ...["__pycache__", ".mypy_cache", ".pytest_cache", ".gradle"],
]);

/** A folder that a walk has reached. */
export interface WalkedFolder {
  /** Relative to the root, with a trailing slash; empty for the root. */
  path: string;
  /** In the order of the file system, without tool folders. */
  entries: readonly Dirent[];
  /** Whether the folder has more entries than the limit. */
  is_cut: boolean;
  /** Adds a subfolder, or a link to a folder, to the walk. */
  enter(name: string): void;
}

/** Options of `walkFolders`. */
export interface WalkOptions {
  /** Maximum number of entries that are read of a folder. */
  max_entries?: number;
  /** Receives the error of a folder that cannot be read; the walk continues unless it throws. */
  onError(path: string, error: unknown): void;
}

/**
 * Walks a folder breadth first, so that a walk that is cut short misses the deepest folders. Subfolders are walked only if
 * the consumer enters them.
 */
export async function* walkFolders(
  root: string,
  { max_entries = Number.POSITIVE_INFINITY, onError }: WalkOptions,
): AsyncGenerator<WalkedFolder> {
  const queue = [""];
  // The loop also visits folders that are added while it runs.
  for (const path of queue) {
    const entries: Dirent[] = [];
    let is_cut = false;
    try {
      for await (const entry of await opendir(join(root, path), { bufferSize: 1000 })) {
        is_cut = entries.length === max_entries;
        if (is_cut) break;
        if (!tool_folders.has(entry.name)) entries.push(entry);
      }
    } catch (error) {
      onError(path, error);
      continue;
    }
    yield { path, entries, is_cut, enter: (name) => void queue.push(`${path}${name}/`) };
  }
}
