import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttemptOutcome, TaskOutcome } from "../../src/events/index.ts";
import { createGraph } from "../../src/graph/index.ts";
import { agentThrottle, budgetGate, type ScheduledTask, schedule } from "../../src/scheduler/index.ts";
import { createVirtualClock, settle } from "../support/virtual-clock.ts";

interface Given {
  agent: string;
  is_paid?: boolean;
  budget_usd?: number;
  retries?: number;
  after?: string[];
  /** Its cost in an earlier start of the run. */
  spent_before?: number;
  /** What its attempts cost in turn, if they report it, and how they end; the last entry repeats. */
  attempts: { usd: number; fails?: boolean; unreported?: "times out" | "is refused" }[];
}

/** Runs tasks whose attempts take a second each. */
async function runSchedule(tasks: readonly Given[], run_usd: number | undefined, max_workers = 4) {
  const clock = createVirtualClock();
  const nodes = tasks.map(({ after = [] }, i) => ({ task_id: `t${i}`, dependencies: after }));
  const created = createGraph(nodes);
  if ("cycles" in created) throw new Error("made without cycles");
  const ends = new Map<string, TaskOutcome>();
  const starts: { task: number; max_usd: number | undefined; at: number }[] = [];
  let spent = 0;
  let is_over = false;
  const scheduled = tasks.map(({ agent, retries = 0, spent_before }, i): ScheduledTask => {
    const task = { task_id: `t${i}`, agent, rank: 0, chain: 0, retries };
    if (spent_before === undefined) return { ...task, run_when: "all_succeeded" };
    const prior = {
      is_done: false,
      attempts: 1,
      execution_time_ms: 0,
      failed: 0,
      previous: undefined,
    };
    return { ...task, run_when: "all_succeeded", prior };
  });
  const running = schedule({
    graph: created.graph,
    tasks: scheduled,
    max_workers,
    fail_fast: false,
    gates: [
      budgetGate({
        run_usd,
        task_count: tasks.length,
        spender(i) {
          const { is_paid = true, budget_usd, spent_before } = tasks[i] as Given;
          return { is_paid, budget_usd, ...(spent_before === undefined ? {} : { spent_usd: [spent_before] }) };
        },
      }),
      agentThrottle,
    ],
    execute(task, { attempt, max_usd }) {
      starts.push({ task, max_usd, at: clock.now() });
      const { attempts } = tasks[task] as Given;
      const { usd, fails = false, unreported } = attempts[Math.min(attempt, attempts.length) - 1] ?? { usd: 0 };
      const usage = { input_tokens: 1, output_tokens: 1, cost_usd: usd };
      const outcome: AttemptOutcome =
        unreported !== undefined
          ? { status: "error", error_kind: unreported === "times out" ? "timeout" : "agent", error: "It failed." }
          : fails
            ? { status: "error", error_kind: "verify", error: "It failed.", usage }
            : { status: "success", output: null, usage };
      return new Promise((resolve) => {
        clock.after(1000, () => {
          spent += usd;
          resolve(outcome);
        });
      });
    },
    publish(event) {
      if (event.type === "task.finished") ends.set(event.task_id, event.outcome);
      return undefined;
    },
    clock,
    random: () => 0,
    signal: new AbortController().signal,
  }).then(() => {
    is_over = true;
  });
  for (;;) {
    await settle();
    if (is_over || !clock.step()) break;
  }
  if (is_over) await running;
  return { ends, starts, spent, is_over };
}

const statuses = (ends: ReadonlyMap<string, TaskOutcome>): string[] =>
  [...ends].sort(([a], [b]) => a.localeCompare(b)).map(([, { status }]) => status);

