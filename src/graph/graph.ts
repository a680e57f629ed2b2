import { findCycles } from "./cycles.ts";

/** The fields of a task that the graph reads. */
export interface GraphNode {
  task_id: string;
  dependencies: readonly string[];
}

/** Tasks by index, in file order, with their edges in both directions. */
export interface Graph {
  task_ids: readonly string[];
  index: ReadonlyMap<string, number>;
  dependencies: readonly (readonly number[])[];
  dependents: readonly (readonly number[])[];
  /** A topological order that stays close to file order. */
  order: readonly number[];
  /** Length of the longest path from a task without dependencies, in edges. */
  level: readonly number[];
}

const none: readonly number[] = Object.freeze([]);

/**
 * Builds the graph of tasks whose ids are unique and whose dependencies all exist. Returns the cycles instead if there
 * are any: every task that depends on itself, and one short cycle of each group of mutually dependent tasks.
 * A caller that has already resolved the ids passes them as `known`.
 */
export function createGraph(
  nodes: readonly GraphNode[],
  known: Pick<Graph, "index" | "dependencies"> = resolveDependencies(nodes),
): { graph: Graph } | { cycles: string[][] } {
  const { index, dependencies } = known;
  const count = nodes.length;
  const missing = new Int32Array(count);
  const waiting = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const list = at(dependencies, i);
    missing[i] = list.length;
    for (const dependency of list) waiting[dependency] = at(waiting, dependency) + 1;
  }
  const dependents = invertEdges(dependencies, waiting);
  const order: number[] = [];
  for (let i = 0; i < count; i++) if (missing[i] === 0) order.push(i);
  const level = new Array<number>(count).fill(0);
  for (let next = 0; next < order.length; next++) {
    const i = at(order, next);
    const below = at(level, i) + 1;
    for (const dependent of at(dependents, i)) {
      if (at(level, dependent) < below) level[dependent] = below;
      const left = at(missing, dependent) - 1;
      missing[dependent] = left;
      if (left === 0) order.push(dependent);
    }
  }
  const task_ids = nodes.map((node) => node.task_id);
  if (order.length < count) return { cycles: findCycles(dependencies).map((cycle) => cycle.map((i) => at(task_ids, i))) };
  return { graph: { task_ids, index, dependencies, dependents, order, level } };
}

function resolveDependencies(nodes: readonly GraphNode[]): Pick<Graph, "index" | "dependencies"> {
  const index = new Map(nodes.map((node, i) => [node.task_id, i]));
  const dependencies = nodes.map(({ task_id, dependencies: names }) =>
    names.map((name) => {
      const dependency = index.get(name);
      if (dependency === undefined) throw new Error(`Task ${task_id} depends on unknown task ${name}`);
      return dependency;
    }),
  );
  return { index, dependencies };
}

/** Inverts the edges; `counts` has the number of edges into each node. Preallocated lists are cheaper at this number. */
function invertEdges(edges: readonly (readonly number[])[], counts: Int32Array): (readonly number[])[] {
  const turned: number[][] = [];
  for (const count of counts) turned.push(count === 0 ? (none as number[]) : new Array<number>(count));
  const filled = new Int32Array(edges.length);
  for (let i = 0; i < edges.length; i++) {
    for (const to of at(edges, i)) {
      const next = at(filled, to);
      at(turned, to)[next] = i;
      filled[to] = next + 1;
    }
  }
  return turned;
}

/** Returns the given tasks and all their direct and indirect dependencies. */
export function withDependencies(graph: Graph, start: Iterable<number>): Set<number> {
  return reach(graph.dependencies, start);
}

/** Returns the given tasks and all their direct and indirect dependents. */
export function withDependents(graph: Graph, start: Iterable<number>): Set<number> {
  return reach(graph.dependents, start);
}

function reach(edges: readonly (readonly number[])[], start: Iterable<number>): Set<number> {
  const found = new Set(start);
  // Iteration over a Set also visits the members added meanwhile.
  for (const i of found) for (const next of at(edges, i)) found.add(next);
  return found;
}

/** Returns for each task the length of the longest chain that starts with it, in the unit of `weight`. */
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

/** Returns the longest chain through the graph, first task first. */
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

/** Groups the tasks by level, in file order. */
export function levels(graph: Graph): number[][] {
  const rows: number[][] = [];
  graph.level.forEach((level, i) => {
    rows[level] ??= [];
    rows[level].push(i);
  });
  return rows;
}

/** Returns an element that exists by construction: indices come from the graph itself. */
function at<Item>(list: ArrayLike<Item>, i: number): Item {
  return list[i] as Item;
}
