/** Mines real faults: fix commits of a repository, each with the output of its failing test before the fix. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";

/** A repository to search for faults, and the command that runs its tests. */
export interface Source {
  repo: string;
  /** Shell command; `{files}` becomes the test files. It must stop at the first failing test and exit with an error. */
  test: string;
  /** Shell command that runs in each tree before its test, for example to link installed packages. */
  prepare?: string;
}

/** Lines that the fix changed, numbered as before the fix. An insertion has the line before it. */
export interface FixedLines {
  file: string;
  first: number;
  last: number;
}

/** A fault with its fix. */
export interface FaultCase {
  fix: string;
  parent: string;
  subject: string;
  test_files: string[];
  /** The output of the test command before the fix. */
  output: string;
  fixed: FixedLines[];
}

/** A clone of a repository in a temporary folder; the repository itself is not changed. */
export interface Tree {
  folder: string;
  /** Checks out the parent of a commit together with the commit's tests. */
  plant(fault: Pick<FaultCase, "fix" | "parent" | "test_files">): void;
  git(...args: string[]): string;
  [Symbol.dispose](): void;
}

const code = /\.(py|[cm]?[jt]sx?|java|go|rs|rb)$/;
const test_path =
  /(^|\/)(tests?|specs?|__tests__|runtime[-_]tests?)\/|(^|\/)(test_[^/]*|[^/]*_test|conftest|[^/]*[._](test|spec))\.\w+$/i;
const subject_pattern = /\b(fix(e[sd])?|bug|bugfix|regression)\b/i;
const not_a_fault = /\b(typo|docs?|lint|types?|typing|mypy|ci|build|format|docstring|changelog)\b/i;

/** Clones a repository to plant faults in it. */
export function openTree(repo: string): Tree {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-debug-"));
  execFileSync("git", ["clone", "-q", "--shared", "--no-checkout", resolve(repo), folder]);
  const git = (...args: string[]): string =>
    execFileSync("git", ["-C", folder, "-c", "advice.detachedHead=false", ...args], {
      encoding: "utf8",
      maxBuffer: 1 << 28,
      stdio: ["ignore", "pipe", "ignore"],
    });
  return {
    folder,
    git,
    plant({ fix, parent, test_files }) {
      git("checkout", "-q", "-f", parent);
      git("clean", "-fdq");
      git("checkout", "-q", fix, "--", ...test_files);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Finds up to `max_faults` faults, newest first; if `cache` names a folder, reads them from there and stores them there. */
export function mineFaults(
  source: Source,
  tree: Tree,
  options: { max_faults: number; cache?: string | undefined },
): FaultCase[] {
  const { max_faults, cache } = options;
  const kept =
    cache === undefined ? undefined : join(cache, `${basename(resolve(source.repo, ".."))}-${basename(source.repo)}.json`);
  if (kept !== undefined && existsSync(kept))
    return (JSON.parse(readFileSync(kept, "utf8")) as FaultCase[]).slice(0, max_faults);
  const found: FaultCase[] = [];
  const seen = new Set<string>();
  for (const candidate of fixCommits(tree)) {
    if (found.length >= max_faults) break;
    // A fix that was backported to another branch counts as one fault.
    const key = JSON.stringify(candidate.fixed);
    if (seen.has(key)) continue;
    seen.add(key);
    const output = failureOf(candidate, source, tree);
    if (output === undefined) continue;
    found.push({ ...candidate, output });
    process.stderr.write(`${found.length} of ${max_faults}: ${candidate.fix.slice(0, 10)} ${candidate.subject}\n`);
    if (kept !== undefined) {
      mkdirSync(cache ?? ".", { recursive: true });
      writeFileSync(kept, JSON.stringify(found, undefined, 1));
    }
  }
  return found;
}

/** Yields commits whose subject mentions a fix, and that change at most three source files and three test files. */
function* fixCommits(tree: Tree): Generator<Omit<FaultCase, "output">> {
  const log = tree.git("log", "--no-merges", "--format=%x00%H %P%x09%s", "--name-only", "--diff-filter=AM", "HEAD");
  for (const entry of log.split("\0").slice(1)) {
    const [head = "", ...rest] = entry.split("\n");
    const [hashes = "", subject = ""] = head.split("\t");
    const [fix = "", parent] = hashes.split(" ");
    if (parent === undefined || !subject_pattern.test(subject) || not_a_fault.test(subject)) continue;
    const files = rest.filter((file) => code.test(file));
    const test_files = files.filter((file) => test_path.test(file));
    const sources = files.filter((file) => !test_path.test(file));
    if (test_files.length === 0 || test_files.length > 3 || sources.length === 0 || sources.length > 3) continue;
    const fixed = fixedLines(tree.git("diff", "-U0", "--diff-filter=M", parent, fix, "--", ...sources));
    if (fixed.length > 0) yield { fix, parent, subject, test_files, fixed };
  }
}

function fixedLines(diff: string): FixedLines[] {
  const lines: FixedLines[] = [];
  let file = "";
  for (const line of diff.split("\n")) {
    if (line.startsWith("--- a/")) file = line.slice(6);
    const hunk = /^@@ -(\d+)(?:,(\d+))? /.exec(line);
    if (hunk === null) continue;
    const first = Number(hunk[1]);
    lines.push({ file, first, last: first + Math.max(Number(hunk[2] ?? 1), 1) - 1 });
  }
  return lines;
}

/** Returns the test output before the fix, if the tests fail before it, not because of a missing import, and pass after it. */
function failureOf(candidate: Omit<FaultCase, "output">, source: Source, tree: Tree): string | undefined {
  try {
    tree.plant(candidate);
    const before = runTests(candidate, source, tree);
    // A test that cannot be loaded tests a new feature, not a fault.
    if (
      before.status === 0 ||
      before.status === null ||
      /ImportError|ERROR collecting|Failed to resolve import|No test suite found/.test(before.output)
    )
      return undefined;
    tree.git("checkout", "-q", candidate.fix, "--", ".");
    return runTests(candidate, source, tree).status === 0 ? before.output : undefined;
  } catch {
    // A path that the old tree does not have, or a tree that cannot be checked out, is not a case.
    return undefined;
  }
}

function runTests(
  candidate: Omit<FaultCase, "output">,
  { test, prepare }: Source,
  tree: Tree,
): { status: number | null; output: string } {
  const command = test.replaceAll("{files}", candidate.test_files.map((file) => `'${file}'`).join(" "));
  const script = prepare === undefined ? command : `${prepare}\n${command}`;
  const ended = spawnSync("sh", ["-c", script], { cwd: tree.folder, encoding: "utf8", timeout: 60_000, maxBuffer: 1 << 26 });
  return { status: ended.status, output: `${ended.stdout}\n${ended.stderr}` };
}
