import pLimit from "p-limit";
import {
  type AttemptOutcome,
  detailsOf,
  type EventBody,
  type Failure,
  type StopReason,
  type Success,
  type TaskOutcome,
} from "#events";
import { createReadyHeap, type Graph } from "#graph";
import { type AttemptTerms, type Gate, type GateFactory, joinGates } from "./admission.ts";
import { backoffDelay, isRetryable } from "./backoff.ts";
import type { Clock } from "./clock.ts";
import type { Execute } from "./execution.ts";
import type { AddedTask, Followed, FollowUp } from "./follow-up.ts";
import { createGrowingGraph, type GrowingGraph } from "./growing-graph.ts";
import { cancelledBeforeStart, refusedOutcome, skippedOutcome, summaryOf } from "./outcomes.ts";
import { initialProgress, type Progress } from "./progress.ts";
import { type ScheduledTask, startsBefore } from "./task.ts";

/** Options of `schedule`; arrays are by the graph's indices. */
export interface ScheduleOptions {
  graph: Graph;
  /** Grows with the tasks that follow-ups add. */
  tasks: ScheduledTask[];
  max_workers: number;
  fail_fast: boolean;
  /** What can keep a ready task from starting, besides the workers. */
  gates?: readonly GateFactory[];
  /**
   * Looks for a success of an earlier run that makes this task unnecessary; undefined where it must run. A worker does it,
   * before any gate. Never rejects.
   */
  reuse?(task: number, signal: AbortSignal): Promise<Success | undefined>;
  execute: Execute;
  followUp?: FollowUp;
  /** Takes events; a promise for a `task.finished` is awaited before anything that depends on it starts. */
  publish(event: EventBody): Promise<void> | undefined;
  clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** Stops everything; its reason is a `StopReason`. */
  signal: AbortSignal;
}

/**
 * Runs every task once its dependencies have ended, at most `max_workers` at a time: by rank, then by the longest chain
 * behind it, then by file order. The promise resolves when every task has ended and every end was published.
 */
export const schedule = (options: ScheduleOptions): Promise<void> => new Schedule(options).run();

class Schedule {
  readonly #options: ScheduleOptions;
  readonly #tasks: ScheduledTask[];
  readonly #graph: GrowingGraph;
  readonly #progress: Progress[];
  readonly #ready;
  readonly #gate: Gate;
  readonly #pool;
  readonly #stop = new AbortController();
  readonly #all = Promise.withResolvers<void>();
  #free_workers: number;
  /** Tasks whose end is not yet published. */
  #open: number;

  constructor(options: ScheduleOptions) {
    const { tasks, max_workers, clock, random, gates = [] } = options;
    const before = startsBefore(tasks);
    const agentOf = (i: number): string => this.#task(i).agent;
    const wake = (woken: readonly number[]): void => this.#wake(woken);
    this.#options = options;
    this.#tasks = tasks;
    this.#graph = createGrowingGraph(options.graph);
    this.#progress = tasks.map((_, i) => this.#initialProgress(i));
    this.#ready = createReadyHeap(before);
    this.#gate = joinGates(gates.map((create) => create({ agentOf, before, clock, random, wake })));
    this.#pool = pLimit(max_workers);
    this.#free_workers = max_workers;
    this.#open = this.#progress.filter(({ state }) => state !== "finished").length;
  }

  async run(): Promise<void> {
    const { signal } = this.#options;
    const onAbort = (): void => this.#halt(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    for (const [i, own] of this.#progress.entries()) if (own.missing === 0 && own.state === "waiting") this.#makeReady(i);
    if (this.#open === 0) this.#all.resolve();
    if (signal.aborted) onAbort();
    this.#fill();
    await this.#all.promise;
    this.#gate.close();
    signal.removeEventListener("abort", onAbort);
  }

  // Indices come from the graph and from `tasks`, so the elements exist.
  #task = (i: number): ScheduledTask => this.#tasks[i] as ScheduledTask;
  #at = (i: number): Progress => this.#progress[i] as Progress;

  #initialProgress(i: number): Progress {
    const isDone = (before: number): boolean => this.#task(before).prior?.is_done === true;
    const missing = this.#graph.dependenciesOf(i).filter((before) => !isDone(before)).length;
    return initialProgress(this.#task(i), missing, this.#options.reuse !== undefined);
  }

  #makeReady(i: number): void {
    this.#at(i).state = "ready";
    void this.#options.publish({ type: "task.ready", task_id: this.#task(i).task_id });
    this.#ready.push(i);
  }

  /** Gates let these tasks try again. */
  #wake(tasks: readonly number[]): void {
    for (const i of tasks) if (this.#at(i).state === "ready") this.#ready.push(i);
    this.#fill();
  }

