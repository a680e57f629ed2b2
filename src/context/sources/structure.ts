import { lstatSync } from "node:fs";
import { firstAtLeast, type Workspace } from "#workspace";
import type { Finding, Reduced, Source } from "../item.ts";
import type { TokenCounter } from "../tokens.ts";
import { buildTree, countFolders, type Folder } from "../tree.ts";

/** In larger folders only the files that are shown are measured: measuring all takes longer than everything else. */
const max_measured = 1000;

/** Tokens of the shortest line: a name, a size, the line break. */
const min_line_tokens = 3;

/** Maximum average number of characters per token in names and counts. */
const max_token_characters = 6;

/** No more folders are opened if fewer tokens are left. */
const min_tokens_left = 40;

/** Maximum number of files shown per folder. */
const max_shown = 40;

/** Finds `structure:` keys: a folder as a tree that fits a token budget, with counts, languages and sizes. */
export function structureSource(options: { max_tokens: number; counter: TokenCounter }): Source {
  return {
    async gather(keys, workspace, signal) {
      const findings: Finding[] = [];
      for (const key of keys) {
        signal.throwIfAborted();
        findings.push(await describe(key, workspace, options));
      }
      return findings;
    },
  };
}

async function describe(
  key: string,
  workspace: Workspace,
  { max_tokens, counter }: { max_tokens: number; counter: TokenCounter },
): Promise<Finding> {
  const resolved = await workspace.resolve(key.slice("structure:".length) || ".");
  if ("refused" in resolved) return { key, missing: resolved.is_absent ? "no such folder" : resolved.refused };
  const { files, by, notes } = await workspace.list();
  const prefix = resolved.real === "" ? "" : `${resolved.real}/`;
  const found = filesBelow(files, prefix);
  const is_folder = lstatSync(resolved.absolute, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!is_folder) return { key, missing: "it is not a folder" };
  const size = (file: string): number | undefined =>
    lstatSync(`${workspace.root}/${prefix}${file}`, { throwIfNoEntry: false })?.size;
  const { existing, sizes } = found.length <= max_measured ? measure(found, size) : { existing: found, sizes: undefined };
  const tree = buildTree(existing, sizes);
  const folders = countFolders(existing);
  const draw = (max_tree_tokens: number): Reduced => {
    const drawn = drawTree(tree, max_tree_tokens, counter, size);
    const content = {
      path: resolved.path === "" ? "." : resolved.path,
      files: tree.files,
      folders,
      ...(sizes === undefined ? {} : { bytes: tree.bytes }),
      languages: Object.fromEntries(byCount(tree.languages)),
      tree: drawn.text,
    };
    const pruned = drawn.is_whole ? {} : { pruned: true };
    return {
      content,
      metadata: { path: content.path, files: tree.files, shown_files: drawn.shown_files, listed_by: by, ...pruned },
    };
  };
  const { content, metadata } = draw(treeShare(max_tokens));
  const about = notes.length === 0 ? metadata : { ...metadata, notes };
  return {
    key,
    items: [{ key, type: "structure", content, metadata: about, reduce: async (limit) => draw(treeShare(limit)) }],
  };
}

/** Returns the tokens left for the tree: the rest is for counts, languages, and the quotes and escapes of JSON. */
const treeShare = (max_tokens: number): number => Math.floor((max_tokens - 120) * 0.85);

/** Returns the files below a folder, relative to it, from a sorted list. */
function filesBelow(files: readonly string[], prefix: string): string[] {
  if (prefix === "") return [...files];
  const found: string[] = [];
  for (let i = firstAtLeast(files, prefix); files[i]?.startsWith(prefix) === true; i++)
    found.push((files[i] as string).slice(prefix.length));
  return found;
}

/** Measures files. Drops those that do not exist: git lists tracked files even if they were deleted. */
function measure(
  files: readonly string[],
  size: (file: string) => number | undefined,
): { existing: string[]; sizes: number[] } {
  const existing: string[] = [];
  const sizes: number[] = [];
  for (const file of files) {
    const bytes = size(file);
    if (bytes === undefined) continue;
    existing.push(file);
    sizes.push(bytes);
  }
  return { existing, sizes };
}

const byCount = (languages: ReadonlyMap<string, number>): [string, number][] =>
  [...languages].sort((a, b) => b[1] - a[1]).slice(0, 8);

/** Opens as many folders as fit, top down. A folder that stays closed is one line with counts. */
function drawTree(root: Folder, max_tokens: number, counter: TokenCounter, size: (file: string) => number | undefined) {
  /** Subfolders and lines of each open folder. */
  const opened = new Map<Folder, { folders: readonly Folder[]; lines: string[] }>();
  let left = max_tokens;
  let shown_files = 0;
  let is_whole = true;
  let level: Folder[] = [root];
  while (level.length > 0 && left > min_tokens_left) {
    const next: Folder[] = [];
    for (const folder of level) {
      if (left <= min_tokens_left) break;
      const { path } = folder;
      const { folders, files: own_files } = folder.entries();
      // Files that cannot fit are neither measured nor counted.
      const names = Math.min(own_files.length, max_shown) * min_line_tokens > left ? [] : own_files.slice(0, max_shown);
      const indent = "  ".repeat(folder.depth);
      const files = names.map((name) => `${indent}${name}${showBytes(size(path + name))}`);
      const more = own_files.length - names.length;
      if (more > 0) files.push(`${indent}… ${more} ${names.length === 0 ? "" : "more "}files`);
      if (folders.length * min_line_tokens > left) continue;
      const heads = folders.map(folderLine);
      let lines = files;
      let text = [...heads, ...files].join("\n");
      // Counting takes longer than everything else, so a text that is certainly too long is not counted.
      let cost = text.length / max_token_characters > left ? Number.POSITIVE_INFINITY : counter.count(text);
      if (cost > left) {
        // Subfolders matter more than files.
        lines = own_files.length === 0 ? [] : [`${indent}… ${own_files.length} files`];
        text = [...heads, ...lines].join("\n");
        cost = text.length / max_token_characters > left ? Number.POSITIVE_INFINITY : counter.count(text);
        if (cost > left) continue;
        is_whole = false;
      } else shown_files += names.length;
      if (more > 0) is_whole = false;
      left -= cost;
      opened.set(folder, { folders, lines });
      for (const inner of folders) next.push(inner);
    }
    level = next;
  }
  const lines: string[] = [];
  const draw = (folder: Folder): void => {
    const shown = opened.get(folder);
    if (shown === undefined) {
      is_whole = false;
      return;
    }
    for (const inner of shown.folders) {
      lines.push(folderLine(inner));
      draw(inner);
    }
    lines.push(...shown.lines);
  };
  draw(root);
  return { text: lines.join("\n"), shown_files, is_whole };
}

function folderLine({ name, depth, files, bytes, languages }: Folder): string {
  const [first] = byCount(languages);
  const mostly = first === undefined ? "" : `, ${first[0]} ${first[1]}`;
  return `${"  ".repeat(depth - 1)}${name}/ ${files} ${files === 1 ? "file" : "files"}${mostly}${bytes === 0 ? "" : `,${showBytes(bytes)}`}`;
}

function showBytes(bytes: number | undefined): string {
  if (bytes === undefined) return "";
  if (bytes < 1000) return ` ${bytes}B`;
  return bytes < 1_000_000 ? ` ${Math.round(bytes / 1000)}K` : ` ${(bytes / 1e6).toFixed(1)}M`;
}
