/**
 * Measures the `rag:` index: building it against repomix packing the same folder (skipped unless repomix is installed:
 * `npm install --global repomix`), and querying it without changes against `git status`. `npm run bench index -- --repos A,B`
 * measures git work trees; without it a tree of 2,500 files is generated from this project's own.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { bin, root } from "../support/rig.ts";
import { type Comparison, compare, timeCommand } from "./measure.ts";
import { has } from "./programs.ts";

const query = "rag:where is a process killed that has started others";

export default async function index(): Promise<Comparison[]> {
  const scratch = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  try {
    const at = process.argv.indexOf("--repos");
    const text = (at === -1 ? process.env["DISPATCH_BENCH_REPOS"] : process.argv[at + 1]) ?? "";
    const given = text.split(",").filter((path) => path !== "");
    const repos = given.length > 0 ? given.map((path) => resolve(path)) : [makeTree(join(scratch, "tree"), 2500)];
    const rows: Comparison[] = [];
    for (const repo of repos) rows.push(...(await measureRepo(repo, scratch)));
    return rows;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function measureRepo(original: string, scratch: string): Promise<Comparison[]> {
  // A clone has no earlier index.
  const repo = join(scratch, "clones", basename(original));
  execFileSync("git", ["clone", "-q", original, repo]);
  const files = execFileSync("git", ["ls-files", "-z"], { cwd: repo, encoding: "utf8", maxBuffer: 1 << 30 }).split("\0");
  const bytes = files.reduce((sum, file) => sum + (file === "" ? 0 : sizeOf(join(repo, file))), 0);
  const name = `${basename(repo)} (${files.length - 1} files, ${(bytes / 1e6).toFixed(1)} MB)`;
  const preview = (key: string): number => {
    const file = join(scratch, "tasks.json");
    const task = { task_id: "a", agent: "command", input_data: { command: "true" }, context_requirements: [key] };
    writeFileSync(file, JSON.stringify({ workspace_path: repo, tasks: [task] }));
    return timeCommand(process.execPath, [bin, "context", file], { cwd: scratch });
  };
  const first = {
    name: "first index",
    once: () => {
      rmSync(join(repo, ".dispatch"), { recursive: true, force: true });
      return preview(query);
    },
  };
  const repomix = {
    name: "repomix",
    once: () => timeCommand("repomix", [repo, "-o", join(scratch, "packed.xml")], { cwd: scratch }),
  };
  // Without start-up: the time of the same preview that reads nothing from the workspace is subtracted.
  const warm = { name: "rag: again", once: () => preview(query) - preview("pattern:debugging") };
  const status = { name: "git status", once: () => timeCommand("git", ["status", "--porcelain"], { cwd: repo }) };
  const rows: Comparison[] = [];
  if (has("repomix")) rows.push(await compare(`first index of ${name}`, 0.6, [first, repomix], { rounds: 3 }));
  preview(query);
  rows.push(await compare(`rag: with nothing changed in ${name}`, 3, [warm, status], { rounds: 11 }));
  return rows;
}

function sizeOf(file: string): number {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat?.isFile() === true ? stat.size : 0;
}

/** Large repositories have two to three: vite 3.3, ansible 2.8, babel 2.2. */
const files_in_folder = 3;

/** Creates a repository of copies of this project's sources, in about as many folders as real projects have. */
function makeTree(folder: string, files: number): string {
  const sources = ["src", "test"].flatMap((name) =>
    readdirSync(join(root, name), { recursive: true, withFileTypes: true })
      // Vendor programs that tests may have installed take a gigabyte.
      .filter((entry) => entry.isFile() && !entry.parentPath.includes("node_modules"))
      .map(({ parentPath, name: file }) => join(parentPath, file)),
  );
  const filled = new Map<string, number>();
  for (let i = 0; i < files; i++) {
    const source = sources[i % sources.length] ?? "";
    const part = join(folder, `part${Math.floor(i / sources.length)}`, dirname(relative(root, source)));
    const before = filled.get(part) ?? 0;
    filled.set(part, before + 1);
    const place = join(part, `group${Math.floor(before / files_in_folder)}`);
    mkdirSync(place, { recursive: true });
    copyFileSync(source, join(place, basename(source)));
  }
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=Bench", "-c", "user.email=bench@example.com", ...args], { cwd: folder });
  git("init", "-q");
  git("add", ".");
  git("commit", "-qm", "Everything");
  return folder;
}
