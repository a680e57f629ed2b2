import { findCycles } from "./cycles.ts";

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

const none: readonly number[] = Object.freeze([]);

/**
 * Builds the graph of tasks whose ids are unique and whose dependencies all exist. Where there are cycles, they come
 * back instead: every task that depends on itself, and one short cycle of each group of tasks that wait for each other.
 * Where the caller has looked the ids up already, `known` spares doing it again.
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

/** The edges the other way; `counts` says how many lead to each node. Lists of their exact length are cheap in great number. */
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
function at<Item>(list: ArrayLike<Item>, i: number): Item {
  return list[i] as Item;
}
