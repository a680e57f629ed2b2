import type { Job } from "#agents";
import { capture } from "#agents";
import { git_command, git_environment } from "#workspace";
import type { Budget, Step } from "./budget.ts";
import { code_extensions } from "./languages.ts";

/** The parts of a commit that an investigation uses. */
export interface Commit {
  hash: string;
  /** Seconds since 1970. */
  time: number;
  author: string;
  subject: string;
  /** Relative to the workspace. */
  files: string[];
}

/** The last change of a line. */
export interface BlamedLine {
  line: number;
  hash: string;
  time: number;
  author: string;
  subject: string;
}

/**
 * Queries the workspace's git repository without running the user's code. A query that runs out of time returns what it
 * has read so far.
 */
export interface Git {
  /** Returns the tracked files, and the files that are neither tracked nor ignored. */
  files(): Promise<{ tracked: string[]; untracked: string[] } | undefined>;
  /** Returns the last commits, newest first, with the files that they touched. */
  log(max_commits: number): Promise<Commit[]>;
  /** Returns the last commits of one file, followed through renames. */
  history(path: string, max_commits: number): Promise<Commit[]>;
  blame(path: string, first: number, last: number): Promise<BlamedLine[]>;
  /** Returns lines that contain one of `texts`. The report uses `what` if time runs out. */
  grep(
    texts: readonly string[],
    step: "raised" | "callers",
    what: string,
  ): Promise<{ path: string; line: number; text: string }[]>;
}

/** Opens the git repository of the workspace, or returns why it cannot be used. */
export async function openGit(
  job: Job,
  budget: Budget,
  signal: AbortSignal,
  hide: (text: string) => string,
): Promise<Git | { why_not: string }> {
  const cwd = job.workspace_path;
  const runGit = async (step: Step, what: string, args: readonly string[], max_bytes?: number): Promise<string | undefined> => {
    signal.throwIfAborted();
    const left = budget.left(step);
    if (left === 0) {
      budget.skip(what);
      return undefined;
    }
    const command = [...git_command, ...args] as const;
    const request = { command, cwd, env: git_environment, ...(max_bytes === undefined ? {} : { max_bytes }) };
    const result = await capture(job, request, AbortSignal.any([signal, budget.clock.timeout(left)]));
    signal.throwIfAborted();
    if (result.end.type === "not_started") throw new GitMissing(result.end.message);
    if (result.end.stopped) {
      budget.skip(what);
      // The last line may be incomplete.
      return result.stdout.slice(0, Math.max(result.stdout.lastIndexOf("\n"), result.stdout.lastIndexOf("\0")) + 1);
    }
    return result.end.type === "exited" && result.end.exit_code === 0 ? result.stdout : undefined;
  };
  try {
    const inside = await runGit("list", "whether this is a git repository", ["rev-parse", "--is-inside-work-tree"]);
    if (inside === undefined || inside === "") return { why_not: `${cwd} is not in a readable git repository` };
  } catch (error) {
    if (error instanceof GitMissing) return { why_not: error.message };
    throw error;
  }
  const log = async (step: Step, what: string, args: readonly string[]): Promise<Commit[]> => {
    const format = "--format=%x00%H%x09%at%x09%an%x09%s";
    const options = ["--no-ext-diff", "--no-textconv", "--no-merges", "--relative", format, "--name-only"];
    return parseLog((await runGit(step, what, ["log", ...options, ...args])) ?? "");
  };
  const list = async (what: string, ...options: readonly string[]): Promise<string[] | undefined> => {
    const text = await runGit("list", what, ["ls-files", "-z", ...options], 64 * 1024 * 1024);
    return text === undefined ? undefined : [...new Set(text.split("\0"))].filter((path) => path !== "");
  };
  return {
    files: async () => {
      // Tracked files come from the index. Untracked files take a walk through all folders, which is not worth a long wait.
      const [tracked, untracked] = await Promise.all([
        list("the list of files", "--cached"),
        list("untracked files", "--others", "--exclude-standard"),
      ]);
      return tracked === undefined ? undefined : { tracked, untracked: untracked ?? [] };
    },
    log: (max_commits) => log("log", "older commits", ["-n", String(max_commits), "HEAD", "--", "."]),
    history: (path, max_commits) =>
      log("history", `the history of ${path}`, ["-n", String(max_commits), "--follow", "HEAD", "--", path]),
    blame: async (path, first, last) => {
      const options = ["--porcelain", "--no-textconv", "-L", `${first},${last}`];
      return parseBlame(
        (await runGit("blame", `the last change of ${path}:${first}-${last}`, ["blame", ...options, "--", path])) ?? "",
      );
    },
    grep: async (texts, step, what) => {
      const patterns = texts.flatMap((text) => ["-e", text]);
      const options = ["-I", "-n", "-z", "-F", "--no-textconv", "--max-count=40"];
      const paths = code_extensions.map((extension) => `*.${extension}`);
      const text = await runGit(step, what, ["grep", ...options, ...patterns, "--", ...paths], 4 * 1024 * 1024);
      return (text ?? "").split("\n").flatMap((line) => {
        const [path, number, found] = line.split("\0");
        return path === undefined || number === undefined || found === undefined
          ? []
          : [{ path, line: Number(number), text: hide(found).slice(0, 2000) }];
      });
    },
  };
}

class GitMissing extends Error {}

function parseLog(text: string): Commit[] {
  return text.split("\0").flatMap((entry) => {
    const [head = "", ...files] = entry.split("\n");
    const [hash = "", time = "", author = "", ...subject] = head.split("\t");
    if (hash === "") return [];
    return [{ hash, time: Number(time), author, subject: subject.join(" "), files: files.filter((file) => file !== "") }];
  });
}

function parseBlame(text: string): BlamedLine[] {
  const known = new Map<string, { time: number; author: string; subject: string }>();
  const lines: BlamedLine[] = [];
  let hash = "";
  let line = 0;
  for (const row of text.split("\n")) {
    const head = /^([0-9a-f]{40}) \d+ (\d+)/.exec(row);
    if (head !== null) {
      hash = head[1] ?? "";
      line = Number(head[2]);
      if (!known.has(hash)) known.set(hash, { time: 0, author: "", subject: "" });
      continue;
    }
    const commit = known.get(hash);
    if (commit === undefined) continue;
    if (row.startsWith("\t")) lines.push({ line, hash, ...commit });
    else if (row.startsWith("author ")) commit.author = row.slice(7);
    else if (row.startsWith("author-time ")) commit.time = Number(row.slice(12));
    else if (row.startsWith("summary ")) commit.subject = row.slice(8);
  }
  return lines;
}
