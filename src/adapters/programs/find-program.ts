import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

/**
 * Where a program stands, as a start in `cwd` would find it; undefined where it is not found. Apart from that of the room
 * `process`: `validate` asks this, and would load all that starts processes, an eighth of its time.
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
