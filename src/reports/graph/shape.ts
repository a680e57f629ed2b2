import type { Graph } from "#graph";

/**
 * Returns each task's dependencies without those that others imply: if c depends on b, and b on a, then c need not name a.
 * Memory grows with the square of the number of tasks, so use it for graphs of a few thousand tasks at most.
 */
export function reducedDependencies(graph: Graph): number[][] {
  const words = Math.ceil(graph.task_ids.length / 32);
  const position = new Map(graph.order.map((task, i) => [task, i]));
  const upstream: Uint32Array[] = [];
  const reduced: number[][] = graph.task_ids.map(() => []);
  for (const task of graph.order) {
    const reach = new Uint32Array(words);
    // Latest first: a task that implies a dependency comes after it in the order.
    const latest_first = (graph.dependencies[task] ?? []).toSorted((a, b) => (position.get(b) ?? 0) - (position.get(a) ?? 0));
    for (const dependency of latest_first) {
      if (((reach[dependency >> 5] ?? 0) >> (dependency & 31)) & 1) continue;
      reduced[task]?.push(dependency);
      const further = upstream[dependency];
      for (let word = 0; further !== undefined && word < words; word++) reach[word] = (reach[word] ?? 0) | (further[word] ?? 0);
      reach[dependency >> 5] = (reach[dependency >> 5] ?? 0) | (1 << (dependency & 31));
    }
    reduced[task]?.sort((a, b) => a - b);
    upstream[task] = reach;
  }
  return reduced;
}

/** Returns the connected parts of the graph, each with its tasks in file order, in the order of their first tasks. */
export function components(graph: Graph): number[][] {
  const part = new Map<number, number[]>();
  const parts: number[][] = [];
  for (const start of graph.task_ids.keys()) {
    if (part.has(start)) continue;
    const members = [start];
    part.set(start, members);
    for (const task of members) {
      for (const neighbour of [...(graph.dependencies[task] ?? []), ...(graph.dependents[task] ?? [])]) {
        if (part.has(neighbour)) continue;
        part.set(neighbour, members);
        members.push(neighbour);
      }
    }
    parts.push(members);
  }
  for (const members of parts) members.sort((a, b) => a - b);
  return parts;
}

/**
 * Returns an order for drawing: each task follows its dependencies closely, the longest chain first, so that few lines are
 * open at a time.
 */
export function readingOrder(
  members: readonly number[],
  dependencies: readonly (readonly number[])[],
  level: readonly number[],
): number[] {
  const deepest_first = new Map(
    members.map((task) => [task, (dependencies[task] ?? []).toSorted((a, b) => (level[b] ?? 0) - (level[a] ?? 0) || a - b)]),
  );
  const needed = new Set(members.flatMap((task) => dependencies[task] ?? []));
  const order: number[] = [];
  const seen = new Set<number>();
  for (const sink of members.filter((task) => !needed.has(task))) {
    const stack: { task: number; next: number }[] = [{ task: sink, next: 0 }];
    seen.add(sink);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const dependency = deepest_first.get(top.task)?.[top.next++];
      if (dependency === undefined) {
        order.push(top.task);
        stack.pop();
      } else if (!seen.has(dependency)) {
        seen.add(dependency);
        stack.push({ task: dependency, next: 0 });
      }
    }
  }
  return order;
}
