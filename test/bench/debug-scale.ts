import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHarness } from "./debug-harness.ts";
import { type Comparison, median } from "./measure.ts";

/** Promised maximum time of an investigation at `deep`, in milliseconds. */
const max_ms = 2000;

const generated_files = 27_000;

/** Measures investigations at `deep` on a large repository, with and without git. */
export async function measureScale(where: string): Promise<Comparison[]> {
  const folder = where === "generated" ? generate() : where;
  try {
    const files = execFileSync("git", ["-C", folder, "ls-files"], { encoding: "utf8", maxBuffer: 1 << 28 })
      .split("\n")
      .filter((file) => /\.(py|ts|js)$/.test(file));
    const traces = tracesIn(folder, files);
    const kinds = [
      ["with git", {}],
      ["without git", { GIT_DIR: "/nowhere" }],
    ] as const;
    const comparisons: Comparison[] = [];
    for (const [kind, env] of kinds) {
      using harness = createHarness(folder, { env });
      const times: number[] = [];
      for (const error_traces of traces) {
        const { ms } = await harness.investigate({
          problem_description: "The service fails.",
          error_traces: [error_traces],
          analysis_depth: "deep",
        });
        times.push(ms);
      }
      const slowest = Math.max(...times);
      process.stdout.write(
        `scale, ${kind}: ${traces.length} investigations at deep among ${files.length} source files, median ${median(times).toFixed(0)} ms, slowest ${slowest.toFixed(0)} ms\n`,
      );
      const medians = [
        { name: "slowest", median: slowest },
        { name: "promised", median: max_ms },
      ];
      comparisons.push({
        what: `debug at deep on a large repository, ${kind}`,
        medians,
        ratio: slowest / max_ms,
        at_most: 1,
        unit: "ms",
      });
    }
    return comparisons;
  } finally {
    if (where === "generated") rmSync(folder, { recursive: true, force: true });
  }
}

/** Creates traces of three frames each through files of the repository, and some bare messages. */
function tracesIn(folder: string, files: readonly string[]): string[] {
  const traces: string[] = [];
  for (let i = 0; i < 12; i++) {
    const chosen = [0, 1, 2].map((at) => files[Math.floor(((i * 3 + at + 0.5) / 36) * files.length)] ?? "");
    const frames = chosen.map((file) => {
      const lines = readFileSync(join(folder, file), "utf8").split("\n");
      const line = Math.max(1, Math.floor(lines.length / 2));
      return file.endsWith(".py")
        ? `  File "/srv/app/${file}", line ${line}, in run\n    ${lines[line - 1]?.trim()}`
        : `    at run (/srv/app/${file}:${line}:3)`;
    });
    traces.push(
      i % 4 === 3
        ? "StorageError: cannot open the archive of the order"
        : `Traceback (most recent call last):\n${frames.join("\n")}\nTypeError: cannot read the value of item`,
    );
  }
  return traces;
}

function generate(): string {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-scale-"));
  for (let i = 0; i < generated_files; i++) {
    const path = join(folder, `area${i % 30}`, `part${i % 300}`);
    if (i < 300) mkdirSync(path, { recursive: true });
    const next = (i + 300) % generated_files;
    const text = `from area${next % 30}.part${next % 300}.module${next} import work${next}\n\n\ndef work${i}(item):\n    if item is None:\n        raise ValueError("no item for ${i}")\n    return work${next}(item)\n`;
    writeFileSync(join(path, `module${i}.py`), text);
  }
  const git = (...args: string[]): Buffer =>
    execFileSync("git", ["-C", folder, "-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], {
      stdio: ["ignore", "pipe", "ignore"],
    });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "everything");
  return folder;
}
