/**
 * Room `graph`: the dependency graph, its cycles, levels, chains and critical path, and the heap of ready tasks.
 * Pure; every function is linear in tasks and edges.
 */

export { dependsOn } from "./depends-on.ts";
export {
  chainLengths,
  createGraph,
  criticalPath,
  type Graph,
  type GraphNode,
  levels,
  withDependencies,
  withDependents,
} from "./graph.ts";
export { createReadyHeap, type ReadyHeap } from "./ready-heap.ts";
