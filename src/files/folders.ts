import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { systemCode } from "#errors";

/** Whether the path leads to a folder; false if that cannot be checked. */
export function isFolder(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/**
 * Creates a folder and its parents one by one, and adds each new folder to `created`. Node's recursive `mkdir` never
 * returns for a path below /proc, and reports ENOENT on a read-only file system.
 */
export function createFolders(path: string, created: string[], mode = 0o777): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) createFolders(dirname(path), created, mode);
  try {
    mkdirSync(path, { mode });
    created.push(path);
  } catch (error) {
    // Another process may have created it meanwhile.
    if (systemCode(error) !== "EEXIST" || !isFolder(path)) throw error;
  }
}

/** Makes git ignore a folder, unless the folder has a .gitignore already. */
export function hideFromGit(folder: string): void {
  try {
    // Fails for an existing file, also for a link, which must not be followed.
    writeFileSync(join(folder, ".gitignore"), "*\n", { flag: "wx" });
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}
