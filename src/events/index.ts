/**
 * Room `events`: what can happen in a run. The event union, the outcomes of attempts and tasks, the result derived
 * from them, and the bus that carries events to their handlers. Pure, except for the handlers it calls.
 */
export { createBus, type EventBus, type Listener, type Recorder } from "./bus.ts";
export {
  type AttemptFinished,
  type AttemptInput,
  type AttemptLeft,
  type AttemptStarted,
  type ContextGathered,
  type EventBody,
  event_version,
  type GivenContext,
  type MissingContext,
  type PlannedTask,
  type ReuseKey,
  type RunEvent,
  type RunFinished,
  type RunResumed,
  type RunStarted,
  type Stamp,
  type TaskChanged,
  type TaskFinished,
  type TaskRetrying,
  type TaskReused,
  type TasksAdded,
  type TaskWaiting,
} from "./event.ts";
export {
  type AttemptDetails,
  type AttemptOutcome,
  type Cancelled,
  detailsOf,
  type ErrorKind,
  error_kinds,
  type Failure,
  type Skipped,
  type StopReason,
  type Success,
  stoppedOutcome,
  type TaskOutcome,
  type TaskStatus,
  task_statuses,
  type Usage,
} from "./outcome.ts";
export { type RunResult, runResultSchema, type TaskResult } from "./result.ts";
