import { describe, expect, test } from "vitest";
import type { AttemptOutcome, EventBody } from "../../src/events/index.ts";
import { createGraph } from "../../src/graph/index.ts";
import { agentThrottle, type ScheduledTask, schedule } from "../../src/scheduler/index.ts";
import { createVirtualClock, settle } from "../support/virtual-clock.ts";

const done: AttemptOutcome = { status: "success", output: null };
const limited = (retry_at?: number): AttemptOutcome => ({
  status: "error",
  error_kind: "rate_limited",
  error: "Too many requests.",
  ...(retry_at === undefined ? {} : { retry_at: new Date(retry_at).toISOString() }),
});

/** What an attempt does: how long it takes, and how it ends. */
type Attempt = (about: { task: number; attempt: number; now: number }) => { ms: number; outcome: AttemptOutcome };

/** Runs independent tasks in virtual time. */
async function runSchedule(agents: readonly string[], max_workers: number, attempt: Attempt, stop_at?: number) {
  const clock = createVirtualClock();
  const created = createGraph(agents.map((_, i) => ({ task_id: `t${i}`, dependencies: [] })));
  if ("cycles" in created) throw new Error("made without cycles");
  const events: EventBody[] = [];
  const spans: { task: number; agent: string; from: number; to: number }[] = [];
  const stop = new AbortController();
  const tasks = agents.map(
    (agent, i): ScheduledTask => ({
      task_id: `t${i}`,
      agent,
      rank: 0,
      chain: 0,
      retries: 0,
      run_when: "all_succeeded",
    }),
  );
  let is_over = false;
  const running = schedule({
    graph: created.graph,
    tasks,
    max_workers,
    fail_fast: false,
    gates: [agentThrottle],
    execute(task, { attempt: number }) {
      const from = clock.now();
      const { ms, outcome } = attempt({ task, attempt: number, now: from });
      return new Promise((resolve) => {
        clock.after(ms, () => {
          spans.push({ task, agent: agents[task] ?? "", from, to: clock.now() });
          resolve(outcome);
        });
      });
    },
    publish(event) {
      events.push(event);
      return undefined;
    },
    clock,
    random: () => 0,
    signal: stop.signal,
  }).then(() => {
    is_over = true;
  });
  for (;;) {
    await settle();
    if (stop_at !== undefined && clock.now() >= stop_at && !stop.signal.aborted) stop.abort({ type: "caller" });
    if (is_over || !clock.step()) break;
  }
  const is_stuck = !is_over;
  if (!is_stuck) await running;
  const ends = events.flatMap((event) => (event.type === "task.finished" ? [event] : []));
  return { events, spans, ends, is_stuck, end: clock.now(), is_idle: !clock.step() };
}

describe("a rate limit", () => {
  test("among 20 tasks fails none of them and blocks no worker", async () => {
    const agents = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? "claude" : "codex"));
    let refusals = 1;
    const seen = await runSchedule(agents, 4, ({ task, now }) => {
      const is_refused = agents[task] === "claude" && refusals-- > 0;
      return is_refused ? { ms: 1, outcome: limited(now + 60_000) } : { ms: 1000, outcome: done };
    });
    expect(seen.ends.filter(({ outcome }) => outcome.status !== "success")).toEqual([]);
    expect(seen.ends).toHaveLength(20);
    // The other agent's tasks used all workers and ended long before the limit did.
    const others = seen.spans.filter(({ agent }) => agent === "codex");
    expect(Math.max(...others.map(({ to }) => to))).toBeLessThan(10_000);
  });

  test("pauses the agent for all its tasks until the reported time", async () => {
    const seen = await runSchedule(["a", "a", "a"], 1, ({ task, attempt, now }) =>
      task === 0 && attempt === 1 ? { ms: 10, outcome: limited(now + 30_010) } : { ms: 10, outcome: done },
    );
    expect(seen.spans.map(({ task, from }) => [task, from])).toEqual([
      [0, 0],
      [0, 30_010],
      [1, 30_020],
      [2, 30_030],
    ]);
    expect(seen.events.find(({ type }) => type === "task.waiting")).toMatchObject({
      task_id: "t0",
      agent: "a",
      until: new Date(30_010).toISOString(),
    });
  });

  test("uses up no retry", async () => {
    const seen = await runSchedule(["a"], 1, ({ attempt, now }) =>
      attempt < 4 ? { ms: 1, outcome: limited(now + 1000) } : { ms: 1, outcome: done },
    );
    expect(seen.ends[0]?.outcome.status).toBe("success");
  });

  test("halves how many of the agent's tasks run at once, and successes raise it again", async () => {
    const agents = Array.from({ length: 40 }, () => "a");
    const seen = await runSchedule(agents, 8, ({ task, attempt, now }) =>
      task === 0 && attempt === 1 ? { ms: 1, outcome: limited(now + 100_000) } : { ms: 1000, outcome: done },
    );
    const at = (time: number): number => seen.spans.filter(({ from, to }) => from <= time && time < to).length;
    expect(at(0)).toBe(8);
    const later = seen.spans.filter(({ from }) => from >= 100_000).map(({ from }) => from);
    expect(at(Math.min(...later) + 1)).toBe(4);
    expect(Math.max(...later.map((from) => at(from + 1)))).toBeGreaterThan(4);
    expect(seen.ends.every(({ outcome }) => outcome.status === "success")).toBe(true);
  });

  test("that never ends and reports no time fails the task", async () => {
    const seen = await runSchedule(["a", "b"], 2, ({ task }) =>
      task === 0 ? { ms: 1, outcome: limited() } : { ms: 1, outcome: done },
    );
    expect(seen.is_stuck).toBe(false);
    expect(seen.ends.map(({ task_id, outcome }) => [task_id, outcome.status])).toEqual([
      ["t1", "success"],
      ["t0", "error"],
    ]);
    expect(seen.spans.filter(({ task }) => task === 0)).toHaveLength(11);
  });

  test("that never ends although each one reports a time fails the task too", async () => {
    const seen = await runSchedule(["a"], 1, ({ now }) => ({ ms: 1, outcome: limited(now + 1000) }));
    expect(seen.is_stuck).toBe(false);
    expect(seen.ends[0]?.outcome).toMatchObject({ status: "error", error_kind: "rate_limited" });
    expect(seen.spans).toHaveLength(61);
  });

  test("does not delay a stop: waiting tasks are cancelled at once, and no timer is left", async () => {
    const seen = await runSchedule(["a", "a"], 1, ({ now }) => ({ ms: 10, outcome: limited(now + 3_600_000) }), 10);
    expect(seen.ends.map(({ outcome }) => outcome.status)).toEqual(["cancelled", "cancelled"]);
    expect(seen.is_idle).toBe(true);
  });
});
