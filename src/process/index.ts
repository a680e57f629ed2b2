/**
 * Room `process`: starts child processes and ends their whole trees. The only room that spawns.
 * A tree is a session plus, on Linux, every process that carries the attempt's token or writes to its logs.
 */

export type { Command } from "./command.ts";
export { killStaleProcesses } from "./kill-stale.ts";
export { token_variable } from "./process-table.ts";
export { type QueryResult, runQuery } from "./run-query.ts";

export {
  createSupervisor,
  createToken,
  type ProcessEnd,
  type Supervisor,
  type SupervisorOptions,
} from "./supervisor.ts";
export { type InsideThread, insideThread, startThread, type Thread } from "./thread.ts";
