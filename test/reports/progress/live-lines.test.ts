import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import type { RunEvent } from "../../../src/events/index.ts";
import { createLiveLines, indent, rowsAt } from "../../../src/reports/progress/live-lines.ts";
import { createTally } from "../../../src/reports/progress/tally.ts";
import { createTheme } from "../../../src/reports/progress/theme.ts";
import { event, failed, failedAttempt, retrying, skipped, started, succeeded, workOf } from "./run-events.ts";

function drawer(expected: Record<string, number>, more: Parameters<typeof workOf>[1] & { unicode?: boolean } = {}) {
  const clock = { now: 0 };
  const work = workOf(expected, more);
  const tally = createTally(work, () => clock.now);
  const theme = createTheme({ colour: 0, unicode: more.unicode });
  const lines = createLiveLines({ tally, theme, task_ids: Object.keys(expected) });
  return {
    draw: (size: { columns: number; rows: number } = { columns: 80, rows: 24 }) => lines.draw({ now: clock.now, ...size }),
    tally,
    hear(at: number, ...events: RunEvent[]) {
      clock.now = at;
      for (const one of events) tally.listen(one);
    },
  };
}

const ids = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`task-${i}-${"長い".repeat(i % 9)}`, 1000]));

test("a line for each running task: how long, and what it is doing", () => {
  const { draw, hear } = drawer({ build: 60_000, test: 60_000 });
  const task = (task_id: string, description: string) => ({ task_id, agent: "command", description, dependencies: [] });
  const tasks = [task("build", "Compile it"), task("test", "Try it\nall")];
  draw();
  hear(
    0,
    event({
      type: "run.started",
      correlation_id: "c",
      tasks,
      workspace_path: "/w",
      options: {},
      versions: { dispatch: "1", node: "2", platform: "3" },
      token: "t",
      run_folder: "/w/traces/r",
    }),
    started("build"),
    started("test"),
  );
  hear(65_000, event({ type: "agent.tool", task_id: "test", attempt: 1, tool: "Bash" }));
  expect(draw()).toEqual([
    expect.stringMatching(/^─{48} {2}0\/2 {2}1 min 5 s$/),
    "   build  1 min 5 s  Compile it",
    "   test   1 min 5 s  Bash",
    "",
  ]);
  hear(65_000, event({ type: "agent.message", task_id: "test", attempt: 1, text: "Now\u001b[2J I look at it" }));
  expect(draw()[2]).toBe("   test   1 min 5 s  Now I look at it");
});

test("the bar counts what has ended, what failed and what that kept from running, and guesses the rest", () => {
  const { draw, hear } = drawer({ a: 10_000, b: 10_000, c: 10_000, d: 10_000 }, { max_workers: 1 });
  draw();
  hear(10_000, succeeded("a"), failed("b"), skipped("c", "b"), started("d"));
  expect(draw()[0]).toMatch(/^━{24,36}─+ {2}3\/4 {2}1 failed {2}1 skipped {2}10 s {2}~10 s left$/);
  expect(draw({ columns: 40, rows: 24 })[0]).toMatch(/^━+─+ {2}3\/4 {2}1 failed {2}~10 s left$/);
  hear(10_001, succeeded("d"));
  expect(draw()[0], "no guess of a second ago").toMatch(/^━+ {2}4\/4 {2}1 failed {2}1 skipped {2}10 s$/);
});

test("a run that is being ended says so in the place of a guess, and how to end it at once", () => {
  const { draw, hear, tally } = drawer({ a: 10_000, b: 10_000, c: 10_000 }, { max_workers: 1 });
  draw();
  hear(5000, succeeded("a"), failed("b"), started("c"));
  expect(draw()[0]).toContain(" left");
  tally.ending = "stop";
  expect(draw()[0]).toMatch(/^━+─+ {2}2\/3 {2}stopping, Ctrl-C ends it at once {2}1 failed {2}5 s$/);
  expect(draw({ columns: 60, rows: 24 })[0]).toMatch(/^━+.* {2}2\/3 {2}stopping, Ctrl-C ends it at once/);
  expect(draw({ columns: 40, rows: 24 })[0]).toBe("2/3  stopping, Ctrl-C kills  1 failed");
  tally.ending = "kill";
  expect(draw({ columns: 40, rows: 24 })[0]).toMatch(/^━+─+ {2}2\/3 {2}killing {2}1 failed/);
});

test("a task that waits to be tried again counts down, then shows its attempt", () => {
  const { draw, hear } = drawer({ a: 10_000, b: 10_000 });
  hear(0, started("a"));
  hear(1000, failedAttempt("a"), retrying("a", 9000));
  hear(4000);
  expect(draw()[1]).toBe("   a   in 6 s  attempt 2  The command exited with 3.");
  hear(11_000, started("a", 2));
  hear(13_000);
  expect(draw()[1]).toBe("   a      2 s  attempt 2");
});

test("the column of times grows with them, and never shrinks: columns that move cannot be read", () => {
  const { draw, hear } = drawer({ a: 10_000, b: 10_000 });
  hear(0, started("a"));
  hear(3_599_000, started("b"));
  expect(draw().slice(1, 3)).toEqual(["   a  59 min 59 s", "   b          0 s"]);
  hear(3_600_000, succeeded("a"));
  expect(draw()[1]).toBe("   b          1 s");
});

test("more tasks than rows are counted", () => {
  const { draw, hear } = drawer(ids);
  hear(0, ...Object.keys(ids).map((id) => started(id)));
  const lines = draw({ columns: 80, rows: 12 });
  expect(lines).toHaveLength(8);
  expect(lines[6]).toBe("   … and 35 more");
});

test("no line is wider than the terminal, and the lines are never more than its rows", () => {
  const size = fc.record({ columns: fc.integer({ min: 20, max: 250 }), rows: fc.integer({ min: 2, max: 60 }) });
  const names = Object.keys(ids);
  fc.assert(
    fc.property(
      size,
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 40 }),
      fc.nat(10 ** 10),
      (at, running, ended, now) => {
        const { draw, hear } = drawer(ids);
        draw(at);
        hear(0, ...names.slice(0, ended).map((id, i) => (i % 3 === 0 ? failed(id) : succeeded(id))));
        hear(now, ...names.slice(ended, ended + running).map((id) => started(id, 3)));
        const [first = "", ...others] = draw(at);
        expect(stringWidth(first) + indent).toBeLessThanOrEqual(at.columns);
        for (const line of others) expect(stringWidth(line)).toBeLessThanOrEqual(at.columns);
        expect(others.length + 1).toBeLessThanOrEqual(at.rows);
      },
    ),
  );
});

test("a console without Unicode gets ASCII", () => {
  const { draw, hear } = drawer({ a: 1000, b: 1000 }, { unicode: false });
  hear(0, succeeded("a"), started("b"));
  expect(draw().join("\n")).toMatch(/^=+-+ [\x20-\x7e\n]*$/);
});

test("lines that a narrower terminal has wrapped take so many rows more", () => {
  expect(rowsAt(40, ["x".repeat(40), "x".repeat(41), "", "日".repeat(21)])).toBe(6);
});
