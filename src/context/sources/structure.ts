import { lstatSync } from "node:fs";
import type { Finding, Reduced, Source } from "../item.ts";
import type { TokenCounter } from "../tokens.ts";
import { countFolders, type Folder, growTree } from "../tree.ts";
import { firstAtLeast, type Workspace } from "../workspace.ts";

/** In larger folders only those files are measured that are shown: asking for each takes longer than all the rest. */
const max_measured = 1000;

/** Tokens of the shortest line: a name, a size, the break. */
const least_line = 3;

/** Characters of a token in names and counts, at most, on average. */
const max_token_characters = 6;

/** With less than this left no folder is opened any more. */
const least_left = 40;

/** Most files of one folder that are shown. */
const max_shown = 40;

/** `structure:` keys: a folder as a tree that fits a budget of tokens, with counts, languages and sizes. */
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
  const place = await workspace.place(key.slice("structure:".length) || ".");
  if ("refused" in place) return { key, missing: place.refused.replace("no such file", "no such folder") };
  const { files, by, notes } = await workspace.list();
  const prefix = place.real === "" ? "" : `${place.real}/`;
  const found = filesBelow(files, prefix);
  const is_folder = lstatSync(place.absolute, { throwIfNoEntry: false })?.isDirectory() === true;
  if (!is_folder) return { key, missing: "it is not a folder" };
  const size = (file: string): number | undefined =>
    lstatSync(`${workspace.root}/${prefix}${file}`, { throwIfNoEntry: false })?.size;
  const { there, sizes } = found.length <= max_measured ? measure(found, size) : { there: found, sizes: undefined };
  const tree = growTree(there, sizes);
  const folders = countFolders(there);
  const make = (most: number): Reduced => {
    const drawn = drawTree(tree, most, counter, size);
    const content = {
      path: place.path === "" ? "." : place.path,
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
  // What stands around the tree: counts, languages, the quotes and escapes of JSON.
  const { content, metadata } = make(Math.floor((max_tokens - 120) * 0.85));
  const about = notes.length === 0 ? metadata : { ...metadata, notes };
  return {
    key,
    items: [
      { key, type: "structure", content, metadata: about, reduce: async (most) => make(Math.floor((most - 120) * 0.85)) },
    ],
  };
}

/** The part of a sorted list that lies below a folder, without the folder's name. */
function filesBelow(files: readonly string[], prefix: string): string[] {
  if (prefix === "") return [...files];
  const found: string[] = [];
  for (let i = firstAtLeast(files, prefix); files[i]?.startsWith(prefix) === true; i++)
    found.push((files[i] as string).slice(prefix.length));
  return found;
}

/** Git lists what it tracks, also where it was deleted. */
function measure(files: readonly string[], size: (file: string) => number | undefined): { there: string[]; sizes: number[] } {
  const there: string[] = [];
  const sizes: number[] = [];
  for (const file of files) {
    const bytes = size(file);
    if (bytes === undefined) continue;
    there.push(file);
    sizes.push(bytes);
  }
  return { there, sizes };
}

const byCount = (languages: ReadonlyMap<string, number>): [string, number][] =>
  [...languages].sort((a, b) => b[1] - a[1]).slice(0, 8);

/** Opens folders from the top down, as many as fit; a folder that stays closed says what is in it. */
function drawTree(root: Folder, most: number, counter: TokenCounter, size: (file: string) => number | undefined) {
  /** What is shown of the folders that are open. */
  const opened = new Map<Folder, { folders: readonly Folder[]; lines: string[] }>();
  let left = most;
  let shown_files = 0;
  let is_whole = true;
  let level: Folder[] = [root];
  while (level.length > 0 && left > least_left) {
    const next: Folder[] = [];
    for (const folder of level) {
      if (left <= least_left) break;
      const { path } = folder;
      const { folders, files: own_files } = folder.inside();
      // Neither asked for nor counted where it cannot fit.
      const names = Math.min(own_files.length, max_shown) * least_line > left ? [] : own_files.slice(0, max_shown);
      const indent = "  ".repeat(folder.depth);
      const files = names.map((name) => `${indent}${name}${showBytes(size(path + name))}`);
      const more = own_files.length - names.length;
      if (more > 0) files.push(`${indent}… ${more} ${names.length === 0 ? "" : "more "}files`);
      if (folders.length * least_line > left) continue;
      const heads = folders.map((one) => headOf(one));
      let lines = files;
      let text = [...heads, ...files].join("\n");
      // Counting takes longer than all the rest, and no text of names has so few tokens.
      let cost = text.length / max_token_characters > left ? Number.POSITIVE_INFINITY : counter.count(text);
      if (cost > left) {
        // The folders in it matter more than its files.
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
      lines.push(headOf(inner));
      draw(inner);
    }
    lines.push(...shown.lines);
  };
  draw(root);
  return { text: lines.join("\n"), shown_files, is_whole };
}

function headOf({ name, depth, files, bytes, languages }: Folder): string {
  const [first] = byCount(languages);
  const mostly = first === undefined ? "" : `, ${first[0]} ${first[1]}`;
  return `${"  ".repeat(depth - 1)}${name}/ ${files} ${files === 1 ? "file" : "files"}${mostly}${bytes === 0 ? "" : `,${showBytes(bytes)}`}`;
}

function showBytes(bytes: number | undefined): string {
  if (bytes === undefined) return "";
  if (bytes < 1000) return ` ${bytes}B`;
  return bytes < 1_000_000 ? ` ${Math.round(bytes / 1000)}K` : ` ${(bytes / 1e6).toFixed(1)}M`;
}
