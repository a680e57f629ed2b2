/**
 * Room `process`: starts child processes and answers for their whole trees. The one place that spawns.
 * A tree is a process group and, on Linux, every process that carries the attempt's token in its environment.
 */
export { token_variable } from "./census.ts";
export type { Command } from "./start.ts";
export {
  createSupervisor,
  type ProcessEnd,
  type Supervisor,
  type SupervisorOptions,
} from "./supervisor.ts";
