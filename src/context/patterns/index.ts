import { onex_patterns } from "./onex.ts";
import type { Pattern } from "./pattern.ts";
import { practices } from "./practices.ts";

const patterns: readonly Pattern[] = [...onex_patterns, ...practices];

/** The names of the built-in patterns. */
export const builtin_names: readonly string[] = patterns.map(({ name }) => name);

/** Returns a built-in pattern; `onex-compute`, `compute-node` and `ONEX_compute_pattern` all mean `onex-compute-node`. */
export function builtInPattern(name: string): Pattern | undefined {
  const wanted = plain(name);
  return patterns.find((pattern) => plain(pattern.name) === wanted);
}

const plain = (name: string): string => {
  const words = name.toLowerCase().split(/[-_.]+/);
  return words.filter((word) => !["onex", "node", "pattern", "patterns", "architecture"].includes(word)).join("-") || "onex";
};
