import type { Cancelled, Failure } from "#events";
import { criticalPath, levels } from "#graph";
import { forecast, type PriorProgress, type ScheduledTask, type Spender } from "#scheduler";
import { priorities, type Task } from "#tasks";
import type { TaskReducer } from "#traces";
import type { Plan, Resumed } from "./plan.ts";

/** A plan's tasks for the scheduler. */
export function scheduledTasks({ tasks, chain, config, resumed }: Plan): ScheduledTask[] {
  return tasks.map((task, i) => {
    const { task_id, agent, priority, retries = config.retries, run_when } = task;
    return {
      task_id,
      agent,
      rank: priorities.indexOf(priority) - (isInterrupted(resumed?.history.tasks.get(task_id)) ? priorities.length : 0),
      chain: chain[i] ?? 0,
      retries,
      run_when,
      ...(resumed === undefined ? {} : { prior: priorProgressOf(task, resumed) }),
    };
  });
}

/** What the budget must know of a task. */
export function spenderOf({ tasks, agents, resumed }: Plan, i: number): Spender {
  const task = tasks[i];
  if (task === undefined) return { is_paid: false, budget_usd: undefined };
  const attempts = resumed?.history.tasks.get(task.task_id)?.attempts ?? [];
  return {
    is_paid: agents.get(task.agent)?.is_paid === true,
    budget_usd: task.budget_usd,
    spent_usd: attempts.flatMap(({ usage }) => usage?.cost_usd ?? []),
  };
}

/** Whether an earlier start began the task and did not end it: such a task runs first, because it has waited longest. */
const isInterrupted = (fold: TaskReducer | undefined): boolean => fold !== undefined && fold.retry_state.attempts > 0;

function priorProgressOf({ task_id, agent }: Task, { history, reused, other_agents }: Resumed): PriorProgress {
  const fold = history.tasks.get(task_id);
  const { failed = 0, previous } = fold?.retry_state ?? {};
  const attempts = history.newest_attempt.get(task_id) ?? 0;
  const failure = other_agents.has(agent) ? withoutSession(previous) : previous;
  return {
    is_done: reused.has(task_id),
    attempts,
    failed,
    execution_time_ms: fold?.execution_time_ms ?? 0,
    previous: failure === undefined ? undefined : { attempt: attempts, failure },
  };
}

/** A failure without its session, which another program cannot continue. */
function withoutSession(previous: Failure | Cancelled | undefined): Failure | undefined {
  if (previous?.status !== "error") return undefined;
  const { session_id: _, ...failure } = previous;
  return failure;
}

/** How a run of the plan should go; all lists are task ids. */
export interface RunForecast {
  levels: string[][];
  /** In order of start. */
  order: string[];
  critical_path: string[];
  /** From durations of an earlier run; absent unless every task was measured. */
  expected_ms?: { total: number; sequential: number; critical_path: number };
}

/** Forecasts a run without running anything. */
export function forecastRun(planned: Plan): RunForecast {
  const { graph, chain, config, duration } = planned;
  const name = (i: number): string => graph.task_ids[i] ?? "";
  const { order, makespan } = forecast({ graph, tasks: scheduledTasks(planned), max_workers: config.max_workers, duration });
  const path = criticalPath(graph, chain);
  const sequential = order.reduce((sum, i) => sum + duration(i), 0);
  const expected_ms = {
    total: Math.round(makespan),
    sequential: Math.round(sequential),
    critical_path: Math.round(chain[path[0] ?? 0] ?? 0),
  };
  return {
    levels: levels(graph).map((row) => row.map(name)),
    order: order.map(name),
    critical_path: path.map(name),
    ...(planned.measured ? { expected_ms } : {}),
  };
}
