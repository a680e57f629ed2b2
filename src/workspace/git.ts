import { type QueryResult, runQuery } from "#process";

/** Programs that a repository's configuration names must not run. */
const settings = ["-c", "core.fsmonitor=false", "-c", "log.showSignature=false"] as const;

/** Set by git for its hooks: inside a hook they would point git at the hook's repository. */
const repository_variables = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"];

/** Runs a git query in a folder. Fetches nothing and never rejects. */
export function queryGit(
  args: readonly string[],
  root: string,
  signal: AbortSignal,
  { is_long = false }: { is_long?: boolean } = {},
): Promise<QueryResult> {
  const env: NodeJS.ProcessEnv = { ...process.env, GIT_OPTIONAL_LOCKS: "0", GIT_NO_LAZY_FETCH: "1", LC_ALL: "C" };
  for (const name of repository_variables) delete env[name];
  return runQuery(["git", ...settings, ...args], { cwd: root, env, signal, is_long });
}
