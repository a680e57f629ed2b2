import pLimit from "p-limit";
import type { AttemptOutcome, Cancelled, EventBody, Failure, StopReason, Success, TaskOutcome } from "#events";
import { createReadyHeap, type Graph } from "#graph";
import { type Clock, createAgentThrottle } from "./agent-throttle.ts";
import { backoffDelay, isRetryable } from "./backoff.ts";
import { createBudget } from "./budget.ts";
import { cancelledBeforeStart, refusedByBudget, summaryOf } from "./outcomes.ts";

/** What the scheduler must know of a task. */
export interface ScheduledTask {
  task_id: string;
  agent: string;
  /** Position in the order of urgency; 0 is the most urgent. */
  rank: number;
  /** The longest chain of work that starts with this task; in any unit. */
  chain: number;
  retries: number;
  /** Whether its attempts cost money, and how much all of them may; US dollars. */
  is_paid: boolean;
  budget_usd: number | undefined;
  /** What it had done before this start; nothing without it. */
  prior?: PriorProgress;
  run_when: "all_succeeded" | "all_finished";
}

/** What is known of a task from before this start. */
export interface PriorProgress {
  /** It had succeeded, and is not run again. */
  is_done: boolean;
  /** Attempts that were begun; the next has the number after. */
  attempts: number;
  /** Those of them that failed and are of a piece with the next: they have used up a retry each. */
  failed: number;
  /** What attempts have cost, of those of which it is known; US dollars. */
  costs_usd: readonly number[];
  execution_time_ms: number;
  /** What the next must know of the last of them. */
  previous: PriorFailure | undefined;
}

/** An attempt that came to nothing, and that the next one goes on from. */
export interface PriorFailure {
  attempt: number;
  failure: Failure | Cancelled;
}

/** What an attempt is started with. */
export interface AttemptRequest {
  /** From 1. */
  attempt: number;
  previous: PriorFailure | undefined;
  /** Most that it may spend; US dollars. */
  max_usd: number | undefined;
}

/** Options of `schedule`; arrays are by the graph's indices. */
export interface ScheduleOptions {
  graph: Graph;
  tasks: readonly ScheduledTask[];
  max_workers: number;
  fail_fast: boolean;
  /** Most that the run may spend; US dollars. */
  budget_usd?: number | undefined;
  /**
   * Looks whether a task that may start has been done before, in an earlier run; undefined where it must be run. A worker
   * looks, but no money and no agent is waited for. Never rejects.
   */
  reuse?(task: number, signal: AbortSignal): Promise<Success | undefined>;
  /** Runs one attempt to its end; never rejects. */
  execute(task: number, about: AttemptRequest, signal: AbortSignal): Promise<AttemptOutcome>;
  /** Takes events; a promise for a `task.finished` is awaited before anything that depends on it starts. */
  publish(event: EventBody): Promise<void> | undefined;
  clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** Stops everything; its reason is a `StopReason`. */
  signal: AbortSignal;
}

const states = { waiting: 0, ready: 1, running: 2, backoff: 3, finished: 4 } as const;

/** What is known of a task on its way. */
interface Progress {
  state: (typeof states)[keyof typeof states];
  /** Dependencies that have not ended. */
  missing: number;
  attempts: number;
  /** Those of them that use up no retry: a rate limit or an interruption ended them, or they belong to an end of before. */
  uncounted: number;
  execution_time_ms: number;
  /** How its last attempt failed, if it did. */
  last: Failure | Cancelled | undefined;
  previous: PriorFailure | undefined;
  /** Whether it may have been done in an earlier run. */
  may_reuse: boolean;
  /** Ends a backoff early. */
  cancelBackoff: (() => void) | undefined;
}

/**
 * Runs every task once its dependencies have ended, at most `max_workers` at a time: by rank, then by the longest chain
 * behind it, then by file order. The promise resolves when every task has ended and every end was published.
 */
