import type { Job } from "#agents";
import { capture } from "#agents";
import type { Budget, Step } from "./budget.ts";
import { code_extensions } from "./languages.ts";

/** A commit, as far as an investigation tells of it. */
export interface Commit {
  hash: string;
  /** Seconds since 1970. */
  time: number;
  author: string;
  subject: string;
  /** Relative to the workspace. */
  files: string[];
}

/** Who wrote a line last. */
export interface BlamedLine {
  line: number;
  hash: string;
  time: number;
  author: string;
  subject: string;
}

/** What git says of the workspace; nothing of it runs the user's code. What time ends is told as far as it came. */
export interface Git {
  /** What git tracks, and what it neither tracks nor ignores. */
  files(): Promise<{ tracked: string[]; untracked: string[] } | undefined>;
  /** The last commits, newest first, with the files that they touched. */
  log(max_commits: number): Promise<Commit[]>;
  /** The last commits of some files; `follow` past renames is git's own, for one file. */
  history(path: string, max_commits: number): Promise<Commit[]>;
  blame(path: string, first: number, last: number): Promise<BlamedLine[]>;
  /** Lines that hold one of these texts; `what` they are is for the report. */
  grep(
    texts: readonly string[],
    step: "raised" | "callers",
    what: string,
  ): Promise<{ path: string; line: number; text: string }[]>;
}

/** Keeps a repository's own configuration from running programs, and the answers in one form. */
const always = [
  ...["core.fsmonitor=false", "core.hooksPath=/dev/null", "core.quotePath=false", "log.showSignature=false"],
  ...["blame.ignoreRevsFile=", "grep.lineNumber=true", "grep.fullName=false", "color.ui=false", "diff.external="],
].flatMap((setting) => ["-c", setting]);

const env = { GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", GIT_PAGER: "cat", GIT_NO_LAZY_FETCH: "1", LC_ALL: "C" };

/** Git in this workspace, or why it has nothing to say. */
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
    const command = ["git", ...always, ...args] as const;
    const request = { command, cwd, env, ...(max_bytes === undefined ? {} : { max_bytes }) };
    const result = await capture(job, request, AbortSignal.any([signal, budget.clock.timeout(left)]));
    signal.throwIfAborted();
    if (result.end.type === "not_started") throw new GitMissing(result.end.message);
    if (result.end.stopped) {
      budget.skip(what);
      // What it had begun to say last may be half a line.
      return result.stdout.slice(0, Math.max(result.stdout.lastIndexOf("\n"), result.stdout.lastIndexOf("\0")) + 1);
    }
    return result.end.type === "exited" && result.end.exit_code === 0 ? result.stdout : undefined;
  };
  try {
    const inside = await runGit("list", "whether this is a git repository", ["rev-parse", "--is-inside-work-tree"]);
    if (inside === undefined || inside === "") return { why_not: `${cwd} is in no git repository that can be read` };
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
      // What git tracks stands in its index; the rest takes a walk through all folders, and is not worth as long a wait.
      const [tracked, untracked] = await Promise.all([
        list("the list of files", "--cached"),
        list("files that git does not track yet", "--others", "--exclude-standard"),
      ]);
      return tracked === undefined ? undefined : { tracked, untracked: untracked ?? [] };
    },
    log: (max_commits) => log("log", "older commits", ["-n", String(max_commits), "HEAD", "--", "."]),
    history: (path, max_commits) => log("history", `the history of ${path}`, ["-n", String(max_commits), "--follow", "HEAD", "--", path]),
    blame: async (path, first, last) => {
      const options = ["--porcelain", "--no-textconv", "-L", `${first},${last}`];
      return parseBlame(
        (await runGit("blame", `who changed ${path}:${first}-${last} last`, ["blame", ...options, "--", path])) ?? "",
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
