/**
 * Measures the time of gathering and packing, and the tokens that they save. `npm run bench context -- --repos A,B` measures
 * git work trees; without it (or DISPATCH_BENCH_REPOS) trees of 2,500 and 27,000 files are generated.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type ContextPool, gatherContext } from "../../src/context/index.ts";
import type { ContextPreview } from "../../src/dispatch/index.ts";
import { bin, root } from "../support/rig.ts";
import { type Comparison, type Contender, compare } from "./measure.ts";

interface BenchTask {
  task_id: string;
  description: string;
  context_requirements: string[];
}

export default async function context(): Promise<Comparison[]> {
  const scratch = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  try {
    const given = wantedRepos();
    const repos = given.length > 0 ? given : [2500, 27_000].map((count) => makeTree(join(scratch, `tree-${count}`), count));
    const rows: Comparison[] = [];
    for (const repo of repos) rows.push(...(await measureRepo(repo, scratch)));
    const example = JSON.parse(readFileSync(join(root, "examples/with-context.json"), "utf8")) as object;
    rows.push(await compareSent("examples/with-context.json", () => preview(example, scratch, root)));
    return rows;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function wantedRepos(): string[] {
  const at = process.argv.indexOf("--repos");
  const text = at === -1 ? process.env["DISPATCH_BENCH_REPOS"] : process.argv[at + 1];
  return (text ?? "")
    .split(",")
    .filter((path) => path !== "")
    .map((path) => resolve(path));
}

async function measureRepo(repo: string, scratch: string): Promise<Comparison[]> {
  const files = git(repo, "ls-files", "-z")
    .split("\0")
    .filter((file) => isReadable(join(repo, file)));
  const name = `${basename(repo)} (${files.length.toLocaleString("en")} files)`;
  const spread = (count: number): string[] =>
    Array.from({ length: count }, (_, i) => files[Math.floor((i * files.length) / count)] ?? "");
  const fifty = spread(50);
  const one = { workspace_path: repo, tasks: [taskOf("all", "", ["structure:.", ...fifty.map((file) => `file:${file}`)])] };
  const pool = spread(200);
  const tasks = Array.from({ length: 50 }, (_, task) =>
    taskOf(
      `t${task}`,
      "",
      Array.from({ length: 8 }, (_, i) => `file:${pool[(task * 4 + i) % pool.length]}`),
    ),
  );
  const reference = (ms: number): Contender => ({ name: "reference", once: () => ms });
  // Start-up takes about 40 ms however small the tree, so the limit for small trees is higher.
  const cold = await compare(
    `structure and 50 files of ${name}, cold`,
    files.length < 20_000 ? 5 : 2,
    [
      { name: "gathered", once: () => preview(one, scratch).context.gather_ms },
      { name: "git ls-files, and reading the 50", once: () => timeGit(repo, fifty) },
    ],
    { rounds: 7 },
  );
  // Fills the caches, as an earlier run would.
  const had_cache = existsSync(join(repo, ".dispatch"));
  (await gather(repo, tasks)).remember();
  const rows = [
    cold,
    await compare(`filter and pack for one of 50 tasks, pool of 200 items of ${name}`, 0.01, [
      { name: "packed", once: () => filterTime(repo, tasks) },
      reference(200),
    ]),
    await compare(`retrieval of one packed context of ${name}`, 0.1, [
      { name: "retrieved", once: () => retrievalTime(repo, tasks) },
      reference(0.5),
    ]),
    await compareSent(name, () => preview({ workspace_path: repo, tasks: realTasks(repo, files) }, scratch)),
  ];
  if (!had_cache) rmSync(join(repo, ".dispatch"), { recursive: true });
  return rows;
}

const taskOf = (task_id: string, description: string, context_requirements: string[]): BenchTask & object => ({
  task_id,
  ...{ agent: "command", input_data: { command: "true" } },
  description,
  context_requirements,
});

function preview(file: object, scratch: string, cwd = scratch): ContextPreview {
  const path = join(scratch, "tasks.json");
  writeFileSync(path, JSON.stringify(file));
  const text = execFileSync(process.execPath, [bin, "context", path, "--json"], { cwd, maxBuffer: 1 << 30, encoding: "utf8" });
  return JSON.parse(text) as ContextPreview;
}

/** Times git listing the same files, tracked and new but not ignored, and reading some of them. */
function timeGit(repo: string, files: readonly string[]): number {
  const began = performance.now();
  git(repo, "ls-files", "-z", "--cached", "--others", "--exclude-standard");
  for (const file of files) readFileSync(join(repo, file));
  return performance.now() - began;
}

