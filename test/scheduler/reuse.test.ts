import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { EventBody, StopReason, TaskOutcome } from "../../src/events/index.ts";
import { createGraph } from "../../src/graph/index.ts";
import { budgetGate, schedule } from "../../src/scheduler/index.ts";
import { count } from "../support/effort.ts";
import { createVirtualClock, settle } from "../support/virtual-clock.ts";

interface Given {
  after: number[];
  /** Whether an earlier run has a success, and how long the look-up takes. */
  is_done: boolean;
  look_ms: number;
}

const generated: fc.Arbitrary<Given[]> = fc
  .array(
    fc.record({
      after: fc.array(fc.nat(), { maxLength: 3 }),
      is_done: fc.boolean(),
      look_ms: fc.nat({ max: 3 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((tasks) => tasks.map((task, i) => ({ ...task, after: i === 0 ? [] : [...new Set(task.after.map((n) => n % i))] })));

async function runSchedule(tasks: readonly Given[], options: { max_workers: number; budget_usd?: number; stop_at?: number }) {
  const created = createGraph(tasks.map(({ after }, i) => ({ task_id: `t${i}`, dependencies: after.map((n) => `t${n}`) })));
  if ("cycles" in created) throw new Error("made without cycles");
  const clock = createVirtualClock();
  const stop = new AbortController();
  const events: EventBody[] = [];
  const ran: number[] = [];
  const looked: number[] = [];
  let busy = 0;
  let max_busy = 0;
  const work = async <Value>(ms: number, value: Value): Promise<Value> => {
    max_busy = Math.max(max_busy, ++busy);
    await new Promise<void>((resolve) => void clock.after(ms, resolve));
    busy--;
    return value;
  };
  let ended = false;
  const running = schedule({
    graph: created.graph,
    tasks: tasks.map((_, i) => ({
      task_id: `t${i}`,
      agent: "a",
      rank: 0,
      chain: 0,
      retries: 0,
      run_when: "all_succeeded",
    })),
    max_workers: options.max_workers,
    fail_fast: false,
    gates: [
      budgetGate({
        run_usd: options.budget_usd,
        task_count: tasks.length,
        spender: () => ({ is_paid: true, budget_usd: undefined }),
      }),
    ],
    reuse(i, signal) {
      looked.push(i);
      const { is_done = false, look_ms = 0 } = tasks[i] ?? {};
      return work(look_ms, undefined).then(() =>
        is_done && !signal.aborted ? { status: "success" as const, output: `earlier ${i}` } : undefined,
      );
    },
    execute(i) {
      ran.push(i);
      const usage = { input_tokens: 1, output_tokens: 1, cost_usd: 1 };
      return work(5, { status: "success" as const, output: i, usage });
    },
    publish(event) {
      events.push(event);
      return undefined;
    },
    clock,
    random: () => 0.5,
    signal: stop.signal,
  }).then(() => {
    ended = true;
  });
  const reason: StopReason = { type: "signal", signal: "SIGINT" };
  if (options.stop_at !== undefined) clock.after(options.stop_at, () => stop.abort(reason));
  for (;;) {
    await settle();
    if (ended) break;
    if (!clock.step()) throw new Error("It is stuck");
  }
  await running;
  const ends = events.flatMap((event) => (event.type === "task.finished" ? [event] : []));
  const outcome = (i: number): TaskOutcome | undefined => ends.find(({ task_id }) => task_id === `t${i}`)?.outcome;
  return { events, ends, outcome, ran, looked, max_busy };
}

describe("the scheduler, with successes of earlier runs", () => {
  test("looks up each task once, runs exactly the others, and never exceeds the workers", async () => {
    await fc.assert(
      fc.asyncProperty(generated, fc.integer({ min: 1, max: 4 }), async (tasks, max_workers) => {
        const { ends, outcome, ran, looked, max_busy, events } = await runSchedule(tasks, { max_workers });
        expect(ends).toHaveLength(tasks.length);
        expect([...looked].sort((a, b) => a - b)).toEqual(tasks.map((_, i) => i));
        expect(new Set(ran)).toEqual(new Set(tasks.flatMap(({ is_done }, i) => (is_done ? [] : [i]))));
        expect(ran).toHaveLength(new Set(ran).size);
        expect(max_busy).toBeLessThanOrEqual(max_workers);
        for (const [i, { is_done }] of tasks.entries()) {
          expect(outcome(i)).toMatchObject({ status: "success", output: is_done ? `earlier ${i}` : i });
          const starts = events.filter((event) => event.type === "attempt.started" && event.task_id === `t${i}`);
          expect(starts).toHaveLength(is_done ? 0 : 1);
        }
      }),
      { numRuns: count(2000) },
    );
  });

  test("ends every task and starts nothing more when it is stopped at any moment", async () => {
    await fc.assert(
      fc.asyncProperty(generated, fc.nat({ max: 20 }), async (tasks, stop_at) => {
        const { ends, outcome, ran } = await runSchedule(tasks, { max_workers: 2, stop_at });
        expect(ends).toHaveLength(tasks.length);
        for (const i of tasks.keys()) {
          const status = outcome(i)?.status;
          expect(status === "success" || (status === "cancelled" && !ran.includes(i))).toBe(true);
        }
      }),
      { numRuns: count(2000) },
    );
  });

  test("needs no budget for reused tasks", async () => {
    const tasks = [1, 2, 3, 4].map((n): Given => ({ after: [], is_done: n !== 2, look_ms: 1 }));
    const { ends, ran } = await runSchedule(tasks, { max_workers: 1, budget_usd: 1 });
    expect(ends.map(({ outcome }) => outcome.status)).toEqual(["success", "success", "success", "success"]);
    expect(ran).toEqual([1]);
  });
});
