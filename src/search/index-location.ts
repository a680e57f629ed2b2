import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { messageOf } from "#errors";
import { hideFromGit } from "#files";
import { cacheFolder, createCacheFolder } from "#workspace";

/** The location of a workspace's index. */
export interface IndexLocation {
  file: string;
  /** Why the index is not in the workspace. */
  note?: string;
  /** A temporary folder of the index, to be removed after use. */
  temporary?: string;
}

/** File name of the index in any folder. */
const index_file_name = "rag.sqlite";

/** Whether a workspace contains an index. */
export const hasIndex = (root: string): boolean => existsSync(join(cacheFolder(root), index_file_name));

/** Locates the index: in the workspace, else in the user's cache, else in a temporary folder; the first that can be written. */
export function locateIndex(root: string, env: NodeJS.ProcessEnv = process.env): IndexLocation {
  const own = prepareFolder(cacheFolder(root), () => createCacheFolder(root));
  if ("file" in own) return own;
  const cache =
    env["XDG_CACHE_HOME"] !== undefined && isAbsolute(env["XDG_CACHE_HOME"])
      ? env["XDG_CACHE_HOME"]
      : join(homedir(), ".cache");
  const name = createHash("sha1").update(root).digest("hex").slice(0, 16);
  const users_folder = join(cache, "dispatch", name);
  const users = prepareFolder(users_folder, () => {
    mkdirSync(users_folder, { recursive: true, mode: 0o700 });
    hideFromGit(users_folder);
  });
  if ("file" in users) return { ...users, note: `The rag: index is stored in ${users_folder}: ${own.why}.` };
  const temporary = mkdtempSync(join(tmpdir(), "dispatch-rag-"));
  return {
    file: join(temporary, index_file_name),
    temporary,
    note: `The rag: index is temporary: ${own.why}; ${users.why}.`,
  };
}

/** Creates a folder and checks that an index in it can be written. */
function prepareFolder(folder: string, create: () => void): { file: string } | { why: string } {
  try {
    create();
    accessSync(folder, constants.W_OK | constants.X_OK);
    for (const name of [index_file_name, `${index_file_name}-wal`, `${index_file_name}-shm`]) {
      const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (!stat.isFile()) return { why: `${join(folder, name)} is not a regular file` };
      accessSync(join(folder, name), constants.R_OK | constants.W_OK);
    }
    return { file: join(folder, index_file_name) };
  } catch (error) {
    return { why: `${folder} cannot be written (${messageOf(error)})` };
  }
}
