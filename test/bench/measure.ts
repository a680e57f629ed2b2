/** Measures alternatives in turn, several times, so that a machine whose speed drifts affects all of them alike. */
import { spawnSync } from "node:child_process";

/** One thing to measure. `once` does the work and returns its cost in the unit of the comparison. */
export interface Contender {
  name: string;
  once(): number | Promise<number>;
}

/** The result of a comparison. */
export interface Comparison {
  what: string;
  /** Medians, in the order of the contenders. */
  medians: { name: string; median: number }[];
  /** The first contender relative to the second: the median of the ratios of all rounds. */
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

/** Measures two contenders in turn. Their order alternates, so that neither always follows the other. */
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
      // The first round warms caches and is not counted.
      if (round >= 0) seen[i].push(cost);
    }
  }
  const ratio = median(seen[0].map((cost, round) => cost / (seen[1][round] ?? Number.NaN)));
  const medians = contenders.map(({ name }, i) => ({ name, median: median(seen[i as 0 | 1]) }));
  return { what, medians, ratio, at_most, unit };
}

/** Returns the milliseconds that a command takes. The command must succeed. */
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

/** Runs a script that measures itself in a new process. Returns milliseconds and peak memory in MB. */
export function runScript(script: string, args: readonly string[]): { ms: number; mb: number } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: "utf8" });
  if (status !== 0) throw new Error(`${script} ${args.join(" ")} failed: ${stderr}`);
  return JSON.parse(stdout) as { ms: number; mb: number };
}

/** Formats a comparison as one line. */
export function showComparison({ what, medians, ratio, at_most, unit }: Comparison): string {
  const verdict = ratio <= at_most ? "holds" : "MISSED";
  const sides = medians.map(({ name, median: value }) => `${name} ${value.toFixed(value < 10 ? 2 : 0)} ${unit}`).join(", ");
  return `${verdict.padEnd(7)}${ratio.toFixed(2).padStart(6)} of at most ${String(at_most).padEnd(6)}${what}: ${sides}`;
}
