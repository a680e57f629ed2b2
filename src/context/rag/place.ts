import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { messageOf } from "#errors";

/** Where the index of a workspace stands. */
export interface IndexPlace {
  file: string;
  /** Why it does not stand in the workspace. */
  note?: string;
  /** It serves this run only, and goes with its folder. */
  temporary?: string;
}

const file_name = "rag.sqlite";

/** The place of a workspace's index: in it; or in the user's cache where it cannot be written; or nowhere for long. */
export function findPlace(root: string, env: NodeJS.ProcessEnv = process.env): IndexPlace {
  const own = usable(join(root, ".dispatch", "cache"), root);
  if ("file" in own) return own;
  const cache =
    env["XDG_CACHE_HOME"] !== undefined && isAbsolute(env["XDG_CACHE_HOME"])
      ? env["XDG_CACHE_HOME"]
      : join(homedir(), ".cache");
  const name = createHash("sha1").update(root).digest("hex").slice(0, 16);
  const users = usable(join(cache, "dispatch", name), undefined);
  if ("file" in users) return { ...users, note: `The index for rag: is kept in ${join(cache, "dispatch", name)}: ${own.why}.` };
  const temporary = mkdtempSync(join(tmpdir(), "dispatch-rag-"));
  return {
    file: join(temporary, file_name),
    temporary,
    note: `The index for rag: serves this run only: ${own.why}; ${users.why}.`,
  };
}

/** Makes a folder ready for an index that git does not see. */
function usable(folder: string, inside: string | undefined): { file: string } | { why: string } {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // What came with a workspace may be a link to anywhere.
    if (inside !== undefined && realpathSync(folder) !== folder) return { why: `${folder} is a link` };
    accessSync(folder, constants.W_OK | constants.X_OK);
    const ignore = join(folder, ".gitignore");
    if (lstatSync(ignore, { throwIfNoEntry: false }) === undefined) writeFileSync(ignore, "*\n", { flag: "wx" });
    for (const name of [file_name, `${file_name}-wal`, `${file_name}-shm`]) {
      const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
      if (stat === undefined) continue;
      if (!stat.isFile()) return { why: `${join(folder, name)} is not a regular file` };
      accessSync(join(folder, name), constants.R_OK | constants.W_OK);
    }
    return { file: join(folder, file_name) };
  } catch (error) {
    return { why: `${folder} cannot be written (${messageOf(error)})` };
  }
}
