import { lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { hideFromGit } from "#files";

/** Returns the folder where dispatch keeps its caches of a workspace. */
export const cacheFolder = (workspace: string): string => join(workspace, ".dispatch", "cache");

/** Creates the cache folder. Throws if that fails, or if the folder is reached through a link. */
export function createCacheFolder(workspace: string): void {
  const folder = cacheFolder(workspace);
  for (const own of [dirname(folder), folder]) {
    if (lstatSync(own, { throwIfNoEntry: false })?.isSymbolicLink() === true) throw new Error(`${own} is a link`);
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  hideFromGit(folder);
}
