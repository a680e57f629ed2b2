import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { index_file_name } from "./rag/index-location.ts";
import { type OpenIndex, openIndex } from "./rag/open-index.ts";
import { type FileHit, search } from "./rag/search.ts";
import { isNamed, rankFiles, type Scored } from "./relevance.ts";
import type { Workspace } from "./workspace.ts";

/** Picks files for `auto`. */
export interface Picker {
  /** Returns the files that match a text, best first. */
  pick(text: string): Promise<readonly string[]>;
  close(): void;
}

/** Maximum number of files that `auto` picks for a task. */
const max_picked = 8;

/** Building an index for this many files takes less than half a second. */
const max_files_to_index = 1000;

/** Matches by content count only if they reach this share of the best score. */
const min_score_share = 0.4;

/**
 * Creates a picker that ranks files by path, and by content if the `rag:` index exists, is needed anyway, or can be built
 * quickly.
 */
export function createPicker(options: { workspace: Workspace; signal: AbortSignal; needs_index: boolean }): Picker {
  const { workspace, signal, needs_index } = options;
  let opening: Promise<OpenIndex | undefined> | undefined;

  async function open(): Promise<OpenIndex | undefined> {
    const { files } = await workspace.list();
    const has_index = existsSync(join(cacheFolder(workspace.root), index_file_name));
    if (!needs_index && !has_index && files.length > max_files_to_index) return undefined;
    try {
      return await openIndex({ root: workspace.root, list: async () => files, signal });
    } catch {
      signal.throwIfAborted();
      // Paths alone still give a ranking; `rag:` keys report why there is no index.
      return undefined;
    }
  }

  return {
    async pick(text) {
      const { files } = await workspace.list();
      const by_path = rankFiles(text, files, max_picked);
      opening ??= open();
      const index = await opening;
      if (index === undefined) return by_path.map(({ file }) => file);
      // The index may have been committed by someone else: only listed files count.
      const listed = new Set(files);
      return mergeRanks(
        by_path,
        search(index.store.db, text).filter(({ path }) => listed.has(path)),
      ).slice(0, max_picked);
    },
    close() {
      opening?.then((index) => index?.close()).catch(() => {});
    },
  };
}

/** Merges rankings: files named outright first, then matches by content (which includes the path), then matches by path. */
export function mergeRanks(by_path: readonly Scored[], by_content: readonly FileHit[]): string[] {
  const best = by_content[0]?.score ?? 0;
  const matching = by_content.filter(({ score }) => score >= best * min_score_share).map(({ path }) => path);
  const named = by_path.filter(isNamed).map(({ file }) => file);
  return [...new Set([...named, ...matching, ...by_path.map(({ file }) => file)])];
}
