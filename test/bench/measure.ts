/** Measures alternatives side by side: in turn, several times, so that a machine whose speed drifts drifts for all. */
import { spawnSync } from "node:child_process";

/** One thing to measure; `once` does the work and gives its cost, in the unit of the comparison. */
export interface Contender {
  name: string;
  once(): number | Promise<number>;
}

/** What was seen of a comparison. */
export interface Comparison {
  what: string;
  /** Medians, in the order of the contenders. */
  medians: { name: string; median: number }[];
  /** The first contender against the second: the median of the ratios of each round. */
  ratio: number;
  at_most: number;
  unit: string;
}

export const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
};

/** Measures two contenders in turn; who is first in one round is second in the next, so that neither always comes after the other. */
export async function compare(
  what: string,
  at_most: number,
  contenders: readonly [Contender, Contender],
  options: { rounds?: number; unit?: string } = {},
): Promise<Comparison> {
  const { rounds = 5, unit = "ms" } = options;
  const seen: [number[], number[]] = [[], []];
  for (let round = -1; round < rounds; round++) {
    const order = round <= 0 || round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const);
    for (const i of order) {
      const cost = await contenders[i].once();
      // The first round warms caches and counts for nothing.
      if (round >= 0) seen[i].push(cost);
    }
  }
  const ratio = median(seen[0].map((cost, round) => cost / (seen[1][round] ?? Number.NaN)));
  const medians = contenders.map(({ name }, i) => ({ name, median: median(seen[i as 0 | 1]) }));
  return { what, medians, ratio, at_most, unit };
}

/** Milliseconds that a command takes from start to end; it must succeed. */
export function timeCommand(
  file: string,
  args: readonly string[],
  options: { cwd?: string; input?: string; env?: NodeJS.ProcessEnv } = {},
): number {
  const began = performance.now();
  const { status, stderr, error } = spawnSync(file, args, { ...options, maxBuffer: 1 << 30 });
  const took = performance.now() - began;
  if (status !== 0) throw new Error(`${file} ${args.join(" ")} failed: ${error?.message ?? stderr.toString()}`);
  return took;
}

/** Runs a script that measures itself in a fresh process: milliseconds, and its peak memory in MB. */
export function runScript(script: string, args: readonly string[]): { ms: number; mb: number } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} failed: ${stderr}`);
  return JSON.parse(stdout) as { ms: number; mb: number };
}

/** One line of the table. */
export function showComparison({ what, medians, ratio, at_most, unit }: Comparison): string {
  const verdict = ratio <= at_most ? "holds" : "MISSED";
  const sides = medians.map(({ name, median: value }) => `${name} ${value.toFixed(value < 10 ? 2 : 0)} ${unit}`).join(", ");
  return `${verdict.padEnd(7)}${ratio.toFixed(2).padStart(6)} of at most ${String(at_most).padEnd(6)}${what}: ${sides}`;
}