  /** Hands tasks to the pool while a worker is free, so that the pool's queue never holds a choice made too early. */
  #fill(): void {
    while (this.#free_workers > 0 && !this.#stop.signal.aborted) {
      const i = this.#ready.pop();
      if (i === undefined) return;
      const own = this.#at(i);
      if (own.may_reuse) {
        this.#occupy(own);
        void this.#pool(() => this.#tryReuse(i));
        continue;
      }
      const answer = this.#gate.request(i);
      if (answer.type === "refused") this.#finish(i, refusedOutcome(answer.error_kind, answer.why, own.last));
      if (answer.type !== "granted") continue;
      this.#occupy(own);
      void this.#pool(() => this.#attempt(i, answer.terms));
    }
  }

  #occupy(own: Progress): void {
    this.#free_workers--;
    own.state = "running";
  }

  /** Ends a task whose success an earlier run has; any other is ready again. */
  async #tryReuse(i: number): Promise<void> {
    const own = this.#at(i);
    const { signal } = this.#stop;
    own.may_reuse = false;
    const success = await this.#options.reuse?.(i, signal);
    this.#free_workers++;
    if (success !== undefined) this.#finish(i, success);
    else if (signal.aborted) this.#finish(i, cancelledBeforeStart(signal.reason, own.attempts));
    else {
      own.state = "ready";
      this.#ready.push(i);
    }
    this.#fill();
  }

  async #attempt(i: number, terms: AttemptTerms | undefined): Promise<void> {
    const { publish, execute, clock, followUp } = this.#options;
    const { task_id, agent, prior } = this.#task(i);
    const own = this.#at(i);
    const attempt = ++own.attempts;
    if (attempt === (prior?.attempts ?? 0) + 1) void publish({ type: "task.started", task_id, agent });
    void publish({ type: "attempt.started", task_id, attempt });
    const began = clock.now();
    const outcome = await execute(i, { attempt, previous: own.previous, ...terms }, this.#stop.signal);
    const duration_ms = Math.round(clock.now() - began);
    own.execution_time_ms += duration_ms;
    this.#free_workers++;
    if (outcome.status === "success" && followUp !== undefined) {
      this.#gate.settle(i, outcome);
      // Not awaited: the pool's worker is free from here on.
      void this.#follow(i, duration_ms, followUp(i, outcome, this.#stop.signal));
    } else {
      this.#publishAttemptEnd(i, duration_ms, outcome);
      const postponed = this.#gate.settle(i, outcome);
      if (outcome.status === "error" && postponed !== undefined && !this.#stop.signal.aborted)
        this.#postpone(i, outcome, postponed.wait_ms);
      else this.#conclude(i, outcome);
    }
    this.#fill();
  }

  #publishAttemptEnd(i: number, duration_ms: number, outcome: AttemptOutcome): void {
    const { task_id } = this.#task(i);
    const attempt = this.#at(i).attempts;
    void this.#options.publish({ type: "attempt.finished", task_id, attempt, duration_ms, ...summaryOf(outcome) });
  }

  /** What follows a success decides how the attempt ends. */
  async #follow(i: number, duration_ms: number, following: Promise<Followed>): Promise<void> {
    const { outcome, added } = this.#checkAdded(i, await following);
    this.#publishAttemptEnd(i, duration_ms, outcome);
    if (added !== undefined) this.#add(i, added);
    this.#conclude(i, outcome);
    this.#fill();
  }

  /** Fails an attempt that adds tasks which cannot join the run. */
  #checkAdded(i: number, { outcome, added = [] }: Followed): Followed {
    if (outcome.status !== "success" || added.length === 0 || this.#stop.signal.aborted) return { outcome };
    const problem = this.#graph.problemOf(i, added, this.#at);
    if (problem === undefined) return { outcome, added };
    const error = `The tasks that it adds cannot join the run: ${problem}.`;
    return { outcome: { status: "error", error_kind: "invalid_output", error, ...detailsOf(outcome) } };
  }

  /** Retries a failed attempt, or ends the task. */
  #conclude(i: number, outcome: AttemptOutcome): void {
    const own = this.#at(i);
    const may_retry = outcome.status === "error" && !this.#stop.signal.aborted && isRetryable(outcome.error_kind);
    if (may_retry && own.attempts - own.uncounted <= this.#task(i).retries) this.#retry(i, outcome);
    else this.#finish(i, outcome);
  }

  /** The attempt does not count: the task waits in the gates, ahead of all that come after it. */
  #postpone(i: number, failure: Failure, wait_ms: number): void {
    const { publish, clock } = this.#options;
    const own = this.#at(i);
    const { task_id, agent } = this.#task(i);
    own.uncounted++;
    own.last = failure;
    // An attempt that was turned away before it began left nothing to continue: the one before it still counts.
    if (failure.session_id !== undefined) own.previous = { attempt: own.attempts, failure };
    own.state = "ready";
    const until = new Date(clock.wall() + wait_ms).toISOString();
    void publish({ type: "task.waiting", task_id, attempt: own.attempts + 1, agent, until, error: failure.error });
    this.#ready.push(i);
  }

  #retry(i: number, failure: Failure): void {
    const { publish, clock, random } = this.#options;
    const own = this.#at(i);
    const { error, error_kind } = failure;
    const delay_ms = backoffDelay(error_kind, own.attempts, random);
    own.last = failure;
    own.previous = { attempt: own.attempts, failure };
    own.state = "backoff";
    const { task_id } = this.#task(i);
    void publish({ type: "task.retrying", task_id, attempt: own.attempts + 1, delay_ms, error, error_kind });
    own.cancelBackoff = clock.after(delay_ms, () => {
      own.cancelBackoff = undefined;
      own.state = "ready";
      this.#ready.push(i);
      this.#fill();
    });
  }

  /** Adds tasks in memory and to the journal. They start after the end of the task that adds them, which is synced. */
  #add(parent: number, added: readonly AddedTask[]): void {
    const { publish } = this.#options;
    const indices = this.#graph.add(added);
    for (const { task } of added) this.#tasks.push(task);
    for (const i of indices) {
      const missing = this.#graph.dependenciesOf(i).filter((before) => !this.#isUnlocked(before)).length;
      this.#progress.push(initialProgress(this.#task(i), missing, this.#options.reuse !== undefined));
      for (const dependent of this.#graph.dependentsOf(i)) if (dependent < (indices[0] ?? 0)) this.#at(dependent).missing++;
    }
    this.#open += added.length;
    const tasks = added.map(({ task, description, dependencies, dependents = [], definition }) => {
      const { task_id, agent } = task;
      return { task_id, agent, description, dependencies, dependents, definition };
    });
    void publish({ type: "tasks.added", task_id: this.#task(parent).task_id, tasks });
  }

  /** Whether a task's end is on disk, so that tasks that depend on it no longer wait for it. */
  #isUnlocked = (i: number): boolean => i < this.#progress.length && this.#at(i).state === "finished" && !this.#ending.has(i);

  /** Tasks whose end is on its way to the journal. */
  readonly #ending = new Set<number>();

  /** Publishes a task's end and those that follow from it; starts what waited when they are on disk. */
  #finish(i: number, outcome: TaskOutcome): void {
    const ended = [i];
    let synced = this.#end(i, outcome);
    if (outcome.status !== "success" && !this.#stop.signal.aborted) {
      const root = (outcome.status === "skipped" ? outcome.root_task_id : undefined) ?? this.#task(i).task_id;
      for (const skipped of this.#blockedBy(i)) {
        ended.push(skipped);
        synced = this.#end(skipped, skippedOutcome(root));
      }
    }
    if (outcome.status === "error" && this.#options.fail_fast)
      this.#halt({ type: "fail_fast", task_id: this.#task(i).task_id });
    this.#unlockWhen(synced, ended);
  }

  #end(i: number, outcome: TaskOutcome): Promise<void> | undefined {
    const own = this.#at(i);
    const { task_id, agent } = this.#task(i);
    own.state = "finished";
    own.is_failed = outcome.status !== "success";
    const { attempts, execution_time_ms } = own;
    return this.#options.publish({ type: "task.finished", task_id, agent, attempts, execution_time_ms, outcome });
  }

  /** Every task that can no longer run because `i` did not succeed, nearest first; each is marked as finished. */
  #blockedBy(i: number): number[] {
    const causes = [i];
    for (const cause of causes) {
      for (const dependent of this.#graph.dependentsOf(cause)) {
        const own = this.#at(dependent);
        if (own.state !== "waiting" || this.#task(dependent).run_when !== "all_succeeded") continue;
        own.state = "finished";
        causes.push(dependent);
      }
    }
    return causes.slice(1);
  }

  #unlockWhen(synced: Promise<void> | undefined, ended: readonly number[]): void {
    for (const i of ended) this.#ending.add(i);
    if (synced === undefined) this.#unlock(ended);
    else void synced.then(() => this.#unlock(ended));
  }

  /** The ends of these tasks are on disk: their dependents may start. */
  #unlock(ended: readonly number[]): void {
    for (const i of ended) {
      this.#ending.delete(i);
      for (const dependent of this.#graph.dependentsOf(i)) {
        const own = this.#at(dependent);
        own.missing--;
        if (own.missing === 0 && own.state === "waiting" && !this.#stop.signal.aborted) this.#makeReady(dependent);
      }
    }
    this.#open -= ended.length;
    if (this.#open === 0) this.#all.resolve();
    else this.#fill();
  }

  /** Stops what runs and ends what has not started. */
  #halt(reason: StopReason): void {
    if (this.#stop.signal.aborted) return;
    this.#stop.abort(reason);
    this.#gate.close();
    const ended: number[] = [];
    let synced: Promise<void> | undefined;
    for (const [i, own] of this.#progress.entries()) {
      if (own.state === "running" || own.state === "finished") continue;
      own.cancelBackoff?.();
      ended.push(i);
      synced = this.#end(i, cancelledBeforeStart(reason, own.attempts));
    }
    this.#unlockWhen(synced, ended);
  }
}
