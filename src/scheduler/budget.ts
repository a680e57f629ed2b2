import type { AttemptOutcome } from "#events";
import { createReadyHeap } from "#graph";
import type { Admission, GateFactory } from "./admission.ts";

/** What the budget must know of a task. */
export interface Spender {
  /** Whether its attempts cost money. */
  is_paid: boolean;
  /** US dollars, all attempts together. */
  budget_usd: number | undefined;
  /** What its attempts in earlier starts of the run cost, as far as they reported it; US dollars. */
  spent_usd?: readonly number[];
}

/** Options of `budgetGate`; amounts are US dollars. */
export interface BudgetOptions {
  /** Most that the run may spend, earlier starts of it included. */
  run_usd: number | undefined;
  spender(task: number): Spender;
  /** Tasks at the start; those added later have no earlier costs. */
  task_count: number;
}

/**
 * The gate of money. It reserves before an attempt what the task may still spend, else what the agent's attempts cost on
 * average. Where neither is known, the agent's first attempt runs alone and its cost is the first figure.
 */
export const budgetGate =
  (options: BudgetOptions): GateFactory =>
  ({ agentOf, before, wake }) => {
    const { run_usd = Number.POSITIVE_INFINITY, spender } = options;
    let spent = 0;
    const reserved = new Map<number, number>();
    const spent_by_task = new Map<number, number>();
    const known = new Map<string, { attempts: number; usd: number }>();
    /** The task whose attempt will show what its agent costs, by agent. */
    const probing = new Map<string, number>();
    /** Agents whose first attempt ended without a cost. */
    const unreported = new Set<string>();
    const parked = createReadyHeap(before);

    const outstanding = (): number => [...reserved.values()].reduce((sum, usd) => sum + usd, 0);

    function reserve(task: number, { budget_usd }: Spender): Admission {
      const agent = agentOf(task);
      const left_of_task = budget_usd === undefined ? undefined : budget_usd - (spent_by_task.get(task) ?? 0);
      if (left_of_task !== undefined && left_of_task <= 0) return refused(`it has spent its ${show(budget_usd ?? 0)}`);
      const left_of_run = run_usd - spent;
      const seen = known.get(agent);
      const is_unknown = left_of_task === undefined && seen === undefined;
      const usual = seen === undefined ? 0 : seen.usd / seen.attempts;
      const wanted = left_of_task ?? usual;
      if (left_of_run <= 0 || wanted > left_of_run) {
        const what =
          left_of_task === undefined ? `its agent's attempts cost ${show(usual)} on average` : `it may spend ${show(wanted)}`;
        return refused(`${what}, and ${show(Math.max(0, left_of_run))} of the run's ${show(run_usd)} are left`);
      }
      if (is_unknown && unreported.has(agent)) {
        const what = `${agent} did not report what it spent, and the run may spend ${show(run_usd)} in all`;
        return refused(`${what}; set budget_usd for the task, or price for the agent`);
      }
      const free = left_of_run - outstanding();
      if (wanted > free || free <= 0 || (is_unknown && probing.has(agent))) {
        parked.push(task);
        return { type: "waiting" };
      }
      if (is_unknown && run_usd !== Number.POSITIVE_INFINITY) probing.set(agent, task);
      reserved.set(task, wanted);
      const max = Math.min(left_of_task ?? Number.POSITIVE_INFINITY, free);
      return max === Number.POSITIVE_INFINITY ? { type: "granted" } : { type: "granted", terms: { max_usd: max } };
    }

    function cancel(task: number): void {
      reserved.delete(task);
      const agent = agentOf(task);
      if (probing.get(agent) === task) probing.delete(agent);
    }

    function count(task: number, usd: number): void {
      spent += usd;
      spent_by_task.set(task, (spent_by_task.get(task) ?? 0) + usd);
    }

    /** Adds a figure to the agent's average; an attempt that cost nothing was turned away and says nothing. */
    function learn(agent: string, usd: number): void {
      if (usd === 0) return;
      const seen = known.get(agent) ?? { attempts: 0, usd: 0 };
      known.set(agent, { attempts: seen.attempts + 1, usd: seen.usd + usd });
    }

    function wakeAll(): void {
      const waiting: number[] = [];
      for (let next = parked.pop(); next !== undefined; next = parked.pop()) waiting.push(next);
      if (waiting.length > 0) wake(waiting);
    }

    for (let task = 0; task < options.task_count; task++) {
      for (const usd of spender(task).spent_usd ?? []) {
        count(task, usd);
        learn(agentOf(task), usd);
      }
    }

    return {
      request(task) {
        const about = spender(task);
        const is_free = !about.is_paid || (about.budget_usd === undefined && run_usd === Number.POSITIVE_INFINITY);
        return is_free ? { type: "granted" } : reserve(task, about);
      },
      cancel(task) {
        cancel(task);
        wakeAll();
      },
      settle(task, outcome) {
        const agent = agentOf(task);
        const cost_usd = outcome.usage?.cost_usd ?? (mayHaveSpent(outcome) ? undefined : 0);
        if (cost_usd === undefined && probing.get(agent) === task) unreported.add(agent);
        // An attempt that reports no cost is charged what was reserved for it.
        const cost = cost_usd ?? reserved.get(task) ?? 0;
        cancel(task);
        count(task, cost);
        if (cost_usd !== undefined) learn(agent, cost_usd);
        wakeAll();
        return undefined;
      },
      close() {},
    };
  };

const refused = (why: string): Admission => ({ type: "refused", error_kind: "budget", why });

/** Whether an attempt that reported no cost may have had one: the model had answered, or the attempt was cut short. */
function mayHaveSpent(outcome: AttemptOutcome): boolean {
  if (outcome.status !== "error" || outcome.error_kind === "timeout" || outcome.error_kind === "signal") return true;
  return outcome.session_id !== undefined || outcome.turns !== undefined;
}

const show = (usd: number): string => `$${usd.toFixed(usd < 0.1 ? 4 : 2)}`;
