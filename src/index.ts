/** The library: `import { run } from "agent-dispatch"`. */
export { type Plan, type PlanOptions, plan, type Run, type RunOptions, run, version } from "#dispatch";
export { DispatchError, type ErrorCode, type Problem } from "#errors";
export type {
  AttemptOutcome,
  ErrorKind,
  RunEvent,
  RunResult,
  StopReason,
  TaskOutcome,
  TaskResult,
  TaskStatus,
  Usage,
} from "#events";
