import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/**
 * Returns the absolute path of the program that a start in `cwd` would run; undefined if not found. Separate from the one
 * in room `process`, because loading that room would cost `validate` an eighth of its time.
 */
export function findProgram(file: string, path: string | undefined, cwd: string): string | undefined {
  if (file.includes("/")) return isProgram(resolve(cwd, file)) ? resolve(cwd, file) : undefined;
  for (const folder of (path ?? "").split(delimiter)) {
    const candidate = join(folder === "" ? cwd : resolve(cwd, folder), file);
    if (isProgram(candidate)) return candidate;
  }
  return undefined;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
