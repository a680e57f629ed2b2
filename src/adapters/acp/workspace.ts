import { realpathSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { messageOf, systemCode } from "#errors";

/** Somebody asked for what is outside the workspace. */
export class OutsideError extends Error {}

/** The folders that an agent's requests may reach, and its files in them. */
export interface Workspace {
  /** Whether a path stands inside, with every link in it followed. */
  holds(path: string): boolean;
  /** The absolute path; throws where it stands outside. */
  inside(path: string): string;
  read(path: string, from_line: number | null | undefined, max_lines: number | null | undefined): Promise<string>;
  write(path: string, content: string): Promise<void>;
}

/** Opens a workspace; what is relative starts from the first of its folders. */
export function openWorkspace(roots: readonly [string, ...string[]]): Workspace {
  const real_roots = roots.map(realPath);
  const holds = (path: string): boolean => {
    let real: string;
    try {
      real = realPath(resolve(roots[0], path));
    } catch {
      // Nobody can say where that is: a link to itself, or something below a file.
      return false;
    }
    return real_roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep));
  };
  const inside = (path: string): string => {
    if (!holds(path)) throw new OutsideError(`${path} is outside the workspace`);
    return isAbsolute(path) ? path : resolve(roots[0], path);
  };
  return {
    holds,
    inside,
    async read(path, from_line, max_lines) {
      const file = inside(path);
      // A FIFO would never end.
      if (!(await stat(file)).isFile()) throw new Error(`${path} is no file`);
      const text = await readFile(file, "utf8");
      if (typeof from_line !== "number" && typeof max_lines !== "number") return text;
      const from = Math.max(0, (from_line ?? 1) - 1);
      const lines = text.split("\n");
      return lines.slice(from, typeof max_lines === "number" ? from + max_lines : undefined).join("\n");
    },
    async write(path, content) {
      const file = inside(path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    },
  };
}

/** The path with its links followed; the end of it need not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(path) === path) throw new Error(messageOf(error));
    return join(realPath(dirname(path)), basename(path));
  }
}
