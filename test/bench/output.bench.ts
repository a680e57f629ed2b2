/** A task that prints 1 GB: its output must not pass through dispatch. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin } from "../support/rig.ts";
import { type Comparison, median } from "./measure.ts";

const gigabyte = 2 ** 30;

export default async function output(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  /** Returns dispatch's own peak memory in MB; it reports it itself, because the parent sees only the largest process. */
  const peakMemory = (command: string, bytes: number): number => {
    rmSync(join(folder, "traces"), { recursive: true, force: true });
    const tasks = join(folder, "tasks.json");
    writeFileSync(tasks, JSON.stringify({ tasks: [{ task_id: "print", agent: "command", input_data: { command } }] }));
    const report = join(folder, "peak");
    const env = { ...process.env, NODE_OPTIONS: `--import ${JSON.stringify(preload(folder, report))}` };
    const { status, stderr } = spawnSync(process.execPath, [bin, "run", tasks, "-q", "-o", join(folder, "result.json")], {
      cwd: folder,
      env,
    });
    if (status !== 0) throw new Error(stderr.toString());
    const { run_id } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as { run_id: string };
    const printed = statSync(join(folder, "traces", run_id, "logs/print@1.out")).size;
    if (printed !== bytes) throw new Error(`printed ${printed} of ${bytes} bytes`);
    return Number(readFileSync(report, "utf8")) / 1024;
  };
  const extra_mb: number[] = [];
  for (let round = 0; round < 3; round++)
    extra_mb.push(peakMemory("head -c 1073741824 /dev/zero", gigabyte) - peakMemory("true", 0));
  rmSync(folder, { recursive: true, force: true });
  const value = median(extra_mb);
  return [
    {
      what: "memory for a task that prints 1 GB, over one that prints nothing, against 30 MB",
      medians: [{ name: "more", median: value }],
      ratio: value / 30,
      at_most: 1,
      unit: "MB",
    },
  ];
}

/** Writes a module that stores the peak memory of the process that loads it, when that process exits. */
function preload(folder: string, report: string): string {
  const file = join(folder, "preload.mjs");
  const code = `import { writeFileSync } from "node:fs";process.on("exit", () => writeFileSync(${JSON.stringify(report)}, String(process.resourceUsage().maxRSS)));`;
  writeFileSync(file, code);
  return file;
}
