import { accessSync, constants, existsSync, statSync } from "node:fs";
import { resolve } from "node:path";

/**
 * The name by which a start in `cwd` finds a program: as it is with a slash in it, else with its folder of `path`. It may
 * be relative to `cwd`, as a script is told it. Undefined where it is not found.
 */
export function findProgram(file: string, path: string | undefined, cwd: string): string | undefined {
  if (file.includes("/")) return isProgram(resolve(cwd, file)) ? file : undefined;
  for (const folder of path?.split(":") ?? []) {
    const candidate = folder === "" ? file : `${folder}/${file}`;
    if (isProgram(resolve(cwd, candidate))) return candidate;
  }
  return undefined;
}

/** Whether a file may be executed, or a folder entered. */
export function mayExecute(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function isProgram(file: string): boolean {
  // An exception for each folder that has it not would cost more than the start.
  if (!existsSync(file) || !mayExecute(file)) return false;
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true;
}
