import type { FileHit } from "#search";
import type { Workspace } from "#workspace";
import { isNamed, rankFiles, type Scored } from "./relevance.ts";

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
  let opening: Promise<Index | undefined> | undefined;

  async function open(): Promise<Index | undefined> {
    const { hasIndex, openIndex, search } = await import("#search");
    const { files } = await workspace.list();
    if (!needs_index && !hasIndex(workspace.root) && files.length > max_files_to_index) return undefined;
    try {
      const { store, close } = await openIndex({ root: workspace.root, list: async () => files, signal });
      return { search: (text) => search(store.db, text), close };
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
        index.search(text).filter(({ path }) => listed.has(path)),
      ).slice(0, max_picked);
    },
    close() {
      opening?.then((index) => index?.close()).catch(() => {});
    },
  };
}

/** An open index of the workspace. */
interface Index {
  search(text: string): FileHit[];
  close(): void;
}

/** Merges rankings: files named outright first, then matches by content (which includes the path), then matches by path. */
export function mergeRanks(by_path: readonly Scored[], by_content: readonly FileHit[]): string[] {
  const best = by_content[0]?.score ?? 0;
  const matching = by_content.filter(({ score }) => score >= best * min_score_share).map(({ path }) => path);
  const named = by_path.filter(isNamed).map(({ file }) => file);
  return [...new Set([...named, ...matching, ...by_path.map(({ file }) => file)])];
}
