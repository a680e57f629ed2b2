import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createProgress } from "../../../src/reports/index.ts";
import { event, failed, failedAttempt, resultOf, retrying, row, skipped, started, succeeded, workOf } from "./run-events.ts";

async function plain(task_ids: string[], more: { hint?: string } = {}) {
  const stream = new PassThrough({ encoding: "utf8" });
  const clock = { now: 0 };
  let due: { at: number; call: () => void } | undefined;
  const progress = await createProgress({
    mode: "plain",
    stream,
    work: workOf(Object.fromEntries(task_ids.map((id) => [id, 1000]))),
    colour: 0,
    now: () => clock.now,
    after(ms, call) {
      due = { at: clock.now + ms, call };
      return () => {
        due = undefined;
      };
    },
    cwd: "/w",
    ...more,
  });
  return {
    progress,
    lines: (): string[] => ((stream.read() as string | null) ?? "").split("\n").slice(0, -1),
    /** Advances the clock and calls due callbacks. */
    pass(ms: number): void {
      const until = clock.now + ms;
      while (due !== undefined && due.at <= until) {
        const { at, call } = due;
        clock.now = at;
        call();
      }
      clock.now = until;
    },
    waits: () => due !== undefined,
  };
}

const begin = (task_id: string) => [event({ type: "task.started", task_id, agent: "command" }), started(task_id)];

test("each notable event is a line, in order", async () => {
  const { progress, lines } = await plain(["a", "b", "c", "d", "e"]);
  const events = [...begin("a"), ...begin("b"), failedAttempt("a"), retrying("a", 1200), succeeded("b"), started("a", 2)];
  for (const one of [...events, failed("a"), skipped("c", "a"), skipped("d", "a"), skipped("e", "c")]) progress.listen(one);
  progress.finish(undefined);
  expect(lines()).toEqual([
    "[0/5] a started",
    "[0/5] b started",
    "[0/5] a retries in 1.2 s (attempt 2): The command exited with 3.",
    "[1/5] b success in 1.0 s",
    "[2/5] a error in 1.0 s: The command exited with 3.",
    "[4/5] 2 tasks: Skipped, because a did not succeed.",
    "[5/5] e: Skipped, because c did not succeed.",
  ]);
});

test("a rate limit and a signal have lines of their own", async () => {
  const { progress, lines } = await plain(["a", "b"]);
  const until = "2026-01-01T00:00:30.000Z";
  const error = "You have hit your limit.";
  progress.listen(event({ type: "task.waiting", task_id: "a", attempt: 2, agent: "claude", until, error }));
  const outcome = { status: "cancelled", error_kind: "interrupted", error: "Stopped by SIGINT." } as const;
  const end = { task_id: "b", agent: "command", attempts: 1, execution_time_ms: 1000, outcome };
  progress.listen(event({ type: "task.finished", ...end }));
  expect(lines()).toEqual([
    "[0/2] a waits 30.0 s for the rate limit of claude: You have hit your limit.",
    "[1/2] b interrupted in 1.0 s: Stopped by SIGINT.",
  ]);
});

test("an error of several lines is shown on one, without escape codes", async () => {
  const { progress, lines } = await plain(["a"]);
  progress.listen(failed("a", "It says:\n\u001b[31mno\u001b[0m\r\nand stops."));
  expect(lines()).toEqual(["[1/1] a error in 1.0 s: It says: no and stops."]);
});

test("after a minute of silence a line lists the running tasks, and no timer outlives the run", async () => {
  const { progress, lines, pass, waits } = await plain(["a", "b"]);
  for (const one of begin("a")) progress.listen(one);
  pass(30_000);
  for (const one of begin("b")) progress.listen(one);
  expect(lines()).toHaveLength(2);
  pass(59_000);
  expect(lines()).toEqual([]);
  pass(1000);
  expect(lines()).toEqual(["[0/2] 1 min 30 s elapsed, still running: a (1 min 30 s), b (1 min 0 s)"]);
  progress.stopping("stop", "SIGTERM");
  pass(60_000);
  expect(lines()).toEqual([
    "dispatch: SIGTERM: stopping running tasks. A second signal kills them.",
    "[0/2] 2 min 30 s elapsed, stopping; still running: a (2 min 30 s), b (2 min 0 s)",
  ]);
  progress.finish(undefined);
  expect(waits()).toBe(false);
});

test("the summary is printed last, uncut, with the hint", async () => {
  const { progress, lines } = await plain(["a"], { hint: "One task is few." });
  const error = `It failed. ${"x".repeat(300)}`;
  progress.finish(resultOf([row("a", { status: "error", error, error_kind: "exit" })]));
  expect(lines()).toEqual([
    "",
    "  task  status        time  attempts  note",
    `✖ a     error        1.2 s         1  ${error}`,
    "",
    "✖ 1 error in 1 min 5 s",
    "",
    "  see     dispatch trace 20260101T000000000-abcdef a",
    "  next    dispatch resume 20260101T000000000-abcdef",
    "  traces  traces/20260101T000000000-abcdef",
    "  note    One task is few.",
  ]);
});

test("mode none prints warnings and nothing else", async () => {
  const stream = new PassThrough({ encoding: "utf8" });
  const progress = await createProgress({ mode: "none", stream, work: workOf({ a: 1 }), colour: 0, now: () => 0 });
  progress.listen(failed("a"));
  progress.warn("The trace cannot be written.");
  progress.finish(resultOf([row("a")]));
  expect(stream.read()).toBe("dispatch: The trace cannot be written.\n");
});
