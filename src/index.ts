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

// A package manager only warns of an old Node, and the errors that follow would be obscure.
if (!("withResolvers" in Promise)) throw new Error(`agent-dispatch needs Node 22.18 or newer; this is ${process.version}.`);
