/** `npm run bench [NAME…] [-- OPTIONS]`: runs benchmarks and compares the ratios with their limits. */
import { readdirSync } from "node:fs";
import { type Comparison, showComparison } from "./measure.ts";

const args = process.argv.slice(2);
const first_option = args.findIndex((arg) => arg.startsWith("--"));
/** Options after the names are read by the benchmarks. */
const wanted = first_option < 0 ? args : args.slice(0, first_option);
const files = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith(".bench.ts"))
  .filter((name) => wanted.length === 0 || wanted.includes(name.replace(".bench.ts", "")));
let missed = 0;
for (const file of files) {
  const bench = (await import(`./${file}`)) as { default(): Promise<Comparison[]> };
  for (const comparison of await bench.default()) {
    process.stdout.write(`${showComparison(comparison)}\n`);
    if (comparison.ratio > comparison.at_most) missed++;
  }
}
process.exitCode = missed === 0 ? 0 : 1;
