/**
 * Room `graph`: the dependency graph, the path of a cycle, levels, chains, the critical path, the heap of ready tasks,
 * and drawings of the graph. Pure; the cost of each is in proportion to tasks and edges.
 */
export { drawDot } from "./draw-dot.ts";
export { drawMermaid } from "./draw-mermaid.ts";
export { drawText, type Paint, type TextOptions } from "./draw-text.ts";
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
export { leadsTo } from "./paths.ts";
export type { Picture, PicturedTask } from "./picture.ts";
export { createReadyHeap, type ReadyHeap } from "./ready-heap.ts";
