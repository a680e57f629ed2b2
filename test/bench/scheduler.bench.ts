/** 100,000 tasks through the scheduler with an executor that does nothing, against p-limit alone; in a process of its own each. */
import { join } from "node:path";
import { root } from "../support/rig.ts";
import { type Comparison, compare, runScript } from "./measure.ts";

export default async function scheduler(): Promise<Comparison[]> {
  const script = (what: string): { ms: number; mb: number } => runScript(join(root, "test/bench/scheduler-work.ts"), [what]);
  let max_mb = 0;
  const scheduled = {
    name: "schedule()",
    once() {
      const { ms, mb } = script("schedule");
      max_mb = Math.max(max_mb, mb);
      return ms;
    },
  };
  const limited = { name: "p-limit", once: () => script("p-limit").ms };
  const time = await compare("100,000 tasks that do nothing, against p-limit with empty functions", 2, [scheduled, limited]);
  const memory: Comparison = {
    what: "memory of the same, against 500 MB",
    medians: [{ name: "peak", median: max_mb }],
    ratio: max_mb / 500,
    at_most: 1,
    unit: "MB",
  };
  return [time, memory];
}
