import { criticalPath, levels } from "#graph";
import { type Earlier, forecast, type ScheduledTask } from "#scheduler";
import { priorities } from "#tasks";
import type { TaskFold } from "#traces";
import type { Plan, Resumed } from "./plan.ts";

/** A plan's tasks as the scheduler takes them. */
export function scheduledTasks({ tasks, chain, config, agents, resumed }: Plan): ScheduledTask[] {
  return tasks.map(({ task_id, agent, priority, retries, run_when, budget_usd }, i) => ({
    task_id,
    agent,
    rank: priorities.indexOf(priority) - (isInterrupted(resumed?.history.tasks.get(task_id)) ? priorities.length : 0),
    chain: chain[i] ?? 0,
    retries: retries ?? config.retries,
    is_paid: agents.get(agent)?.is_paid === true,
    budget_usd,
    run_when,
    ...(resumed === undefined ? {} : { earlier: earlierOf(task_id, resumed) }),
  }));
}

/** What a crash or a signal stopped comes first: somebody has waited for it longest. */
const isInterrupted = (fold: TaskFold | undefined): boolean => {
  const last = fold?.attempts.at(-1);
  return last !== undefined && (last.status === null || last.error_kind === "interrupted");
};

function earlierOf(task_id: string, { history, reused }: Resumed): Earlier {
  const fold = history.tasks.get(task_id);
  const last = fold?.attempts.at(-1);
  const attempts = history.newest_attempt.get(task_id) ?? 0;
  const earlier = { is_done: reused.has(task_id), attempts, execution_time_ms: fold?.execution_time_ms ?? 0 };
  const session_id = last?.session_id ?? undefined;
  const can_go_on = isInterrupted(fold) && session_id !== undefined;
  const error = "It was interrupted.";
  return {
    ...earlier,
    previous: can_go_on ? { status: "cancelled", error_kind: "interrupted", error, session_id } : undefined,
  };
}

/** What a run of the plan is expected to look like; all lists are task ids. */
export interface RunForecast {
  levels: string[][];
  /** As the tasks would start. */
  order: string[];
  critical_path: string[];
  /** From measured durations of an earlier run; absent where some task was never measured. */
  expected_ms?: { total: number; sequential: number; critical_path: number };
}

/** Says what would happen, and runs nothing. */
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
