/**
 * Room `scheduler`: order, the pool of workers, retries, and what follows from a failure. It takes tasks, an executor
 * function, a clock and a signal; it has no file system, no child process, no console.
 */

export type { Clock } from "./agent-throttle.ts";
export { backoffDelay, isRetryable } from "./backoff.ts";
export { type Forecast, forecast } from "./forecast.ts";
export {
  type AttemptRequest,
  type PriorFailure,
  type PriorProgress,
  type ScheduledTask,
  type ScheduleOptions,
  schedule,
} from "./schedule.ts";
