/** Reading, checking and planning large task files, against JSON.parse of the same text. */
import { join } from "node:path";
import { root } from "../support/rig.ts";
import { type Comparison, compare, runScript } from "./measure.ts";

export default async function planning(): Promise<Comparison[]> {
  const work = (what: string, count: number): number =>
    runScript(join(root, "test/bench/plan-work.ts"), [what, String(count)]).ms;
  const side = (what: string, count: number) => ({
    name: `${what} of ${count.toLocaleString("en")}`,
    once: () => work(what, count),
  });
  return [
    await compare("100,000 tasks: parse, validate, plan, against JSON.parse", 6, [
      side("plan", 100_000),
      side("JSON.parse", 100_000),
    ]),
    // They go into 100,000 strings more, which `JSON.parse` leaves as they are.
    await compare("the same, with variables in each task", 7, [
      side("plan-variables", 100_000),
      side("JSON.parse-variables", 100_000),
    ]),
    await compare("10 times the tasks", 12, [side("plan", 100_000), side("plan", 10_000)]),
  ];
}
