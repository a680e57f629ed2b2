import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DispatchError } from "../../src/errors/index.ts";
import type { EventBody, RunEvent } from "../../src/events/index.ts";
import { journalLine, replayRun, runFolder } from "../../src/traces/index.ts";
import { indexesToTry } from "../support/effort.ts";

const run_id = "20260101T000000000-abcdef";
const bodies: EventBody[] = [
  {
    type: "run.started",
    correlation_id: "c",
    tasks: ["a", "b", "ü"].map((task_id) => ({ task_id, agent: "command", description: "", dependencies: [] })),
    workspace_path: "/w",
    options: { max_workers: 2 },
    versions: { dispatch: "0", node: "v24", platform: "linux" },
    run_folder: "/r",
    token: "first",
  },
  { type: "task.started", task_id: "a", agent: "command" },
  { type: "attempt.started", task_id: "a", attempt: 1 },
  { type: "attempt.finished", task_id: "a", attempt: 1, duration_ms: 5, status: "success", error: null, error_kind: null },
  {
    type: "task.finished",
    task_id: "a",
    agent: "command",
    attempts: 1,
    execution_time_ms: 5,
    outcome: { status: "success", output: { n: 1, of: "ünï\n" } },
  },
  { type: "attempt.started", task_id: "b", attempt: 1 },
  { type: "agent.session", task_id: "b", attempt: 1, session_id: "s-1" },
  {
    type: "run.resumed",
    options: {},
    versions: { dispatch: "0", node: "v24", platform: "linux" },
    token: "second",
    reused: ["a"],
  },
  { type: "attempt.started", task_id: "ü", attempt: 1 },
  {
    type: "task.finished",
    task_id: "ü",
    agent: "command",
    attempts: 1,
    execution_time_ms: 7,
    outcome: { status: "error", error_kind: "exit", error: "The command exited with 1." },
  },
];
const events = bodies.map(
  (body, i): RunEvent => ({
    v: 1,
    seq: i + 1,
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, i)).toISOString(),
    run_id,
    ...body,
  }),
);
const whole = Buffer.from(events.map(journalLine).join(""));

describe("replay", () => {
  let trace_dir: string;
  const folder = () => runFolder(trace_dir, run_id);
  const replay = (journal: Buffer) => {
    writeFileSync(folder().journal, journal);
    return replayRun(folder());
  };

  beforeAll(() => {
    trace_dir = mkdtempSync(join(tmpdir(), "dispatch-replay-"));
    mkdirSync(folder().logs, { recursive: true });
  });
  afterAll(() => rmSync(trace_dir, { recursive: true }));

  test("returns what has ended, what was running and what never started", () => {
    const history = replay(whole);
    expect(history.tasks.get("a")?.outcome).toEqual({ status: "success", output: { n: 1, of: "ünï\n" } });
    expect(history.tasks.get("b")).toMatchObject({ outcome: undefined, attempts: [{ status: null, session_id: "s-1" }] });
    expect(history.tasks.get("ü")?.outcome?.status).toBe("error");
    expect(history).toMatchObject({
      last_seq: events.length,
      tokens: ["first", "second"],
      skipped_lines: 0,
      ends_in_newline: true,
    });
    // 6 s in the first start and 2 s in the second; the time between them does not count.
    expect(history.active_ms).toBe(8000);
  });

  /** Checks that a damaged journal yields no false success, and that its damaged lines are counted. */
  function check(journal: Buffer, about: string, has_copy = false): void {
    let history: ReturnType<typeof replay>;
    try {
      history = replay(journal);
    } catch (error) {
      // Replay may fail only without the first line.
      expect(error, about).toBeInstanceOf(DispatchError);
      const first = whole.indexOf(10) + 1;
      expect(has_copy, about).toBe(false);
      expect(journal.subarray(0, first).equals(whole.subarray(0, first)), about).toBe(false);
      return;
    }
    for (const [task_id, { outcome }] of history.tasks) {
      if (outcome?.status !== "success") continue;
      expect([task_id, outcome], about).toEqual(["a", { status: "success", output: { n: 1, of: "ünï\n" } }]);
    }
    const lines = journal
      .toString("latin1")
      .split("\n")
      .filter((line) => line !== "");
    const good = new Set(whole.toString("latin1").split("\n"));
    expect(history.skipped_lines, about).toBe(lines.filter((line) => !good.has(line)).length);
  }

  test("a journal cut at any byte after its first line replays without an error or a false success", () => {
    for (const length of indexesToTry("cut", whole.length)) check(whole.subarray(0, length), `cut at ${length}`);
  });

  test("a journal with any bit flipped yields no false success and counts the line as damaged", () => {
    for (const at of indexesToTry("flipped", whole.length)) {
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      check(flipped, `flipped at ${at}`);
    }
  });

  test("a journal with a damaged first line replays from the copy of that line", () => {
    const first = whole.indexOf(10) + 1;
    writeFileSync(folder().first_line, whole.subarray(0, first));
    for (const at of indexesToTry("first line", first)) {
      check(whole.subarray(0, at), `cut at ${at}`, true);
      const flipped = Buffer.from(whole);
      flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 8));
      check(flipped, `flipped at ${at}`, true);
      // The other lines still count.
      expect(replay(flipped).tasks.get("a")?.outcome?.status, `flipped at ${at}`).toBe("success");
    }
    rmSync(folder().first_line);
  });

  test("a journal with lines lost, doubled or swapped yields no false success", () => {
    const lines = whole.toString("utf8").trimEnd().split("\n");
    fc.assert(
      fc.property(fc.array(fc.nat({ max: lines.length - 1 }), { maxLength: 20 }), (picked) => {
        const journal = Buffer.from(`${[lines[0], ...picked.map((i) => lines[i])].join("\n")}\n`);
        for (const [task_id, { outcome }] of replay(journal).tasks)
          if (outcome?.status === "success") expect(task_id).toBe("a");
      }),
    );
  });

  test("a clock that goes back never makes the active time negative", () => {
    const back = events.map((event, i) => ({ ...event, time: new Date(Date.UTC(2026, 0, 1, 0, 0, 60 - i)).toISOString() }));
    const history = replay(Buffer.from(back.map(journalLine).join("")));
    expect(history.active_ms).toBe(0);
    expect(history.tasks.get("a")?.outcome?.status).toBe("success");
  });
});