describe("a budget", () => {
  test("of a run skips tasks that it cannot afford, and their dependents", async () => {
    const one = { agent: "claude", attempts: [{ usd: 0.4 }] };
    const { ends, spent } = await runSchedule([one, one, one, { ...one, after: ["t2"] }], 1, 1);
    expect(statuses(ends)).toEqual(["success", "success", "skipped", "skipped"]);
    expect(ends.get("t2")).toMatchObject({ error_kind: "budget", error: expect.stringContaining("$0.20 of the run's $1.00") });
    expect(ends.get("t3")).toMatchObject({ error_kind: "dependency", root_task_id: "t2" });
    expect(spent).toBeCloseTo(0.8);
  });

  test("of a run holds although many tasks could start at once: the first attempt shows what one costs", async () => {
    const tasks = Array.from({ length: 10 }, () => ({ agent: "claude", attempts: [{ usd: 0.3 }] }));
    const { starts, spent } = await runSchedule(tasks, 1, 8);
    expect(starts.filter(({ at }) => at === 0)).toHaveLength(1);
    expect(starts.filter(({ at }) => at === 1000)).toHaveLength(2);
    expect(spent).toBeLessThanOrEqual(1);
  });

  test("of a task ends it when it is spent, and the error has the last failure", async () => {
    const attempts = [{ usd: 0.3, fails: true }];
    const { ends, starts } = await runSchedule([{ agent: "claude", budget_usd: 0.5, retries: 5, attempts }], undefined);
    expect(starts.map(({ max_usd }) => max_usd)).toEqual([0.5, 0.2]);
    expect(ends.get("t0")).toMatchObject({
      status: "error",
      error_kind: "budget",
      error: expect.stringContaining("It failed. It was not retried"),
    });
  });

  test("waits for money that other attempts reserved and do not need", async () => {
    const careful = { agent: "claude", budget_usd: 0.9, attempts: [{ usd: 0.1 }] };
    const { ends, starts } = await runSchedule([careful, careful], 1);
    expect(starts.map(({ at }) => at)).toEqual([0, 1000]);
    expect(statuses(ends)).toEqual(["success", "success"]);
  });

  test("charges the full reservation for an attempt that was stopped before it reported its cost", async () => {
    const attempts = [{ usd: 0.3, unreported: "times out" as const }];
    const alone = await runSchedule([{ agent: "claude", budget_usd: 0.5, retries: 5, attempts }], undefined);
    expect(alone.starts).toHaveLength(1);
    expect(alone.ends.get("t0")).toMatchObject({ status: "error", error_kind: "budget" });
    // The average of the reported costs: three times $0.30 and one unknown are more than $1.
    const told = { agent: "claude", attempts: [{ usd: 0.3 }] };
    const { starts, ends } = await runSchedule([told, { agent: "claude", attempts }, told, told], 1, 1);
    expect(starts.map(({ task }) => task)).toEqual([0, 1, 2]);
    expect(ends.get("t3")).toMatchObject({ status: "skipped", error_kind: "budget" });
  });

  test("is not charged for an attempt that was not authenticated", async () => {
    const attempts = [{ usd: 0, unreported: "is refused" as const }, { usd: 0.3 }];
    const { ends } = await runSchedule([{ agent: "claude", budget_usd: 0.5, retries: 1, attempts }], 1);
    expect(ends.get("t0")).toMatchObject({ status: "success" });
  });

  test("starts no further attempt of an agent whose first attempt reported no cost", async () => {
    const attempts = [{ usd: 0.3, unreported: "times out" as const }];
    const tasks = Array.from({ length: 4 }, () => ({ agent: "claude", attempts }));
    const other = { agent: "codex", attempts: [{ usd: 0.3 }] };
    const { ends, starts } = await runSchedule([...tasks, other], 1);
    expect(starts.map(({ task }) => task)).toEqual([0, 4]);
    expect(ends.get("t1")).toMatchObject({
      status: "skipped",
      error_kind: "budget",
      error: expect.stringContaining("claude did not report what it spent"),
    });
    expect(ends.get("t4")).toMatchObject({ status: "success" });
  });

  test("counts the costs of earlier starts, for the task and for the run", async () => {
    const attempts = [{ usd: 0.3 }];
    const before = { agent: "claude", attempts, spent_before: 0.8 };
    const { ends } = await runSchedule(
      [
        { ...before, budget_usd: 0.7 },
        { ...before, budget_usd: 1 },
      ],
      undefined,
    );
    expect(statuses(ends)).toEqual(["skipped", "success"]);
    expect((await runSchedule([{ ...before, spent_before: 1 }], 1)).starts).toEqual([]);
  });

  test("does not concern tasks that cost nothing", async () => {
    const free = { agent: "command", is_paid: false, attempts: [{ usd: 0 }] };
    const { starts } = await runSchedule([free, free, free, free], 0.01);
    expect(starts.map(({ at }) => at)).toEqual([0, 0, 0, 0]);
  });

  test("is exceeded at most by what the last attempts cost beyond their reservations, and no task is lost", async () => {
    const made = fc.record({
      agent: fc.constantFrom("a", "b"),
      is_paid: fc.boolean(),
      retries: fc.nat({ max: 2 }),
      attempts: fc.array(fc.record({ usd: fc.constantFrom(0.1, 0.2, 0.3), fails: fc.boolean() }), {
        minLength: 1,
        maxLength: 3,
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(made, { minLength: 1, maxLength: 15 }),
        fc.integer({ min: 1, max: 4 }),
        async (tasks, workers) => {
          const paid = tasks.map((task) =>
            task.is_paid ? task : { ...task, attempts: task.attempts.map((one) => ({ ...one, usd: 0 })) },
          );
          const { is_over, ends, spent } = await runSchedule(paid, 1, workers);
          expect(is_over).toBe(true);
          expect(ends.size).toBe(tasks.length);
          // An attempt costs at most 0.3 and reserves at least 0.1; the rest is floating-point error.
          expect(spent).toBeLessThanOrEqual(1 + 0.2 * workers + 1e-9);
        },
      ),
    );
  });
});
