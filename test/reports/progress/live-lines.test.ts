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
    emit(at: number, ...events: RunEvent[]) {
      clock.now = at;
      for (const one of events) tally.listen(one);
    },
  };
}

const ids = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`task-${i}-${"長い".repeat(i % 9)}`, 1000]));

test("each running task has a line with its time and its activity", () => {
  const { draw, emit } = drawer({ build: 60_000, test: 60_000 });
  const task = (task_id: string, description: string) => ({ task_id, agent: "command", description, dependencies: [] });
  const tasks = [task("build", "Compile it"), task("test", "Try it\nall")];
  draw();
  emit(
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
  emit(65_000, event({ type: "agent.tool", task_id: "test", attempt: 1, tool: "Bash" }));
  expect(draw()).toEqual([
    expect.stringMatching(/^─{48} {2}0\/2 {2}1 min 5 s$/),
    "   build  1 min 5 s  Compile it",
    "   test   1 min 5 s  Bash",
    "",
  ]);
  emit(65_000, event({ type: "agent.message", task_id: "test", attempt: 1, text: "Now\u001b[2J I look at it" }));
  expect(draw()[2]).toBe("   test   1 min 5 s  Now I look at it");
});

test("the bar counts ended, failed and skipped tasks and estimates the remaining time", () => {
  const { draw, emit } = drawer({ a: 10_000, b: 10_000, c: 10_000, d: 10_000 }, { max_workers: 1 });
  draw();
  emit(10_000, succeeded("a"), failed("b"), skipped("c", "b"), started("d"));
  expect(draw()[0]).toMatch(/^━{24,36}─+ {2}3\/4 {2}1 error {2}1 skipped {2}10 s {2}~10 s left$/);
  expect(draw({ columns: 40, rows: 24 })[0]).toMatch(/^━+─+ {2}3\/4 {2}1 error {2}~10 s left$/);
  emit(10_001, succeeded("d"));
  expect(draw()[0], "no stale estimate").toMatch(/^━+ {2}4\/4 {2}1 error {2}1 skipped {2}10 s$/);
});

test("while a run is being stopped, the bar says so in place of an estimate, and how to kill it", () => {
  const { draw, emit, tally } = drawer({ a: 10_000, b: 10_000, c: 10_000 }, { max_workers: 1 });
  draw();
  emit(5000, succeeded("a"), failed("b"), started("c"));
  expect(draw()[0]).toContain(" left");
  tally.stopping = "stop";
  expect(draw()[0]).toMatch(/^━+─+ {2}2\/3 {2}stopping, Ctrl-C again to kill {2}1 error {2}5 s$/);
  expect(draw({ columns: 60, rows: 24 })[0]).toMatch(/^━+.* {2}2\/3 {2}stopping, Ctrl-C again to kill/);
  expect(draw({ columns: 40, rows: 24 })[0]).toBe("2/3  stopping, Ctrl-C kills  1 error");
  tally.stopping = "kill";
  expect(draw({ columns: 40, rows: 24 })[0]).toMatch(/^━+─+ {2}2\/3 {2}killing {2}1 error/);
});

test("a task that waits for a retry counts down, then shows its attempt", () => {
  const { draw, emit } = drawer({ a: 10_000, b: 10_000 });
  emit(0, started("a"));
  emit(1000, failedAttempt("a"), retrying("a", 9000));
  emit(4000);
  expect(draw()[1]).toBe("   a   in 6 s  attempt 2  The command exited with 3.");
  emit(11_000, started("a", 2));
  emit(13_000);
  expect(draw()[1]).toBe("   a      2 s  attempt 2");
});

test("the column of times grows with them and never shrinks, so that columns stay in place", () => {
  const { draw, emit } = drawer({ a: 10_000, b: 10_000 });
  emit(0, started("a"));
  emit(3_599_000, started("b"));
  expect(draw().slice(1, 3)).toEqual(["   a  59 min 59 s", "   b          0 s"]);
  emit(3_600_000, succeeded("a"));
  expect(draw()[1]).toBe("   b          1 s");
});

test("tasks without a row are counted", () => {
  const { draw, emit } = drawer(ids);
  emit(0, ...Object.keys(ids).map((id) => started(id)));
  const lines = draw({ columns: 80, rows: 12 });
  expect(lines).toHaveLength(8);
  expect(lines[6]).toBe("   … and 35 more");
});

test("the lines are never wider than the terminal, nor more than its rows", () => {
  const size = fc.record({ columns: fc.integer({ min: 20, max: 250 }), rows: fc.integer({ min: 2, max: 60 }) });
  const names = Object.keys(ids);
  fc.assert(
    fc.property(
      size,
      fc.integer({ min: 0, max: 40 }),
      fc.integer({ min: 0, max: 40 }),
      fc.nat(10 ** 10),
      (at, running, ended, now) => {
        const { draw, emit } = drawer(ids);
        draw(at);
        emit(0, ...names.slice(0, ended).map((id, i) => (i % 3 === 0 ? failed(id) : succeeded(id))));
        emit(now, ...names.slice(ended, ended + running).map((id) => started(id, 3)));
        const [first = "", ...others] = draw(at);
        expect(stringWidth(first) + indent).toBeLessThanOrEqual(at.columns);
        for (const line of others) expect(stringWidth(line)).toBeLessThanOrEqual(at.columns);
        expect(others.length + 1).toBeLessThanOrEqual(at.rows);
      },
    ),
  );
});

test("a console without Unicode gets ASCII", () => {
  const { draw, emit } = drawer({ a: 1000, b: 1000 }, { unicode: false });
  emit(0, succeeded("a"), started("b"));
  expect(draw().join("\n")).toMatch(/^=+-+ [\x20-\x7e\n]*$/);
});

test("counts the rows of lines that a narrower terminal has wrapped", () => {
  expect(rowsAt(40, ["x".repeat(40), "x".repeat(41), "", "日".repeat(21)])).toBe(6);
});
