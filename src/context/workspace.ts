import { lstatSync, realpathSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { type Listing, listWorkspace } from "./listing.ts";
import { isInternal, isPrivate } from "./private-files.ts";
import { whyNot } from "./read.ts";

/** The folder that context comes from; nothing outside it is ever read. */
export interface Workspace {
  /** Absolute, without links. */
  root: string;
  /** The files that may be gathered without being named outright; looked for once. */
  list(): Promise<Listing>;
  /** Those of them that have this name, in any folder. */
  named(name: string): Promise<readonly string[]>;
  /** The real place of a path that a key names, or why it may not be read. */
  place(path: string): Promise<Place>;
}

/** A path inside the workspace: `path` as named, `real` where it leads, both relative with `/`. */
export type Place = { path: string; real: string; absolute: string } | { refused: string };

/** Opens a workspace. */
export function openWorkspace(folder: string, signal: AbortSignal): Workspace {
  const root = realpathSync(folder);
  let listing: Promise<Listing> | undefined;
  const list = (): Promise<Listing> => {
    listing ??= listWorkspace(root, signal);
    return listing;
  };
  let by_name: Map<string, string[]> | undefined;
  return {
    root,
    list,
    async named(name) {
      by_name ??= indexNames((await list()).files);
      return by_name.get(name.normalize()) ?? [];
    },
    async place(path) {
      const named = inside(root, resolve(root, path)) ?? inside(folder, resolve(root, path));
      if (named === undefined) return { refused: "it is outside the workspace" };
      let absolute: string;
      try {
        absolute = realpathSync.native(resolve(root, named));
      } catch (error) {
        return { refused: isLink(resolve(root, named)) ? "it is a link that leads nowhere" : whyNot(error) };
      }
      const real = inside(root, absolute);
      if (real === undefined) return { refused: "it is a link that leads out of the workspace" };
      if (isInternal(real)) return { refused: "it belongs to git or to dispatch itself" };
      if (real !== named) {
        // What is named is the link: where it leads must be something that need not be named outright.
        const is_visible = !isPrivate(real) && isListed((await list()).files, real);
        if (!is_visible) return { refused: `it is a link to ${real}, which is not gathered unless it is named itself` };
      }
      return { path: named, real, absolute };
    },
  };
}

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Files by their last part. */
function indexNames(files: readonly string[]): Map<string, string[]> {
  const by_name = new Map<string, string[]>();
  for (const file of files) {
    // One name may be written in two ways, and what a user types need not be what the disk has.
    const name = file.slice(file.lastIndexOf("/") + 1).normalize();
    const same = by_name.get(name);
    if (same === undefined) by_name.set(name, [file]);
    else same.push(file);
  }
  return by_name;
}

/** A path relative to `root`, or undefined where it leads out. */
function inside(root: string, path: string): string | undefined {
  const name = relative(root, path);
  if (name === ".." || name.startsWith(`..${sep}`)) return undefined;
  return name;
}

/** Whether a file, or anything in a folder of that name, is in a sorted list. */
function isListed(files: readonly string[], path: string): boolean {
  if (path === "") return true;
  const at = firstAtLeast(files, path);
  if (files[at] === path) return true;
  return files[firstAtLeast(files, `${path}/`)]?.startsWith(`${path}/`) ?? false;
}

/** The position of the first name that is not less than `name`, looked for from `from` on. */
export function firstAtLeast(files: readonly string[], name: string, from = 0): number {
  let low = from;
  let high = files.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((files[middle] ?? "") < name) low = middle + 1;
    else high = middle;
  }
  return low;
}
