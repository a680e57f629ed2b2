import { accessSync, constants, existsSync, statSync } from "node:fs";
import { resolve } from "node:path";

/**
 * Returns the path by which a command started in `cwd` finds a program: unchanged if it contains a slash, else joined to
 * its folder in `path`. The result may be relative to `cwd`, because a script sees it as `$0`. Undefined if not found.
 */
export function findProgram(file: string, path: string | undefined, cwd: string): string | undefined {
  if (file.includes("/")) return isProgram(resolve(cwd, file)) ? file : undefined;
  for (const folder of path?.split(":") ?? []) {
    const candidate = folder === "" ? file : `${folder}/${file}`;
    if (isProgram(resolve(cwd, candidate))) return candidate;
  }
  return undefined;
}

/** Returns whether a file is executable, or a folder can be entered. */
export function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isProgram(file: string): boolean {
  // Checked first: an exception for each folder without the program would cost more than the start.
  if (!existsSync(file) || !mayExecute(file)) return false;
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
