/** 1,000 tasks of /bin/true, two at a time, with all files written, against GNU parallel and a bare spawn loop. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "../support/rig.ts";
import { type Comparison, type Contender, compare, timeCommand } from "./measure.ts";
import { has } from "./programs.ts";

const count = 1000;

export default async function spawnTasks(): Promise<Comparison[]> {
  const root_folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  let folder_count = 0;
  /** Creates a new folder per round; all are removed at the end, because ext4 creates files slowly after deletions. */
  const freshFolder = (): string => {
    const folder = join(root_folder, String(++folder_count));
    mkdirSync(folder);
    return folder;
  };
  const tasks = Array.from({ length: count }, (_, i) => ({
    task_id: `t${i}`,
    agent: "command",
    input_data: { command: ["/bin/true"] },
  }));
  const text = JSON.stringify({ tasks, config: { max_workers: 2 } });
  const expect = (what: string, found: number): void => {
    if (found !== count) throw new Error(`${what}: ${found} of ${count} done`);
  };
  const dispatch: Contender = {
    name: "dispatch run",
    once() {
      const folder = freshFolder();
      writeFileSync(join(folder, "tasks.json"), text);
      const took = timeCommand(process.execPath, [bin, "run", "tasks.json", "-q", "-o", "result.json"], { cwd: folder });
      const result = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as {
        summary: { successful: number };
        run_id: string;
      };
      expect("dispatch", result.summary.successful);
      const run = join(folder, "traces", result.run_id);
      expect("traces", readdirSync(join(run, "tasks")).length);
      expect("inputs", readdirSync(join(run, "io")).length);
      expect("logs", readdirSync(join(run, "logs")).length / 2);
      return took;
    },
  };
  const loop: Contender = {
    name: "spawn loop",
    once() {
      const folder = freshFolder();
      const took = timeCommand(process.execPath, [join(root, "test/bench/spawn-loop.mjs"), folder, String(count), "2"]);
      expect("spawn loop", readdirSync(folder).length / 2);
      return took;
    },
  };
  const parallel: Contender = {
    name: "GNU parallel",
    once() {
      const folder = freshFolder();
      const input = `${Array.from({ length: count }, (_, i) => i).join("\n")}\n`;
      const args = ["--will-cite", "-j2", "--results", "results", "--joblog", "joblog", "/bin/true", "#"];
      const took = timeCommand("parallel", args, { input, cwd: folder });
      expect("GNU parallel", readFileSync(join(folder, "joblog"), "utf8").trim().split("\n").length - 1);
      return took;
    },
  };
  const what = `${count} tasks of /bin/true, 2 workers, all written`;
  const found = [await compare(`${what}, against a bare spawn loop`, 1.8, [dispatch, loop])];
  if (has("parallel"))
    found.unshift(await compare(`${what}, against GNU parallel --results --joblog`, 0.75, [dispatch, parallel]));
  rmSync(root_folder, { recursive: true });
  return found;
}
