import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { messageOf } from "#errors";
import { cacheFolder, hideFromGit, makeCacheFolder } from "../cache.ts";

/** Where the index of a workspace stands. */
export interface IndexPlace {
  file: string;
  /** Why it does not stand in the workspace. */
  note?: string;
  /** It serves this run only, and goes with its folder. */
  temporary?: string;
}

/** The name of the index, in whatever folder it stands. */
export const index_file_name = "rag.sqlite";

/** The place of a workspace's index: in it; or in the user's cache where it cannot be written; or nowhere for long. */
export function findPlace(root: string, env: NodeJS.ProcessEnv = process.env): IndexPlace {
  const own = usable(cacheFolder(root), () => makeCacheFolder(root));
  if ("file" in own) return own;
  const cache =
    env["XDG_CACHE_HOME"] !== undefined && isAbsolute(env["XDG_CACHE_HOME"])
      ? env["XDG_CACHE_HOME"]
      : join(homedir(), ".cache");
  const name = createHash("sha1").update(root).digest("hex").slice(0, 16);
  const users_folder = join(cache, "dispatch", name);
  const users = usable(users_folder, () => {
    mkdirSync(users_folder, { recursive: true, mode: 0o700 });
    hideFromGit(users_folder);
  });
  if ("file" in users) return { ...users, note: `The index for rag: is kept in ${users_folder}: ${own.why}.` };
  const temporary = mkdtempSync(join(tmpdir(), "dispatch-rag-"));
  return {
    file: join(temporary, index_file_name),
    temporary,
    note: `The index for rag: serves this run only: ${own.why}; ${users.why}.`,
  };
}

/** Makes a folder ready for an index that git does not see. */
function usable(folder: string, make: () => void): { file: string } | { why: string } {
  try {
    make();
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
