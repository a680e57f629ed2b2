import type { AttemptOutcome } from "#events";
import { createReadyHeap } from "#graph";

/** What a task may cost. */
export interface Spender {
  agent: string;
  /** Whether its attempts cost money. */
  is_paid: boolean;
  /** US dollars, all attempts together. */
  budget_usd: number | undefined;
}

/** Whether an attempt may start: with at most `max_usd` to spend; when others have ended; or never. */
export type Reservation =
  | { type: "granted"; max_usd: number | undefined }
  | { type: "wait" }
  | { type: "refused"; why: string };

/** The money of a run. */
export interface Budget {
  /** Sets money aside for an attempt that is to start now. A task that must wait is kept, and comes back by `release`. */
  reserve(task: number): Reservation;
  /** Gives back what was set aside for an attempt that does not start after all. */
  cancel(task: number): void;
  /** An attempt has ended. Where it does not tell what it cost, that is what was set aside for it. */
  settle(task: number, outcome: AttemptOutcome): void;
}

/**
 * Sets money aside before it is spent: what the task may still spend, else what the agent's attempts have cost on
 * average. Where neither is known, the agent's first attempt runs alone and tells. Amounts are US dollars.
 */
export function createBudget(options: {
  run_usd: number | undefined;
  /** What each task's attempts before this start had cost. */
  spent_before: readonly (readonly number[])[];
  spender(task: number): Spender;
  before(a: number, b: number): boolean;
  release(tasks: readonly number[]): void;
}): Budget {
  const { run_usd = Number.POSITIVE_INFINITY, spent_before, spender, before } = options;
  let spent = 0;
  const reserved = new Map<number, number>();
  const spent_by_task = new Map<number, number>();
  const known = new Map<string, { attempts: number; usd: number }>();
  /** Agents of which nobody knows what they cost, with an attempt on its way that will tell. */
  const asked = new Map<string, number>();
  /** Agents whose attempts were to tell, and did not. */
  const untold = new Set<string>();
  const parked = createReadyHeap(before);

  const outstanding = (): number => [...reserved.values()].reduce((sum, usd) => sum + usd, 0);

  function reserve(task: number): Reservation {
    const { agent, is_paid, budget_usd } = spender(task);
    if (!is_paid || (budget_usd === undefined && run_usd === Number.POSITIVE_INFINITY))
      return { type: "granted", max_usd: undefined };
    const left_of_task = budget_usd === undefined ? undefined : budget_usd - (spent_by_task.get(task) ?? 0);
    if (left_of_task !== undefined && left_of_task <= 0)
      return { type: "refused", why: `it has spent its ${show(budget_usd ?? 0)}` };
    const left_of_run = run_usd - spent;
    const seen = known.get(agent);
    const is_unknown = left_of_task === undefined && seen === undefined;
    const usual = seen === undefined ? 0 : seen.usd / seen.attempts;
    const wanted = left_of_task ?? usual;
    const has_room = left_of_run > 0 && wanted <= left_of_run;
    if (!has_room) {
      const what =
        left_of_task === undefined ? `its agent's attempts cost ${show(usual)} on average` : `it may spend ${show(wanted)}`;
      return { type: "refused", why: `${what}, and ${show(Math.max(0, left_of_run))} of the run's ${show(run_usd)} are left` };
    }
    if (is_unknown && untold.has(agent)) {
      const what = `${agent} has not told what it spent, and ${show(run_usd)} are all that the run may spend`;
      return { type: "refused", why: `${what}; with budget_usd of a task, or price of the agent, it can go on` };
    }
    const free = left_of_run - outstanding();
    if (wanted > free || free <= 0 || (is_unknown && asked.has(agent))) {
      parked.push(task);
      return { type: "wait" };
    }
    if (is_unknown && run_usd !== Number.POSITIVE_INFINITY) asked.set(agent, task);
    reserved.set(task, wanted);
    const most = Math.min(left_of_task ?? Number.POSITIVE_INFINITY, free);
    return { type: "granted", max_usd: most === Number.POSITIVE_INFINITY ? undefined : most };
  }

  function cancel(task: number): void {
    reserved.delete(task);
    const { agent } = spender(task);
    if (asked.get(agent) === task) asked.delete(agent);
  }

  function count(task: number, usd: number): void {
    spent += usd;
    spent_by_task.set(task, (spent_by_task.get(task) ?? 0) + usd);
  }

  /** What an attempt costs; one that was turned away says nothing of it. */
  function learn(agent: string, usd: number): void {
    if (usd === 0) return;
    const seen = known.get(agent) ?? { attempts: 0, usd: 0 };
    known.set(agent, { attempts: seen.attempts + 1, usd: seen.usd + usd });
  }

  for (const [task, costs] of spent_before.entries()) {
    for (const usd of costs) {
      count(task, usd);
      learn(spender(task).agent, usd);
    }
  }

  return {
    reserve,
    cancel,
    settle(task, outcome) {
      const { agent } = spender(task);
      const cost_usd = outcome.usage?.cost_usd ?? (mayHaveSpent(outcome) ? undefined : 0);
      if (cost_usd === undefined && asked.get(agent) === task) untold.add(agent);
      const cost = cost_usd ?? reserved.get(task) ?? 0;
      cancel(task);
      count(task, cost);
      if (cost_usd !== undefined) learn(agent, cost_usd);
      const waiting: number[] = [];
      for (let next = parked.pop(); next !== undefined; next = parked.pop()) waiting.push(next);
      if (waiting.length > 0) options.release(waiting);
    },
  };
}

/** Whether an attempt that told no cost may have had one: the model has spoken, or nobody heard the end of it. */
function mayHaveSpent(outcome: AttemptOutcome): boolean {
  if (outcome.status !== "error" || outcome.error_kind === "timeout" || outcome.error_kind === "signal") return true;
  return outcome.session_id !== undefined || outcome.turns !== undefined;
}

const show = (usd: number): string => `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