/** Returns milliseconds per task with warm caches. */
async function filterTime(repo: string, tasks: readonly BenchTask[]): Promise<number> {
  const pool = await gather(repo, tasks);
  const times = tasks.map(({ task_id }) => pool.packed(task_id)?.filter_ms ?? 0);
  return times.reduce((sum, ms) => sum + ms, 0) / tasks.length;
}

async function retrievalTime(repo: string, tasks: readonly BenchTask[]): Promise<number> {
  const pool = await gather(repo, tasks);
  const { signal } = new AbortController();
  const times = 20;
  const began = performance.now();
  for (let i = 0; i < times; i++) for (const { task_id } of tasks) await pool.provide(task_id, signal);
  return (performance.now() - began) / (times * tasks.length);
}

function gather(workspace_path: string, tasks: readonly BenchTask[]): Promise<ContextPool> {
  return gatherContext({
    tasks: tasks.map(({ task_id, context_requirements }) => ({
      task_id,
      requirements: context_requirements,
      text: "",
      has_upstream: false,
    })),
    workspace_path,
    max_tokens_per_task: 5000,
    signal: new AbortController().signal,
  });
}

/** Creates ten realistic tasks from commits: the subject, the changed files, and what `auto` adds. */
function realTasks(repo: string, files: readonly string[]): BenchTask[] {
  const existing = new Set(files);
  const log = git(repo, "log", "-200", "--no-merges", "--name-only", "--format=%x00%s").split("\0").slice(1);
  const changes = log.flatMap((entry): { subject: string; changed: string[] }[] => {
    const [subject = "", ...names] = entry.split("\n");
    const changed = names.filter((name) => existing.has(name));
    return changed.length === 0 || changed.length > 8 ? [] : [{ subject, changed }];
  });
  // Without suitable commits, the tasks are about single files.
  const spread = Array.from({ length: 10 }, (_, i) => files[Math.floor((i * files.length) / 10)] ?? "");
  const wanted = changes.length > 0 ? changes : spread.map((file) => ({ subject: `Look at ${file}`, changed: [file] }));
  return wanted.slice(0, 10).map(({ subject, changed }, i) => {
    const folder = dirname(changed[0] ?? ".");
    return taskOf(`t${i}`, subject, [...changed.map((file) => `file:${file}`), `structure:${folder}`, "auto"]);
  });
}

async function compareSent(name: string, runPreview: () => ContextPreview): Promise<Comparison> {
  const { context: seen, tasks } = runPreview();
  const missing = tasks.flatMap((task) => task.missing);
  if (missing.length > 0 || tasks.length === 0) throw new Error(`${name}: context is missing: ${JSON.stringify(missing)}`);
  return compare(
    `tokens sent for ${tasks.length} tasks of ${name}`,
    0.3,
    [
      { name: "each its own", once: () => seen.sent_tokens },
      { name: "all to each", once: () => seen.pool_tokens * tasks.length },
    ],
    { rounds: 1, unit: "tokens" },
  );
}

/** Large repositories have two to three: vite 3.3, ansible 2.8, babel 2.2. */
const files_in_folder = 3;

/** Creates a tree like that of real projects, with a history of twenty commits. */
function makeTree(folder: string, count: number): string {
  const units = Math.ceil(count / (15 * 12 * files_in_folder));
  const files = Array.from(
    { length: count },
    (_, i) => `pkg${i % 15}/mod${Math.floor(i / 15) % 12}/unit${Math.floor(i / 180) % units}/thing${i}.py`,
  );
  const textOf = (i: number): string =>
    Array.from({ length: 20 }, (_, n) => `def step_${i}_${n}(value):\n    total = value + ${i * n}\n    return total\n\n`).join(
      "\n",
    );
  mkdirSync(folder, { recursive: true });
  for (const [i, file] of files.entries()) {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), textOf(i));
  }
  git(folder, "init", "--quiet");
  git(folder, "add", ".");
  commit(folder, "Start");
  for (let i = 0; i < 20; i++) {
    const file = files[Math.floor((i * count) / 20)] ?? "";
    writeFileSync(join(folder, file), `${textOf(i)}# fixed\n`);
    git(folder, "add", file);
    commit(folder, `Fix ${basename(file)}`);
  }
  return folder;
}

const git = (cwd: string, ...args: string[]): string =>
  execFileSync("git", args, { cwd, maxBuffer: 1 << 30, encoding: "utf8" });

const commit = (cwd: string, subject: string): string =>
  git(cwd, "-c", "user.name=Bench", "-c", "user.email=bench@example.com", "commit", "--quiet", "--message", subject);

const isReadable = (path: string): boolean => path !== "" && statSync(path, { throwIfNoEntry: false })?.isFile() === true;
