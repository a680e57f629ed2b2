/** Time to read, check and plan large task files, compared with JSON.parse of the same text. */
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
    // Planning also resolves 100,000 strings, which JSON.parse leaves unchanged.
    await compare("the same, with variables in each task", 7, [
      side("plan-variables", 100_000),
      side("JSON.parse-variables", 100_000),
    ]),
    await compare("10 times the tasks", 12, [side("plan", 100_000), side("plan", 10_000)]),
  ];
}
