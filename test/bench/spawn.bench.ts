/** 1,000 times /bin/true, two at a time, with everything written, against GNU parallel and a bare spawn loop. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin, root } from "../support/rig.ts";
import { type Comparison, type Contender, compare, timeCommand } from "./measure.ts";
import { has } from "./programs.ts";

const count = 1000;

export default async function spawnTasks(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  const file = join(folder, "tasks.json");
  const tasks = Array.from({ length: count }, (_, i) => ({
    task_id: `t${i}`,
    agent: "command",
    input_data: { command: ["/bin/true"] },
  }));
  writeFileSync(file, JSON.stringify({ tasks, config: { max_workers: 2 } }));
  const expect = (what: string, seen: number): void => {
    if (seen !== count) throw new Error(`${what}: ${seen} of ${count} done`);
  };
  const dispatch: Contender = {
    name: "dispatch run",
    once() {
      rmSync(join(folder, "traces"), { recursive: true, force: true });
      const took = timeCommand(process.execPath, [bin, "run", file, "-q", "-o", join(folder, "result.json")], { cwd: folder });
      const result = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as {
        summary: { successful: number };
        run_id: string;
      };
      expect("dispatch", result.summary.successful);
      const run = join(folder, "traces", result.run_id);
      expect("traces", readdirSync(join(run, "tasks")).length);
      expect("logs", readdirSync(join(run, "logs")).length / 2);
      return took;
    },
  };
  const loop: Contender = {
    name: "spawn loop",
    once() {
      const out = join(folder, "loop");
      rmSync(out, { recursive: true, force: true });
      const took = timeCommand(process.execPath, [join(root, "test/bench/spawn-loop.mjs"), out, String(count), "2"]);
      expect("spawn loop", readdirSync(out).length / 2);
      return took;
    },
  };
  const parallel: Contender = {
    name: "GNU parallel",
    once() {
      const out = join(folder, "parallel");
      rmSync(out, { recursive: true, force: true });
      const input = `${Array.from({ length: count }, (_, i) => i).join("\n")}\n`;
      const args = [
        "--will-cite",
        "-j2",
        "--results",
        join(out, "results"),
        "--joblog",
        join(folder, "joblog"),
        "/bin/true",
        "#",
      ];
      rmSync(join(folder, "joblog"), { force: true });
      const took = timeCommand("parallel", args, { input, cwd: folder });
      expect("GNU parallel", readFileSync(join(folder, "joblog"), "utf8").trim().split("\n").length - 1);
      return took;
    },
  };
  const what = `${count} tasks of /bin/true, 2 workers, all written`;
  const found = [await compare(`${what}, against a bare spawn loop`, 1.8, [dispatch, loop])];
  if (has("parallel"))
    found.unshift(await compare(`${what}, against GNU parallel --results --joblog`, 0.75, [dispatch, parallel]));
  return found;
}
