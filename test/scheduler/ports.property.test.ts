/** The scheduler's three ports, on random graphs in virtual time: gates, execution, and what follows a success. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AttemptOutcome, EventBody, TaskOutcome } from "../../src/events/index.ts";
import { createGraph } from "../../src/graph/index.ts";
import { type AddedTask, type FollowUp, type GateFactory, type ScheduledTask, schedule } from "../../src/scheduler/index.ts";
import { count } from "../support/effort.ts";
import { createVirtualClock, settle } from "../support/virtual-clock.ts";

interface Given {
  after: number[];
  duration: number;
  /** Which of the resources it needs. */
  needs: number[];
  retries: number;
  /** How its attempts end, in turn; further ones succeed. */
  ends: ("success" | "exit")[];
}

const given: fc.Arbitrary<Given[]> = fc
  .array(
    fc.record({
      after: fc.array(fc.nat(), { maxLength: 3 }),
      duration: fc.nat({ max: 9 }),
      needs: fc.uniqueArray(fc.nat({ max: 2 }), { maxLength: 3 }),
      retries: fc.nat({ max: 2 }),
      ends: fc.array(fc.constantFrom("success" as const, "exit" as const), { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 30 },
  )
  .map((tasks) => tasks.map((task, i) => ({ ...task, after: i === 0 ? [] : [...new Set(task.after.map((n) => n % i))] })));

const scheduled = (task_id: string, retries: number): ScheduledTask => ({
  task_id,
  agent: "a",
  rank: 0,
  chain: 0,
  retries,
  run_when: "all_succeeded",
});

/** Books of one gate: a resource with a capacity. */
interface Books {
  capacity: number;
  held: Set<number>;
  waiting: Set<number>;
  wrong: string[];
}

const resourceGate =
  (books: Books, needs: (task: number) => boolean): GateFactory =>
  ({ wake }) => {
    const free = (): void => {
      const woken = [...books.waiting];
      books.waiting.clear();
      if (woken.length > 0) wake(woken);
    };
    const leave = (task: number): void => {
      if (needs(task) && !books.held.delete(task)) books.wrong.push(`${task} gives back what it does not hold`);
      free();
    };
    return {
      request(task) {
        if (!needs(task)) return { type: "granted" };
        if (books.held.has(task)) books.wrong.push(`${task} asks twice`);
        if (books.held.size < books.capacity) {
          books.held.add(task);
          return { type: "granted" };
        }
        books.waiting.add(task);
        return { type: "waiting" };
      },
      cancel: leave,
      settle(task) {
        leave(task);
        return undefined;
      },
      close: () => books.waiting.clear(),
    };
  };

interface Options {
  max_workers: number;
  gates?: GateFactory[];
  needs?: (task: number) => readonly number[];
  books?: readonly Books[];
  followUp?: FollowUp;
  /** How long what follows a success takes. */
  follow_ms?: number;
  stop_at?: number;
}

/** Runs tasks in virtual time; `durationOf` also covers tasks that were added. */
async function runSchedule(tasks: readonly Given[], options: Options) {
  const created = createGraph(tasks.map(({ after }, i) => ({ task_id: `t${i}`, dependencies: after.map((n) => `t${n}`) })));
  if ("cycles" in created) throw new Error("made without cycles");
  const clock = createVirtualClock();
  const stop = new AbortController();
  const events: EventBody[] = [];
  const durable: EventBody[] = [];
  const running = new Set<number>();
  const following = new Set<number>();
  const ready = new Set<string>();
  let most_busy = 0;
  const list = tasks.map(({ retries }, i) => scheduled(`t${i}`, retries));
  const wrong: string[] = [];
  const ran: string[] = [];
  let is_over = false;
  const done = schedule({
    graph: created.graph,
    tasks: list,
    max_workers: options.max_workers,
    fail_fast: false,
    gates: options.gates ?? [],
    async followUp(i, outcome, signal) {
      if (options.followUp === undefined) return { outcome };
      following.add(i);
      if (options.follow_ms !== undefined) await new Promise<void>((go) => void clock.after(options.follow_ms ?? 0, go));
      following.delete(i);
      return options.followUp(i, outcome, signal);
    },
    execute(i, { attempt }, signal): Promise<AttemptOutcome> {
      running.add(i);
      most_busy = Math.max(most_busy, running.size + following.size);
      ran.push(list[i]?.task_id ?? "");
      if (running.size > options.max_workers) wrong.push(`${running.size} run at once`);
      for (const [n, books] of (options.books ?? []).entries())
        if (options.needs?.(i).includes(n) && !books.held.has(i)) wrong.push(`${i} runs without resource ${n}`);
      const end = tasks[i]?.ends[attempt - 1] ?? "success";
      return new Promise((resolve) => {
        const finish = (outcome: AttemptOutcome): void => {
          running.delete(i);
          resolve(outcome);
        };
        const cancel = clock.after(tasks[i]?.duration ?? 1, () =>
          finish(
            end === "success" ? { status: "success", output: i } : { status: "error", error_kind: "exit", error: "Failed." },
          ),
        );
        signal.addEventListener("abort", () => {
          cancel();
          finish({ status: "cancelled", error_kind: "interrupted", error: "Stopped." });
        });
      });
    },
    publish(event) {
      events.push(event);
      if (event.type === "task.ready") ready.add(event.task_id);
      if (event.type === "task.started" || event.type === "task.finished") ready.delete(event.task_id);
      if (event.type !== "task.finished") return undefined;
      // Everything published so far is synced with the end.
      const so_far = events.length;
      return new Promise((resolve) => {
        clock.after(1, () => {
          durable.push(...events.slice(durable.length, so_far));
          resolve();
        });
      });
    },
    clock,
    random: () => 0.5,
    signal: stop.signal,
  }).then(() => {
    is_over = true;
  });
  if (options.stop_at !== undefined) clock.after(options.stop_at, () => stop.abort({ type: "caller" }));
  for (;;) {
    await settle();
    if (is_over) break;
    if (options.books === undefined && running.size < options.max_workers && ready.size > 0) wrong.push("a worker idles");
    if (!clock.step()) {
      wrong.push("it is stuck");
      return { events, durable, wrong, ran, most_busy };
    }
  }
  await done;
  return { events, durable, wrong, ran, most_busy };
}

const endsOf = (events: readonly EventBody[]): Map<string, TaskOutcome> =>
  new Map(events.flatMap((event) => (event.type === "task.finished" ? [[event.task_id, event.outcome] as const] : [])));

describe("gates", () => {
  test("never exceed a capacity, hold nothing while they wait, give everything back, and let every task run", async () => {
    await fc.assert(
      fc.asyncProperty(
        given,
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 3, maxLength: 3 }),
        fc.option(fc.nat({ max: 40 }), { nil: undefined }),
        async (tasks, max_workers, capacities, stop_at) => {
          const books = capacities.map((capacity): Books => ({ capacity, held: new Set(), waiting: new Set(), wrong: [] }));
          const needs = (i: number): readonly number[] => tasks[i]?.needs ?? [];
          const gates = books.map((own, n) => resourceGate(own, (i) => needs(i).includes(n)));
          const stopped = stop_at === undefined ? {} : { stop_at };
          const { events, wrong } = await runSchedule(tasks, { max_workers, gates, books, needs, ...stopped });
          expect([...wrong, ...books.flatMap((own) => own.wrong)]).toEqual([]);
          expect(endsOf(events).size).toBe(tasks.length);
          for (const { held, waiting } of books) expect([...held, ...waiting]).toEqual([]);
        },
      ),
      { numRuns: count(2000) },
    );
  });

  test("refuse a task for good, and what depends on it is skipped", async () => {
    const tasks: Given[] = [
      { after: [], duration: 1, needs: [], retries: 0, ends: [] },
      { after: [0], duration: 1, needs: [], retries: 0, ends: [] },
    ];
    const refusing: GateFactory = () => ({
      request: () => ({ type: "refused", error_kind: "budget", why: "there is no money" }),
      cancel() {},
      settle: () => undefined,
      close() {},
    });
    const { events, ran } = await runSchedule(tasks, { max_workers: 1, gates: [refusing] });
    expect(ran).toEqual([]);
    expect([...endsOf(events).values()]).toEqual([
      { status: "skipped", error_kind: "budget", error: "Skipped: there is no money." },
      expect.objectContaining({ status: "skipped", error_kind: "dependency", root_task_id: "t0" }),
    ]);
  });

  test("an attempt that a gate postpones uses up no retry", async () => {
    const tasks: Given[] = [{ after: [], duration: 1, needs: [], retries: 0, ends: ["exit"] }];
    let left = 1;
    const postponing: GateFactory = () => ({
      request: () => ({ type: "granted" }),
      cancel() {},
      settle: (_, outcome) => (outcome.status === "error" && left-- > 0 ? { wait_ms: 5 } : undefined),
      close() {},
    });
    const { events } = await runSchedule(tasks, { max_workers: 1, gates: [postponing] });
    expect(events.filter(({ type }) => type === "task.waiting")).toHaveLength(1);
    expect(endsOf(events).get("t0")?.status).toBe("success");
  });
});

describe("what follows a success", () => {
  test("holds no worker", async () => {
    const task: Given = { after: [], duration: 1, needs: [], retries: 0, ends: [] };
    const followUp: FollowUp = async (_, outcome) => ({ outcome });
    const { most_busy } = await runSchedule([task, task, task], { max_workers: 1, followUp, follow_ms: 10 });
    expect(most_busy).toBe(3);
  });

  test("is over before a dependent starts", async () => {
    await fc.assert(
      fc.asyncProperty(given, fc.integer({ min: 1, max: 3 }), async (tasks, max_workers) => {
        const followed = new Set<number>();
        const wrong: string[] = [];
        const followUp: FollowUp = async (i, outcome) => {
          followed.add(i);
          return { outcome };
        };
        const seen = await runSchedule(tasks, { max_workers, followUp, follow_ms: 3 });
        for (const event of seen.events) {
          if (event.type !== "task.ready") continue;
          for (const before of tasks[Number(event.task_id.slice(1))]?.after ?? [])
            if (!followed.has(before)) wrong.push(`${event.task_id} is ready too early`);
        }
        expect([...seen.wrong, ...wrong]).toEqual([]);
      }),
      { numRuns: count(1000) },
    );
  });

  test("that fails, fails the attempt: it is retried, and the journal has one end for each attempt", async () => {
    const tasks: Given[] = [{ after: [], duration: 1, needs: [], retries: 1, ends: [] }];
    let left = 1;
    const followUp: FollowUp = async (_, outcome) =>
      left-- > 0 ? { outcome: { status: "error", error_kind: "verify", error: "The merged tree fails." } } : { outcome };
    const { events } = await runSchedule(tasks, { max_workers: 1, followUp });
    const ends = events.flatMap((event) => (event.type === "attempt.finished" ? [event.status] : []));
    expect(ends).toEqual(["error", "success"]);
  });
});

describe("a graph that grows", () => {
  /** Each success among the first tasks adds a few, of which some delay the dependents of the task that adds them. */
  const growth = fc.array(fc.record({ count: fc.nat({ max: 3 }), delays: fc.boolean(), chained: fc.boolean() }), {
    maxLength: 8,
  });

  test("runs every added task once, after its dependencies and before what it delays", async () => {
    await fc.assert(
      fc.asyncProperty(given, growth, fc.integer({ min: 1, max: 4 }), async (tasks, plans, max_workers) => {
        const dependents = tasks.map((_, i) => tasks.flatMap(({ after }, n) => (after.includes(i) ? [`t${n}`] : [])));
        const expected = new Map<string, { after: string[]; delays: string[] }>();
        const followUp: FollowUp = async (i, outcome) => {
          const plan = plans[i];
          if (plan === undefined || i >= tasks.length) return { outcome };
          const added = Array.from({ length: plan.count }, (_, n): AddedTask => {
            const task_id = `t${i}.${n}`;
            const before = plan.chained && n > 0 ? [`t${i}.${n - 1}`] : [`t${i}`];
            const delays = plan.delays ? (dependents[i] ?? []) : [];
            expected.set(task_id, { after: before, delays });
            return {
              task: scheduled(task_id, 0),
              dependencies: before,
              dependents: delays,
              description: "",
              definition: { task_id },
            };
          });
          return { outcome, added };
        };
        const { events, durable, wrong } = await runSchedule(tasks, { max_workers, followUp });
        expect(wrong).toEqual([]);
        const ends = endsOf(events);
        const order = events.flatMap((event) => (event.type === "task.finished" ? [event.task_id] : []));
        const started = events.flatMap((event) => (event.type === "task.started" ? [event.task_id] : []));
        for (const [task_id, { after, delays }] of expected) {
          expect(ends.get(task_id)?.status, task_id).toBe("success");
          for (const before of after) expect(order.indexOf(before)).toBeLessThan(order.indexOf(task_id));
          for (const later of delays)
            if (started.includes(later)) expect(started.indexOf(task_id)).toBeLessThan(started.indexOf(later));
        }
        expect(ends.size).toBe(tasks.length + expected.size);
        // The journal has an added task before it has the end of the task that added it, and both before the start.
        const journaled = durable.flatMap((event) =>
          event.type === "tasks.added" ? event.tasks.map(({ definition }) => String(definition["task_id"])) : [],
        );
        expect(new Set(journaled)).toEqual(new Set(expected.keys()));
      }),
      { numRuns: count(2000) },
    );
  });

  test.each<[string, Partial<AddedTask>, string]>([
    ["has an id that is taken", { task: scheduled("t1", 0) }, "the task_id t1 is taken"],
    ["depends on a task that does not exist", { dependencies: ["t9"] }, "depends on the unknown task t9"],
    ["delays a task that does not depend on its parent", { dependents: ["t2"] }, "does not depend on the task that adds it"],
    ["could close a cycle", { dependencies: ["t3"], dependents: ["t1"] }, "depends on t3, which has not started"],
  ])("refuses an added task that %s", async (_, change, problem) => {
    const plain = { duration: 1, needs: [], retries: 0, ends: [] };
    const tasks: Given[] = [
      { ...plain, after: [] },
      { ...plain, after: [0] },
      { ...plain, after: [] },
      { ...plain, after: [1] },
    ];
    const followUp: FollowUp = async (i, outcome) =>
      i === 0
        ? { outcome, added: [{ task: scheduled("new", 0), dependencies: ["t0"], description: "", definition: {}, ...change }] }
        : { outcome };
    const { events } = await runSchedule(tasks, { max_workers: 2, followUp });
    expect(endsOf(events).get("t0")).toMatchObject({
      status: "error",
      error_kind: "invalid_output",
      error: expect.stringContaining(problem),
    });
    expect(events.some(({ type }) => type === "tasks.added")).toBe(false);
  });
});
