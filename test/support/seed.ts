/** Chooses the seed of a test run and prints it: fixed for a commit, unless `SEED` is a number or `random`. */
import { execFileSync } from "node:child_process";
import { randomInt } from "node:crypto";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    seed: number;
  }
}

/** Passes the seed to all test files, which read it through `effort.ts`. */
export default function setup(project: TestProject): void {
  const seed = chooseSeed(process.env["SEED"]);
  process.stdout.write(`seed ${seed} (SEED=${seed} repeats this run)\n`);
  project.provide("seed", seed);
}

function chooseSeed(wanted: string | undefined): number {
  if (wanted === undefined || wanted === "") return seedOfCommit();
  if (wanted === "random") return randomInt(2 ** 31);
  if (!/^\d{1,10}$/.test(wanted) || Number(wanted) >= 2 ** 31)
    throw new Error(`SEED must be "random" or a whole number below ${2 ** 31}, not "${wanted}".`);
  return Number(wanted);
}

/** The first seven digits of the commit's hash as a number; 1 outside a git repository. */
function seedOfCommit(): number {
  try {
    const head = execFileSync("git", ["rev-parse", "HEAD"], { cwd: import.meta.dirname, encoding: "utf8", stdio: "pipe" });
    return Number.parseInt(head.slice(0, 7), 16);
  } catch {
    return 1;
  }
}
