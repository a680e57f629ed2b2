import { type QueryResult, runQuery } from "#process";

/** What a repository's own configuration may name must not run, and nothing is fetched. */
const settings = ["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"] as const;

/** A hook that started dispatch has pointed git at its own repository. */
const pointers = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/** Asks git about the repository that a folder is in. Never rejects. */
export function queryGit(
  args: readonly string[],
  root: string,
  signal: AbortSignal,
  { is_long = false }: { is_long?: boolean } = {},
): Promise<QueryResult> {
  const env: NodeJS.ProcessEnv = { ...process.env, GIT_OPTIONAL_LOCKS: "0", GIT_NO_LAZY_FETCH: "1", LC_ALL: "C" };
  for (const name of pointers) delete env[name];
  return runQuery(["git", ...settings, ...args], { cwd: root, env, signal, is_long });
}
