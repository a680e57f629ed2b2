import { expect, test } from "vitest";
import { createProgress } from "../../../src/reports/index.ts";
import { FakeTerminal } from "../../support/screen.ts";
import { event, failed, failedAttempt, resultOf, retrying, row, started, succeeded, workOf } from "./run-events.ts";

async function live(size = { columns: 60, rows: 20 }, task_ids = ["a", "b", "c"]) {
  const stream = new FakeTerminal(size);
  let flush: (() => void) | undefined;
  const progress = await createProgress({
    mode: "live",
    stream,
    work: workOf(Object.fromEntries(task_ids.map((id) => [id, 1000]))),
    colour: 0,
    now: () => 0,
    after(_, call) {
      flush = call;
      return () => {
        flush = undefined;
      };
    },
    cwd: "/w",
  });
  return { stream, progress, flush: () => flush?.(), waits: () => flush !== undefined };
}

const withoutSpinner = (lines: string[]): string[] => lines.map((line) => line.replace(/^[⠀-⣿] {2}/, "@ "));

test("failures and retries are printed once, above the redrawn lines", async () => {
  const { stream, progress, flush } = await live();
  for (const one of [started("a"), started("b"), failedAttempt("a"), retrying("a", 500), failed("b")]) progress.listen(one);
  flush();
  expect(withoutSpinner(await stream.drawn())).toEqual([
    "↻ a  retries in 500 ms: The command exited with 3.",
    "✖ b  The command exited with 3.  1.0 s",
    expect.stringMatching(/^@ ━+─+ {2}1\/3 {2}1 error/),
    expect.stringMatching(/^ {3}a +in 0 s {2}attempt 2/),
  ]);
  progress.finish(undefined);
  expect(await stream.drawn()).toHaveLength(2);
});

test("lines that come together are one write", async () => {
  const ids = Array.from({ length: 500 }, (_, i) => `task-${i}`);
  const { stream, progress, flush } = await live({ columns: 60, rows: 20 }, ids);
  const chunks: string[] = [];
  const write = stream._write.bind(stream);
  stream._write = (chunk, encoding, done) => {
    if (chunk.includes("✖")) chunks.push(chunk);
    write(chunk, encoding, done);
  };
  for (const id of ids) progress.listen(failed(id));
  expect(chunks).toEqual([]);
  flush();
  expect(chunks).toHaveLength(1);
  expect((await stream.drawn()).filter((line) => line.startsWith("✖ "))).toHaveLength(500);
  progress.finish(undefined);
});

test("a warning is printed in full, on lines of its own, after earlier lines", async () => {
  const { stream, progress, waits } = await live();
  const about = { task_id: "a", attempt: 1, duration_ms: 1, error: null, error_kind: null };
  progress.listen(event({ type: "attempt.finished", status: "success", warnings: ["It left a child behind."], ...about }));
  progress.listen(started("b"));
  progress.warn(`SIGINT: stopping running tasks. ${"A second signal kills. ".repeat(3)}`);
  expect(waits(), "pending lines are written first").toBe(false);
  expect(withoutSpinner(await stream.drawn())).toEqual([
    "▲ a  It left a child behind.",
    "▲ SIGINT: stopping running tasks. A second signal kills. A",
    "  second signal kills. A second signal kills.",
    expect.stringMatching(/^@ ─+ {2}0\/3/),
    expect.stringMatching(/^ {3}b +0 s/),
  ]);
  expect(stream.screen.wrapped()).toBe(0);
  progress.finish(undefined);
});

test("when the terminal becomes narrower, printed lines stay and old redrawn lines go", async () => {
  const ids = ["one-task-with-a-long-name", "another-task-with-a-long-name"];
  const { stream, progress, flush } = await live({ columns: 100, rows: 20 }, ids);
  progress.listen(failed(ids[1] ?? "", "No."));
  progress.listen(started(ids[0] ?? ""));
  flush();
  for (const columns of [45, 30, 24]) {
    await stream.resize({ columns, rows: 20 });
    const lines = withoutSpinner(await stream.drawn());
    expect(lines.filter((line) => /@/.test(line))).toHaveLength(1);
    expect(lines.filter((line) => /^ {3}one/.test(line))).toHaveLength(1);
    expect(lines[0]).toMatch(/^✖ another-/);
  }
  progress.finish(undefined);
});

test("nothing is drawn on a terminal that is too narrow or reports no width, until it is wider", async () => {
  const { stream, progress } = await live({ columns: 100, rows: 20 });
  progress.listen(started("a"));
  await stream.resize({ columns: 8, rows: 20 });
  expect(await stream.drawn()).toEqual([]);
  expect(stream.screen.cursor_visible).toBe(true);
  await stream.resize({ columns: 60, rows: 20 });
  expect(withoutSpinner(await stream.drawn())[0]).toMatch(/^@ ─+ {2}0\/3/);
  stream.columns = 0;
  stream.emit("resize");
  progress.warn("It has no width.");
  expect(await stream.drawn()).toEqual(["▲ It has no width."]);
  progress.finish(undefined);
});

test("at the end the cursor is visible, and only printed lines and the summary are left", async () => {
  const { stream, progress } = await live();
  expect(stream.screen.cursor_visible).toBe(false);
  progress.listen(started("a"));
  progress.listen(failed("b"));
  progress.listen(succeeded("a"));
  progress.finish(resultOf([row("a"), row("b", { status: "error", error: "No." })]));
  const lines = await stream.drawn();
  expect(stream.screen.cursor_visible).toBe(true);
  expect(lines[0]).toBe("✖ b  The command exited with 3.  1.0 s");
  expect(lines.slice(1, 3)).toEqual(["", "  task  status        time  attempts  note"]);
  expect(lines.at(-1)).toBe("  traces  traces/20260101T000000000-abcdef");
  expect(stream.listenerCount("resize")).toBe(0);
});
