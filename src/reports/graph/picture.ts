import type { Graph } from "#graph";

/** What a drawing says of a task beside its name and its edges. */
export interface PicturedTask {
  agent: string;
  description: string;
  priority: string;
  /** From an earlier run. */
  expected_ms?: number;
}

/** A graph with all that its drawings show; tasks are named by their index. */
export interface Picture {
  graph: Graph;
  tasks: readonly PicturedTask[];
  /** First task first. */
  critical_path: readonly number[];
}

/** `1 task`, `2 tasks`, `100,000 tasks`. */
export function countText(n: number, noun: string): string {
  return `${n.toLocaleString("en")} ${n === 1 ? noun : `${noun}s`.replace(/ys$/, "ies")}`;
}

/** The number of edges. */
export const edgeCount = (graph: Graph): number => graph.dependencies.reduce((sum, list) => sum + list.length, 0);
