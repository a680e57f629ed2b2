/**
 * Cycles among nodes by index, each as a path that ends where it began: every edge from a node to itself, and one
 * cycle of each group of nodes that reach each other. The cost is in proportion to nodes and edges.
 */
export function findCycles(edges: readonly (readonly number[])[]): number[][] {
  const cycles: number[][] = [];
  const group = componentsOf(edges);
  const members = new Map<number, number>();
  edges.forEach((next, i) => {
    if (next.includes(i)) cycles.push([i, i]);
    const own = group[i] as number;
    const first = members.get(own);
    if (first === undefined) members.set(own, i);
    // The second member of a group shows that it is one; the cycle starts at the first.
    else if (first >= 0) {
      cycles.push(cycleThrough(first, edges, group));
      members.set(own, -1);
    }
  });
  return cycles;
}

/** The shortest way from `start` back to it inside its group. */
function cycleThrough(start: number, edges: readonly (readonly number[])[], group: Int32Array): number[] {
  const from = new Map<number, number>();
  const queue = [start];
  for (const i of queue) {
    for (const next of edges[i] ?? []) {
      if (next === i || group[next] !== group[start]) continue;
      if (next === start) {
        const path = [start];
        for (let step: number | undefined = i; step !== undefined; step = from.get(step)) path.push(step);
        return path.reverse();
      }
      if (from.has(next)) continue;
      from.set(next, i);
      queue.push(next);
    }
  }
  throw new Error(`Node ${start} is on no cycle`);
}

/** The strongly connected component of each node, by a number (Tarjan 1972, without recursion). */
function componentsOf(edges: readonly (readonly number[])[]): Int32Array {
  const count = edges.length;
  const group = new Int32Array(count).fill(-1);
  /** When a node was first met, from 1; 0 is never. */
  const met = new Int32Array(count);
  const low = new Int32Array(count);
  const next_edge = new Int32Array(count);
  const open: number[] = [];
  const way: number[] = [];
  let clock = 0;
  let groups = 0;
  const of = (list: Int32Array, i: number): number => list[i] as number;
  const enter = (i: number): void => {
    met[i] = low[i] = ++clock;
    open.push(i);
    way.push(i);
  };
  for (let root = 0; root < count; root++) {
    if (met[root] !== 0) continue;
    enter(root);
    for (let i = way.at(-1); i !== undefined; i = way.at(-1)) {
      const next = edges[i]?.[of(next_edge, i)];
      if (next !== undefined) {
        next_edge[i] = of(next_edge, i) + 1;
        if (met[next] === 0) enter(next);
        else if (group[next] === -1) low[i] = Math.min(of(low, i), of(met, next));
        continue;
      }
      way.pop();
      const parent = way.at(-1);
      if (parent !== undefined) low[parent] = Math.min(of(low, parent), of(low, i));
      if (low[i] !== met[i]) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        group[member] = groups;
        if (member === i) break;
      }
      groups++;
    }
  }
  return group;
}
