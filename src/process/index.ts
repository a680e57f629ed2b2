/**
 * Room `process`: starts child processes and answers for their whole trees. The one place that spawns.
 * A tree is a session and, on Linux, whoever carries the attempt's token or prints into its logs.
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
