import type { Graph } from "./graph.ts";

/** Edges that are followed for one pair before it is left to a pass over the whole graph. */
const max_steps = 64;

/**
 * Returns for each pair whether `from` depends on `to`, directly or not. Searches near pairs one by one and resolves
 * the others in passes over the graph, 32 targets a pass, so that many pairs do not cost a graph walk each.
 */
export function dependsOn(graph: Graph, pairs: readonly (readonly [from: number, to: number])[]): boolean[] {
  const answers = pairs.map(([from, to]) => searchNear(graph, from, to));
  const open = new Map<number, number[]>();
  answers.forEach((answer, pair) => {
    const to = pairs[pair]?.[1];
    if (answer !== undefined || to === undefined) return;
    const same = open.get(to);
    if (same === undefined) open.set(to, [pair]);
    else same.push(pair);
  });
  const targets = [...open.keys()];
  for (let first = 0; first < targets.length; first += 32) {
    const batch = targets.slice(first, first + 32);
    const reached = new Int32Array(graph.task_ids.length);
    batch.forEach((to, bit) => {
      reached[to] = (reached[to] ?? 0) | (1 << bit);
    });
    for (const i of graph.order)
      for (const next of graph.dependencies[i] ?? []) reached[i] = (reached[i] ?? 0) | (reached[next] ?? 0);
    batch.forEach((to, bit) => {
      for (const pair of open.get(to) ?? []) {
        const from = pairs[pair]?.[0] ?? to;
        answers[pair] = from !== to && ((reached[from] ?? 0) & (1 << bit)) !== 0;
      }
    });
  }
  return answers.map((answer) => answer === true);
}

/** Searches up to `max_steps` edges from `from`; undefined beyond. Tasks at or below the level of `to` cannot lead to it. */
function searchNear(graph: Graph, from: number, to: number): boolean | undefined {
  const floor = graph.level[to] ?? 0;
  const found = new Set([from]);
  let steps = 0;
  for (const i of found) {
    for (const next of graph.dependencies[i] ?? []) {
      if (next === to) return true;
      if (++steps > max_steps) return undefined;
      if ((graph.level[next] ?? 0) > floor) found.add(next);
    }
  }
  return false;
}
