/**
 * Room `context`: what tasks are given to read. Gathered once for a run from the workspace, and from nowhere else; then
 * each task's part is packed to fit its budget. Loaded only where a run uses context.
 */
export { type ContextPool, type ContextTask, gatherContext, type MissingKey } from "./gather.ts";
export type { Packed, PackedEntry } from "./pack.ts";
