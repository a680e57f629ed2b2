import type { Graph } from "#graph";

/** What a drawing shows of a task, besides its name and edges. */
export interface PicturedTask {
  agent: string;
  description: string;
  priority: string;
  /** Duration in an earlier run. */
  expected_ms?: number;
}

/** A graph and everything else that a drawing shows. Tasks are identified by their index. */
export interface Picture {
  graph: Graph;
  tasks: readonly PicturedTask[];
  /** First task first. */
  critical_path: readonly number[];
}

/** Formats a count and its noun: `1 task`, `2 dependencies`, `100,000 tasks`. */
export function countText(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${n === 1 ? noun : `${noun}s`.replace(/ys$/, "ies")}`;
}

/** Returns the number of edges. */
export const edgeCount = (graph: Graph): number => graph.dependencies.reduce((sum, list) => sum + list.length, 0);
