/**
 * Room `graph`: the dependency graph, the path of a cycle, levels, chains, the critical path, the heap of ready tasks.
 * Pure; the cost of each is in proportion to tasks and edges.
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
