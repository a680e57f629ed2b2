/** A node as the graph needs it. */
export interface GraphNode {
  task_id: string;
  dependencies: readonly string[];
}

/** Tasks by index, in file order, with their edges in both directions. */
export interface Graph {
  task_ids: readonly string[];
  index: ReadonlyMap<string, number>;
  /** What each task waits for. */
  dependencies: readonly (readonly number[])[];
  /** What waits for each task. */
  dependents: readonly (readonly number[])[];
  /** Every task after all that it depends on; as close to file order as that allows. */
  order: readonly number[];
  /** The longest way from a task without dependencies, in steps. */
  level: readonly number[];
}

/** Builds the graph of tasks whose ids are unique and whose dependencies all exist. A cycle comes back as its path. */
export function createGraph(nodes: readonly GraphNode[]): { graph: Graph } | { cycle: string[] } {
  const task_ids = nodes.map((node) => node.task_id);
  const index = new Map(task_ids.map((task_id, i) => [task_id, i]));
  const dependents: number[][] = nodes.map(() => []);
  const dependencies = nodes.map((node, i) =>
    node.dependencies.map((task_id) => {
      const dependency = index.get(task_id);
      if (dependency === undefined) throw new Error(`Task ${node.task_id} depends on unknown task ${task_id}`);
      dependents[dependency]?.push(i);
      return dependency;
    }),
  );
  const missing = dependencies.map((list) => list.length);
  const order: number[] = [];
  for (let i = 0; i < nodes.length; i++) if (missing[i] === 0) order.push(i);
  const level = new Array<number>(nodes.length).fill(0);
  for (let next = 0; next < order.length; next++) {
    const i = at(order, next);
    for (const dependent of at(dependents, i)) {
      level[dependent] = Math.max(at(level, dependent), at(level, i) + 1);
      const left = at(missing, dependent) - 1;
      missing[dependent] = left;
      if (left === 0) order.push(dependent);
    }
  }
  if (order.length < nodes.length) return { cycle: findCycle(dependencies, missing).map((i) => at(task_ids, i)) };
  return { graph: { task_ids, index, dependencies, dependents, order, level } };
}

/** Among the tasks that could not be ordered, each has a dependency of the same kind: following them must come round. */
function findCycle(dependencies: readonly (readonly number[])[], missing: readonly number[]): number[] {
  const stuck = (i: number): boolean => at(missing, i) > 0;
  const seen = new Map<number, number>();
  const path: number[] = [];
  let i = missing.findIndex((left) => left > 0);
  while (!seen.has(i)) {
    seen.set(i, path.length);
    path.push(i);
    i = at(dependencies, i).find(stuck) ?? i;
  }
  const cycle = path.slice(seen.get(i));
  return [...cycle, i];
}

/** The tasks given and all that they depend on, directly or not. */
export function withDependencies(graph: Graph, start: Iterable<number>): Set<number> {
  return reach(graph.dependencies, start);
}

/** The tasks given and all that depend on them, directly or not. */
export function withDependents(graph: Graph, start: Iterable<number>): Set<number> {
  return reach(graph.dependents, start);
}

function reach(edges: readonly (readonly number[])[], start: Iterable<number>): Set<number> {
  const found = new Set(start);
  // A Set may grow while it is walked: what is added is visited too.
  for (const i of found) for (const next of at(edges, i)) found.add(next);
  return found;
}

/** For each task the length of the longest chain that starts with it, in the unit of `weight`. */
export function chainLengths(graph: Graph, weight: (i: number) => number): number[] {
  const chain = new Array<number>(graph.task_ids.length).fill(0);
  for (let next = graph.order.length - 1; next >= 0; next--) {
    const i = at(graph.order, next);
    let longest = 0;
    for (const dependent of at(graph.dependents, i)) longest = Math.max(longest, at(chain, dependent));
    chain[i] = weight(i) + longest;
  }
  return chain;
}

/** The longest chain through the graph, first task first. */
export function criticalPath(graph: Graph, chain: readonly number[]): number[] {
  const longestOf = (candidates: readonly number[]): number | undefined => {
    let best: number | undefined;
    for (const i of candidates) if (best === undefined || at(chain, i) > at(chain, best)) best = i;
    return best;
  };
  const path: number[] = [];
  let i = longestOf(graph.order.filter((task) => at(graph.dependencies, task).length === 0));
  while (i !== undefined) {
    path.push(i);
    i = longestOf(at(graph.dependents, i));
  }
  return path;
}

/** The tasks of each level, in file order. */
export function levels(graph: Graph): number[][] {
  const rows: number[][] = [];
  graph.level.forEach((level, i) => {
    rows[level] ??= [];
    rows[level].push(i);
  });
  return rows;
}

/** An element that is there by construction: indices come from the graph itself. */
function at<Item>(list: readonly Item[], i: number): Item {
  return list[i] as Item;
}
