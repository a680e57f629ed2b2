/**
 * Finds cycles among nodes by index, each as a path that ends where it starts: every edge from a node to itself, and
 * one cycle of each strongly connected component. Linear in nodes and edges.
 */
export function findCycles(edges: readonly (readonly number[])[]): number[][] {
  const cycles: number[][] = [];
  const component = componentsOf(edges);
  const members = new Map<number, number>();
  edges.forEach((next, i) => {
    if (next.includes(i)) cycles.push([i, i]);
    const own = component[i] as number;
    const first = members.get(own);
    if (first === undefined) members.set(own, i);
    // A component with a second member has a cycle; it starts at the first.
    else if (first >= 0) {
      cycles.push(cycleThrough(first, edges, component));
      members.set(own, -1);
    }
  });
  return cycles;
}

/** Returns the shortest path from `start` back to it inside its component. */
function cycleThrough(start: number, edges: readonly (readonly number[])[], component: Int32Array): number[] {
  const from = new Map<number, number>();
  const queue = [start];
  for (const i of queue) {
    for (const next of edges[i] ?? []) {
      if (next === i || component[next] !== component[start]) continue;
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

/** Numbers the strongly connected component of each node (Tarjan 1972, without recursion). */
function componentsOf(edges: readonly (readonly number[])[]): Int32Array {
  const count = edges.length;
  const component = new Int32Array(count).fill(-1);
  /** Visiting order of each node, from 1; 0 if not visited. */
  const visited = new Int32Array(count);
  const low = new Int32Array(count);
  const next_edge = new Int32Array(count);
  const stack: number[] = [];
  /** The depth-first path from the root; takes the place of the call stack. */
  const path: number[] = [];
  let clock = 0;
  let components = 0;
  const get = (list: Int32Array, i: number): number => list[i] as number;
  const enter = (i: number): void => {
    visited[i] = low[i] = ++clock;
    stack.push(i);
    path.push(i);
  };
  for (let root = 0; root < count; root++) {
    if (visited[root] !== 0) continue;
    enter(root);
    for (let i = path.at(-1); i !== undefined; i = path.at(-1)) {
      const next = edges[i]?.[get(next_edge, i)];
      if (next !== undefined) {
        next_edge[i] = get(next_edge, i) + 1;
        if (visited[next] === 0) enter(next);
        else if (component[next] === -1) low[i] = Math.min(get(low, i), get(visited, next));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low[parent] = Math.min(get(low, parent), get(low, i));
      if (low[i] !== visited[i]) continue;
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        component[member] = components;
        if (member === i) break;
      }
      components++;
    }
  }
  return component;
}
