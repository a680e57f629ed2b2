import { realpathSync } from "node:fs";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { messageOf, systemCode } from "#errors";

/** A request named a path outside the workspace. */
export class OutsideWorkspaceError extends Error {}

/** File access for an agent's requests, limited to some folders. */
export interface Workspace {
  /** Returns whether a path is inside, with all links followed. */
  contains(path: string): boolean;
  /** Returns the absolute path; throws `OutsideWorkspaceError` if it is outside. */
  resolveInside(path: string): string;
  read(path: string, from_line: number | null | undefined, max_lines: number | null | undefined): Promise<string>;
  write(path: string, content: string): Promise<void>;
}

/** Opens a workspace. Relative paths start from the first folder. */
export function openWorkspace(roots: readonly [string, ...string[]]): Workspace {
  const real_roots = roots.map(realPath);
  const contains = (path: string): boolean => {
    let real: string;
    try {
      real = realPath(resolve(roots[0], path));
    } catch {
      // The path cannot be resolved: a link to itself, or a path below a file.
      return false;
    }
    return real_roots.some((root) => real === root || real.startsWith(root.endsWith(sep) ? root : root + sep));
  };
  const resolveInside = (path: string): string => {
    if (!contains(path)) throw new OutsideWorkspaceError(`${path} is outside the workspace`);
    return isAbsolute(path) ? path : resolve(roots[0], path);
  };
  return {
    contains,
    resolveInside,
    async read(path, from_line, max_lines) {
      const file = resolveInside(path);
      // Reading a FIFO would never end.
      if (!(await stat(file)).isFile()) throw new Error(`${path} is not a regular file`);
      const text = await readFile(file, "utf8");
      if (typeof from_line !== "number" && typeof max_lines !== "number") return text;
      const from = Math.max(0, (from_line ?? 1) - 1);
      const lines = text.split("\n");
      return lines.slice(from, typeof max_lines === "number" ? from + max_lines : undefined).join("\n");
    },
    async write(path, content) {
      const file = resolveInside(path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, content);
    },
  };
}

/** Returns the path with its links followed; its last parts need not exist. */
function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if (systemCode(error) !== "ENOENT" || dirname(path) === path) throw new Error(messageOf(error));
    return join(realPath(dirname(path)), basename(path));
  }
}