export async function schedule(options: ScheduleOptions): Promise<void> {
  const { graph, tasks, max_workers, clock, publish } = options;
  const limit = pLimit(max_workers);
  const stop = new AbortController();
  const isDone = (i: number): boolean => of(tasks, i).prior?.is_done === true;
  const progress: Progress[] = tasks.map((task, i) => ({
    state: isDone(i) ? states.finished : states.waiting,
    missing: of(graph.dependencies, i).filter((before) => !isDone(before)).length,
    attempts: task.prior?.attempts ?? 0,
    uncounted: (task.prior?.attempts ?? 0) - (task.prior?.failed ?? 0),
    execution_time_ms: task.prior?.execution_time_ms ?? 0,
    last: task.prior?.previous?.failure,
    previous: task.prior?.previous,
    may_reuse: options.reuse !== undefined,
    cancelBackoff: undefined,
  }));
  const before = startsBefore(tasks);
  const ready = createReadyHeap(before);
  const release = (released: readonly number[]): void => {
    for (const i of released) if (of(progress, i).state === states.ready) ready.push(i);
    fill();
  };
  const budget = createBudget({
    run_usd: options.budget_usd,
    // The run is one, however often it was taken up: what it has spent is spent.
    spent_before: tasks.map(({ prior }) => prior?.costs_usd ?? []),
    spender: (i) => of(tasks, i),
    before,
    release,
  });
  const lanes = createAgentThrottle({
    agentOf: (i) => of(tasks, i).agent,
    before,
    clock,
    random: options.random,
    release,
  });
  let free = max_workers;
  /** Tasks whose end is not yet published. */
  let open = progress.filter(({ state }) => state !== states.finished).length;
  const all = Promise.withResolvers<void>();

  function makeReady(i: number): void {
    of(progress, i).state = states.ready;
    publish({ type: "task.ready", task_id: of(tasks, i).task_id });
    ready.push(i);
  }

  /** Hands tasks to the pool while a worker is free, so that its queue never holds a choice that was made too early. */
  function fill(): void {
    while (free > 0 && !stop.signal.aborted) {
      const i = ready.pop();
      if (i === undefined) return;
      if (of(progress, i).may_reuse) {
        free--;
        of(progress, i).state = states.running;
        void limit(tryReuse, i);
        continue;
      }
      const granted = budget.reserve(i);
      if (granted.type === "refused") finish(i, refusedByBudget(granted.why, of(progress, i).last));
      if (granted.type !== "granted") continue;
      if (!lanes.enter(i)) {
        budget.cancel(i);
        continue;
      }
      free--;
      of(progress, i).state = states.running;
      void limit(attempt, i, granted.max_usd);
    }
  }

  /** Ends a task that was done in an earlier run; every other one is ready again. */
  async function tryReuse(i: number): Promise<void> {
    const own = of(progress, i);
    own.may_reuse = false;
    const success = await options.reuse?.(i, stop.signal);
    free++;
    if (success !== undefined) finish(i, success);
    else if (stop.signal.aborted) finish(i, cancelledBeforeStart(stop.signal.reason, own.attempts));
    else {
      own.state = states.ready;
      ready.push(i);
    }
    fill();
  }

  async function attempt(i: number, max_usd: number | undefined): Promise<void> {
    const task = of(tasks, i);
    const own = of(progress, i);
    const { task_id, agent } = task;
    const number = ++own.attempts;
    if (number === (task.prior?.attempts ?? 0) + 1) publish({ type: "task.started", task_id, agent });
    publish({ type: "attempt.started", task_id, attempt: number });
    const began = clock.now();
    const outcome = await options.execute(i, { attempt: number, previous: own.previous, max_usd }, stop.signal);
    const duration_ms = Math.round(clock.now() - began);
    own.execution_time_ms += duration_ms;
    publish({ type: "attempt.finished", task_id, attempt: number, duration_ms, ...summaryOf(outcome) });
    free++;
    budget.settle(i, outcome);
    const wait_ms = lanes.leave(i, outcome);
    const may_go_on = outcome.status === "error" && !stop.signal.aborted;
    if (may_go_on && wait_ms !== undefined) waitForAgent(i, outcome, wait_ms);
    else if (may_go_on && number - own.uncounted <= task.retries && isRetryable(outcome.error_kind)) retry(i, outcome);
    else finish(i, outcome);
    fill();
  }

  /** The agent was limited: the task goes on when the agent may, ahead of all that come after it, and has lost nothing. */
  function waitForAgent(i: number, failure: Failure, wait_ms: number): void {
    const own = of(progress, i);
    const { task_id, agent } = of(tasks, i);
    own.uncounted++;
    own.last = failure;
    // Who was turned away before it began has left nothing to go on with: what was before still stands.
    if (failure.session_id !== undefined) own.previous = { attempt: own.attempts, failure };
    own.state = states.ready;
    const until = new Date(clock.wall() + wait_ms).toISOString();
    publish({ type: "task.waiting", task_id, attempt: own.attempts + 1, agent, until, error: failure.error });
    lanes.park(i);
  }

  function retry(i: number, failure: Failure): void {
    const own = of(progress, i);
    const { error, error_kind } = failure;
    const delay_ms = backoffDelay(error_kind, own.attempts, options.random);
    own.last = failure;
    own.previous = { attempt: own.attempts, failure };
    own.state = states.backoff;
    const { task_id } = of(tasks, i);
    publish({ type: "task.retrying", task_id, attempt: own.attempts + 1, delay_ms, error, error_kind });
    own.cancelBackoff = clock.after(delay_ms, () => {
      own.cancelBackoff = undefined;
      own.state = states.ready;
      ready.push(i);
      fill();
    });
  }

  /** Publishes a task's end and those that follow from it at once; starts what waited when that is on disk. */
  function finish(i: number, outcome: TaskOutcome): void {
    const ended = [i];
    let synced = end(i, outcome);
    if (outcome.status !== "success" && !stop.signal.aborted) {
      for (const skipped of skippedDependents(
        i,
        (outcome.status === "skipped" ? outcome.root_task_id : undefined) ?? of(tasks, i).task_id,
      )) {
        ended.push(skipped.i);
        synced = end(skipped.i, skipped.outcome);
      }
    }
    if (outcome.status === "error" && options.fail_fast) halt({ type: "fail_fast", task_id: of(tasks, i).task_id });
    if (synced === undefined) unlock(ended);
    else void synced.then(() => unlock(ended));
  }

  function end(i: number, outcome: TaskOutcome): Promise<void> | undefined {
    const own = of(progress, i);
    const { task_id, agent } = of(tasks, i);
    own.state = states.finished;
    const { attempts, execution_time_ms } = own;
    return publish({ type: "task.finished", task_id, agent, attempts, execution_time_ms, outcome });
  }

  /** Everything that can no longer run because `i` did not succeed, in the order in which it follows. */
  function skippedDependents(i: number, root_task_id: string): { i: number; outcome: TaskOutcome }[] {
    const skipped: { i: number; outcome: TaskOutcome }[] = [];
    const causes = [i];
    for (const cause of causes) {
      for (const dependent of of(graph.dependents, cause)) {
        const own = of(progress, dependent);
        if (own.state !== states.waiting || of(tasks, dependent).run_when !== "all_succeeded") continue;
        own.state = states.finished;
        causes.push(dependent);
        const error = `Skipped, because ${root_task_id} did not succeed.`;
        skipped.push({ i: dependent, outcome: { status: "skipped", error_kind: "dependency", error, root_task_id } });
      }
    }
    return skipped;
  }

  /** These tasks' ends are on disk: their dependents may start. */
  function unlock(ended: readonly number[]): void {
    for (const i of ended) {
      for (const dependent of of(graph.dependents, i)) {
        const own = of(progress, dependent);
        own.missing--;
        if (own.missing === 0 && own.state === states.waiting && !stop.signal.aborted) makeReady(dependent);
      }
    }
    open -= ended.length;
    if (open === 0) all.resolve();
    else fill();
  }

  /** Stops what runs and ends what has not started. */
  function halt(reason: StopReason): void {
    if (stop.signal.aborted) return;
    stop.abort(reason);
    lanes.close();
    const ended: number[] = [];
    let synced: Promise<void> | undefined;
    progress.forEach((own, i) => {
      if (own.state === states.running || own.state === states.finished) return;
      own.cancelBackoff?.();
      ended.push(i);
      synced = end(i, cancelledBeforeStart(reason, own.attempts));
    });
    if (synced === undefined) unlock(ended);
    else void synced.then(() => unlock(ended));
  }

  const onAbort = (): void => halt(options.signal.reason);
  options.signal.addEventListener("abort", onAbort, { once: true });
  progress.forEach((own, i) => {
    if (own.missing === 0 && own.state === states.waiting) makeReady(i);
  });
  if (open === 0) all.resolve();
  if (options.signal.aborted) onAbort();
  fill();
  await all.promise;
  lanes.close();
  options.signal.removeEventListener("abort", onAbort);
}

/** The order among ready tasks: rank, then the longest chain behind, then file order. */
export function startsBefore(tasks: readonly ScheduledTask[]): (a: number, b: number) => boolean {
  return (a, b) => {
    const one = of(tasks, a);
    const other = of(tasks, b);
    return one.rank !== other.rank ? one.rank < other.rank : one.chain !== other.chain ? one.chain > other.chain : a < b;
  };
}

/** An element that is there by construction: indices come from the graph. */
function of<Item>(list: readonly Item[], i: number): Item {
  return list[i] as Item;
}
