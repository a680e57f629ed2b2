/**
 * Room `scheduler`: order, the pool of workers, retries, and what follows from a failure. It knows no files, no processes
 * and no console. Other systems enter through three ports: `Gate` keeps a ready task from starting (budget, rate limits),
 * `Execute` runs an attempt, `FollowUp` runs between a success and its dependents.
 */
export type { Admission, AttemptTerms, Gate, GateContext, GateFactory, Postponed } from "./admission.ts";
export { agentThrottle } from "./agent-throttle.ts";
export { backoffDelay, isRetryable } from "./backoff.ts";
export { type BudgetOptions, budgetGate, type Spender } from "./budget.ts";
export type { Clock } from "./clock.ts";
export type { AttemptRequest, Execute } from "./execution.ts";
export type { AddedTask, Followed, FollowUp } from "./follow-up.ts";
export { type Forecast, forecast } from "./forecast.ts";
export { type ScheduleOptions, schedule } from "./schedule.ts";
export type { PriorFailure, PriorProgress, ScheduledTask } from "./task.ts";
