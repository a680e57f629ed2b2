import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttemptOutcome, EventBody, StopReason, TaskOutcome } from "../../src/events/index.ts";
import { chainLengths, createGraph, type Graph } from "../../src/graph/index.ts";
import { schedule } from "../../src/scheduler/index.ts";
import { count } from "../support/effort.ts";
import { createVirtualClock, settle } from "../support/virtual-clock.ts";

/** A generated task. */
interface Given {
  /** Positions of earlier tasks. */
  after: number[];
  rank: number;
  duration: number;
  retries: number;
  /** How its attempts end, in turn; further ones succeed. */
  ends: ("success" | "exit" | "spawn")[];
  run_when: "all_succeeded" | "all_finished";
}

const generated: fc.Arbitrary<Given[]> = fc
  .array(
    fc.record({
      after: fc.array(fc.nat(), { maxLength: 4 }),
      rank: fc.nat({ max: 3 }),
      duration: fc.nat({ max: 20 }),
      retries: fc.nat({ max: 2 }),
      ends: fc.array(fc.constantFrom("success" as const, "success" as const, "exit" as const, "spawn" as const), {
        maxLength: 3,
      }),
      run_when: fc.constantFrom("all_succeeded" as const, "all_succeeded" as const, "all_finished" as const),
    }),
    { minLength: 1, maxLength: 40 },
  )
  .map((tasks) => tasks.map((task, i) => ({ ...task, after: i === 0 ? [] : [...new Set(task.after.map((n) => n % i))] })));

const graphOf = (tasks: readonly Given[]): Graph => {
  const created = createGraph(tasks.map((task, i) => ({ task_id: `t${i}`, dependencies: task.after.map((n) => `t${n}`) })));
  if ("cycles" in created) throw new Error("made without cycles");
  return created.graph;
};

/** What a schedule did. */
interface Seen {
  events: EventBody[];
  started: number[];
  durable: Set<number>;
  /** Violations, in words. */
  wrong: string[];
}

async function runSchedule(
  tasks: readonly Given[],
  options: { max_workers: number; fail_fast?: boolean; stop_at?: number; sync_ms?: number },
): Promise<Seen> {
  const { max_workers, fail_fast = false, sync_ms = 0 } = options;
  const graph = graphOf(tasks);
  const clock = createVirtualClock();
  const chain = chainLengths(graph, (i) => tasks[i]?.duration ?? 0);
  const stop = new AbortController();
  const seen: Seen = { events: [], started: [], durable: new Set(), wrong: [] };
  const running = new Set<number>();
  const ready = new Set<number>();
  const key = (i: number): number[] => [tasks[i]?.rank ?? 0, -(chain[i] ?? 0), i];
  const comesBefore = (a: number, b: number): boolean => {
    const at = key(a).findIndex((part, n) => part !== key(b)[n]);
    return (key(a)[at] ?? 0) < (key(b)[at] ?? 0);
  };

  function observe(event: EventBody): void {
    seen.events.push(event);
    if (!("task_id" in event)) return;
    const i = Number(event.task_id.slice(1));
    switch (event.type) {
      case "task.ready":
        ready.add(i);
        for (const before of tasks[i]?.after ?? [])
          if (!seen.durable.has(before)) seen.wrong.push(`t${i} is ready before the end of t${before} is on disk`);
        break;
      case "task.started":
        ready.delete(i);
        for (const other of ready) if (comesBefore(other, i)) seen.wrong.push(`t${i} is chosen before t${other}`);
        break;
      case "task.finished":
        ready.delete(i);
        break;
      default:
        break;
    }
  }

  function execute(i: number, { attempt }: { attempt: number }, signal: AbortSignal): Promise<AttemptOutcome> {
    if (running.has(i)) seen.wrong.push(`t${i} runs twice at once`);
    running.add(i);
    seen.started.push(i);
    if (running.size > max_workers) seen.wrong.push(`${running.size} run at once`);
    return new Promise((resolve) => {
      const finish = (outcome: AttemptOutcome): void => {
        cancel();
        signal.removeEventListener("abort", onAbort);
        running.delete(i);
        resolve(outcome);
      };
      const onAbort = (): void => finish({ status: "cancelled", error_kind: "interrupted", error: "Stopped." });
      const end = tasks[i]?.ends[attempt - 1] ?? "success";
      const cancel = clock.after(tasks[i]?.duration ?? 0, () =>
        finish(end === "success" ? { status: "success", output: i } : { status: "error", error_kind: end, error: "Failed." }),
      );
      signal.addEventListener("abort", onAbort);
    });
  }

  let ended = false;
  const done = schedule({
    graph,
    tasks: tasks.map(({ rank, retries, run_when }, i) => ({
      task_id: `t${i}`,
      agent: "a",
      rank,
      chain: chain[i] ?? 0,
      retries,
      run_when,
    })),
    max_workers,
    fail_fast,
    execute,
    publish(event) {
      observe(event);
      if (event.type !== "task.finished") return undefined;
      return new Promise((resolve) => {
        clock.after(sync_ms, () => {
          seen.durable.add(Number(event.task_id.slice(1)));
          resolve();
        });
      });
    },
    clock,
    random: () => 0.5,
    signal: stop.signal,
  }).then(() => {
    ended = true;
  });
  if (options.stop_at !== undefined) {
    const reason: StopReason = { type: "signal", signal: "SIGINT" };
    clock.after(options.stop_at, () => stop.abort(reason));
  }
  for (;;) {
    await settle();
    if (ended) break;
    if (running.size < max_workers && ready.size > 0) seen.wrong.push(`${running.size} run while ${ready.size} are ready`);
    if (!clock.step()) {
      seen.wrong.push("it is stuck");
      return seen;
    }
  }
  await done;
  return seen;
}

