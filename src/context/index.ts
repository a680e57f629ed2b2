/**
 * Room `context`: what tasks are given to read. It is gathered once per run, from the workspace only; then each task's
 * part is packed to fit its budget. Loaded only if a run uses context.
 */
export { type ContextPool, type ContextTask, gatherContext, type MissingKey } from "./gather.ts";
export type { Packed, PackedEntry } from "./pack.ts";
