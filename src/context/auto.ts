import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder } from "./cache.ts";
import { type OpenIndex, openIndex } from "./rag/open-index.ts";
import { index_file_name } from "./rag/place.ts";
import { type FileHit, search } from "./rag/search.ts";
import { isNamed, rankFiles, type Scored } from "./relevance.ts";
import type { Workspace } from "./workspace.ts";

/** Picks files for `auto`. */
export interface Picker {
  /** The files that answer a text, best first. */
  pick(text: string): Promise<readonly string[]>;
  close(): void;
}

/** Most files that `auto` picks for a task. */
const max_picked = 8;

/** An index of a workspace of so many files is made in less than half a second. */
const few_files = 1000;

/** Of what is found by content, only what comes near the best. */
const least_share = 0.4;

/**
 * Goes by the paths of the files, and by what they say where the index for `rag:` is there, is needed anyway, or is made
 * quickly.
 */
export function createPicker(options: { workspace: Workspace; signal: AbortSignal; needs_index: boolean }): Picker {
  const { workspace, signal, needs_index } = options;
  let opening: Promise<OpenIndex | undefined> | undefined;

  async function open(): Promise<OpenIndex | undefined> {
    const { files } = await workspace.list();
    const is_there = existsSync(join(cacheFolder(workspace.root), index_file_name));
    if (!needs_index && !is_there && files.length > few_files) return undefined;
    try {
      return await openIndex({ root: workspace.root, list: async () => files, signal });
    } catch {
      signal.throwIfAborted();
      // The paths still tell something; `rag:` keys say why there is no index.
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
      // The index may have come with the workspace: it is believed only about files that are listed.
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

/** What is named outright comes first, then what contents say: they know the paths, too. Paths alone fill up the rest. */
export function mergeRanks(by_path: readonly Scored[], by_content: readonly FileHit[]): string[] {
  const best = by_content[0]?.score ?? 0;
  const told = by_content.filter(({ score }) => score >= best * least_share).map(({ path }) => path);
  const named = by_path.filter(isNamed).map(({ file }) => file);
  return [...new Set([...named, ...told, ...by_path.map(({ file }) => file)])];
}