const outcomesOf = (seen: Seen): Map<string, TaskOutcome> => {
  const outcomes = new Map<string, TaskOutcome>();
  for (const event of seen.events) {
    if (event.type !== "task.finished") continue;
    expect(outcomes.has(event.task_id), `${event.task_id} ended twice`).toBe(false);
    outcomes.set(event.task_id, event.outcome);
  }
  return outcomes;
};

describe("the scheduler, on random graphs", () => {
  test("keeps the order, keeps its workers busy, and ends each task once with the right outcome", async () => {
    await fc.assert(
      fc.asyncProperty(generated, fc.integer({ min: 1, max: 6 }), fc.nat({ max: 5 }), async (tasks, max_workers, sync_ms) => {
        const seen = await runSchedule(tasks, { max_workers, sync_ms });
        expect(seen.wrong).toEqual([]);
        const outcomes = outcomesOf(seen);
        expect(outcomes.size).toBe(tasks.length);
        expect(seen.durable.size).toBe(tasks.length);
        for (const [i, task] of tasks.entries()) {
          const outcome = outcomes.get(`t${i}`);
          const runs = seen.started.filter((started) => started === i).length;
          const before = task.after.map((n) => outcomes.get(`t${n}`)?.status);
          const blocked = task.run_when === "all_succeeded" && before.some((status) => status !== "success");
          expect(outcome?.status === "skipped", `t${i} is skipped exactly if it is blocked`).toBe(blocked);
          if (blocked) {
            expect(runs).toBe(0);
            continue;
          }
          // The expected end of its attempts, computed without the scheduler.
          const ends = Array.from({ length: task.retries + 1 }, (_, n) => task.ends[n] ?? "success");
          const last = ends.findIndex((end) => end !== "exit");
          const expected = last === -1 ? task.retries + 1 : last + 1;
          expect(runs).toBe(expected);
          expect(outcome?.status).toBe(last !== -1 && ends[last] === "success" ? "success" : "error");
        }
      }),
      { numRuns: count(3000) },
    );
  });

  test("starts nothing more and ends every task when stopped", async () => {
    await fc.assert(
      fc.asyncProperty(generated, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 60 }), async (tasks, max_workers, stop_at) => {
        const seen = await runSchedule(tasks, { max_workers, stop_at });
        const outcomes = outcomesOf(seen);
        expect(seen.wrong).toEqual([]);
        expect(outcomes.size).toBe(tasks.length);
        const stopped = seen.events.findIndex(
          (event) => event.type === "task.finished" && event.outcome.status === "cancelled",
        );
        if (stopped === -1) return;
        const later = seen.events
          .slice(stopped)
          .filter((event) => event.type === "task.ready" || event.type === "attempt.started");
        expect(later).toEqual([]);
        for (const outcome of outcomes.values())
          if (outcome.status === "cancelled") expect(outcome.error_kind).toBe("interrupted");
      }),
      { numRuns: count(1500) },
    );
  });

  test("with fail_fast, the first failure cancels the rest, and its dependents are skipped", async () => {
    await fc.assert(
      fc.asyncProperty(generated, fc.integer({ min: 1, max: 4 }), async (tasks, max_workers) => {
        const seen = await runSchedule(tasks, { max_workers, fail_fast: true });
        const outcomes = outcomesOf(seen);
        expect(seen.wrong).toEqual([]);
        const failed = [...outcomes].filter(([, outcome]) => outcome.status === "error");
        const first = seen.events.find((event) => event.type === "task.finished" && event.outcome.status === "error");
        expect(failed.length > 0).toBe(first !== undefined);
        for (const outcome of outcomes.values()) {
          if (outcome.status === "skipped")
            expect(outcome.root_task_id).toBe(first?.type === "task.finished" ? first.task_id : "");
          if (outcome.status === "cancelled") expect(failed.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: count(1500) },
    );
  });
});
