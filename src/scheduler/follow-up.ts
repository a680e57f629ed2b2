import type { AttemptOutcome, Success } from "#events";
import type { ScheduledTask } from "./task.ts";

/** A task that joins a run that is under way. */
export interface AddedTask {
  task: ScheduledTask;
  /** Ids of tasks that it waits for: of the run, or added before it. */
  dependencies: readonly string[];
  /** Ids of tasks that depend on the task that adds it, and now wait for it too. */
  dependents?: readonly string[];
  description: string;
  /** The task as a task file has it, for the journal. */
  definition: Readonly<Record<string, unknown>>;
}

/** What followed a success: its final outcome, and tasks that it adds to the run. */
export interface Followed {
  /** A failure here is the failure of the attempt: it uses a retry. */
  outcome: AttemptOutcome;
  added?: readonly AddedTask[];
}

/**
 * Runs after an attempt succeeded and before the task ends: its dependents start after it. It holds no worker. Never
 * rejects.
 */
export type FollowUp = (task: number, success: Success, signal: AbortSignal) => Promise<Followed>;
