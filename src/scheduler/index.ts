/**
 * Room `scheduler`: order, the pool of workers, retries, and what follows from a failure. It takes tasks, an executor
 * function, a clock and a signal; it has no file system, no child process, no console.
 */
export { backoffDelay, isRetryable } from "./backoff.ts";
export { type Forecast, forecast } from "./forecast.ts";
export type { Clock } from "./lanes.ts";
export {
  type AttemptOrder,
  type Earlier,
  type EarlierFailure,
  type ScheduledTask,
  type ScheduleOptions,
  schedule,
} from "./schedule.ts";
