import { lstatSync, realpathSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { type Listing, listWorkspace } from "./listing.ts";
import { isInternal, isPrivate } from "./private-files.ts";
import { describeReadError, isAbsent } from "./read.ts";

/** The folder that context comes from. Nothing outside it is read. */
export interface Workspace {
  /** Absolute, without links. */
  root: string;
  /** Returns the files that may be gathered without being named outright; listed once. */
  list(): Promise<Listing>;
  /** Returns the listed files with this name, in any folder. */
  named(name: string): Promise<readonly string[]>;
  /** Resolves the links of a path that a key names, and checks that it may be read. */
  resolve(path: string): Promise<ResolvedPath | RefusedPath>;
}

/** A path inside the workspace: `path` as named, `real` after resolving links, both relative with `/`. */
export interface ResolvedPath {
  path: string;
  real: string;
  absolute: string;
}

/** A path that may not be read, and why. */
export interface RefusedPath {
  refused: string;
  /** Nothing exists at the path. */
  is_absent: boolean;
}

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
    async resolve(path) {
      const named = relativeInside(root, resolve(root, path)) ?? relativeInside(folder, resolve(root, path));
      if (named === undefined) return refuse("it is outside the workspace");
      let absolute: string;
      try {
        absolute = realpathSync.native(resolve(root, named));
      } catch (error) {
        if (isLink(resolve(root, named))) return refuse("broken link");
        return { refused: describeReadError(error), is_absent: isAbsent(error) };
      }
      const real = relativeInside(root, absolute);
      if (real === undefined) return refuse("the link leads outside the workspace");
      if (isInternal(real)) return refuse("it is internal to git or dispatch");
      if (real !== named) {
        // The key names the link, not its target, so the target must be one that need not be named outright.
        const is_visible = !isPrivate(real) && isListed((await list()).files, real);
        if (!is_visible) return refuse(`the link leads to ${real}, which must be named directly`);
      }
      return { path: named, real, absolute };
    },
  };
}

const refuse = (refused: string): RefusedPath => ({ refused, is_absent: false });

function isLink(path: string): boolean {
  try {
    return lstatSync(path).isSymbolicLink();
  } catch {
    return false;
  }
}

/** Indexes files by their base name. */
function indexNames(files: readonly string[]): Map<string, string[]> {
  const by_name = new Map<string, string[]>();
  for (const file of files) {
    // A name has several Unicode forms; the user's input and the disk may differ.
    const name = file.slice(file.lastIndexOf("/") + 1).normalize();
    const same = by_name.get(name);
    if (same === undefined) by_name.set(name, [file]);
    else same.push(file);
  }
  return by_name;
}

/** Returns a path relative to `root`, or undefined if it is outside. */
function relativeInside(root: string, path: string): string | undefined {
  const name = relative(root, path);
  if (name === ".." || name.startsWith(`..${sep}`)) return undefined;
  return name;
}

/** Whether a sorted list contains a file, or anything in a folder of that name. */
function isListed(files: readonly string[], path: string): boolean {
  if (path === "") return true;
  const at = firstAtLeast(files, path);
  if (files[at] === path) return true;
  return files[firstAtLeast(files, `${path}/`)]?.startsWith(`${path}/`) ?? false;
}

/** Returns the index of the first name that is not less than `name`, searching from `from`. */
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
