import { type QueryResult, runQuery } from "#process";

/** Keeps a repository's configuration from running programs and from changing the format of the output. */
export const git_command: readonly ["git", ...string[]] = [
  "git",
  ...[
    ...["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false", "log.showSignature=false"],
    ...["blame.ignoreRevsFile=", "grep.lineNumber=true", "grep.fullName=false", "color.ui=false", "diff.external="],
  ].flatMap((setting) => ["-c", setting]),
];

/**
 * Environment of git queries: git locks, fetches and asks nothing. Git sets the undefined variables for its hooks; inside a
 * hook they would point a query at the hook's repository.
 */
export const git_environment: Readonly<Record<string, string | undefined>> = {
  ...{ GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", GIT_PAGER: "cat", GIT_NO_LAZY_FETCH: "1", LC_ALL: "C" },
  ...{ GIT_DIR: undefined, GIT_WORK_TREE: undefined, GIT_INDEX_FILE: undefined, GIT_PREFIX: undefined },
  GIT_COMMON_DIR: undefined,
};

/** Runs a git query outside an attempt. Never rejects. */
export function queryGit(
  args: readonly string[],
  root: string,
  signal: AbortSignal,
  { is_long = false }: { is_long?: boolean } = {},
): Promise<QueryResult> {
  const env = { ...process.env, ...git_environment };
  return runQuery([...git_command, ...args], { cwd: root, env, signal, is_long });
}
