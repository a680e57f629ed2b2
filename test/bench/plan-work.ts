// One measurement in a fresh process: the median of five rounds, so that neither side is measured cold.
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Plan, plan } from "../../src/dispatch/index.ts";
import { median } from "./measure.ts";

const [, , what = "", count = ""] = process.argv;
const variables = what.endsWith("-variables");
const tasks = Array.from({ length: Number(count) }, (_, i) => ({
  task_id: `task-${i}`,
  agent: "command",
  description: `Check part ${i} of the whole`,
  input_data: { command: ["./check.sh", "--part", String(i), ...(variables ? ["${STAGE}"] : [])] },
  dependencies: i < 100 ? [] : [`task-${i - 100}`, `task-${i - 1 - (i % 50)}`],
  priority: (["critical", "high", "medium", "low"] as const)[i % 4],
}));
const text = JSON.stringify({ vars: { STAGE: "test" }, tasks });

const rounds: number[] = [];
for (let round = 0; round < 5; round++) {
  const began = performance.now();
  if (what.startsWith("JSON.parse")) {
    const parsed = JSON.parse(text) as { tasks: unknown[] };
    if (parsed.tasks.length !== tasks.length) throw new Error("not parsed");
  } else {
    const planned: Plan = await plan({ text, cwd: "/", env: {}, config: { trace_dir: join(tmpdir(), "dispatch-bench-none") } });
    if (planned.tasks.length !== tasks.length || planned.graph.order.length !== tasks.length) throw new Error("not planned");
  }
  rounds.push(performance.now() - began);
}
process.stdout.write(JSON.stringify({ ms: median(rounds), mb: process.resourceUsage().maxRSS / 1024 }));
