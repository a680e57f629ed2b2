import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import type { RunResult } from "../../../src/events/index.ts";
import { summaryLines } from "../../../src/reports/progress/summary.ts";
import { createTheme } from "../../../src/reports/progress/theme.ts";
import { resultOf, row } from "./run-events.ts";

const theme = createTheme({ colour: 0 });
const summary = (result: RunResult, columns: number, hint?: string) =>
  summaryLines(result, { theme, columns, hint, cwd: "/w" });
const error = { status: "error", error: "The command exited with 3.", error_kind: "exit" } as const;

const some = resultOf([
  row("build", { usage: { input_tokens: 900, output_tokens: 100, cost_usd: 0.0421 } }),
  row("lint", { ...error, attempts: 2, suggestion: "Run it by hand." }),
  row("deploy", { status: "skipped", error: "Skipped, because lint did not succeed.", error_kind: "dependency" }),
  row("docs", { reused: true }),
]);

test("the table shows each task's status, time, attempts, cost and error", () => {
  expect(summary(some, 90)).toEqual([
    "",
    "  task    status        time  attempts    cost  note",
    "✔ build   success      1.2 s         1  $0.042",
    "✖ lint    error        1.2 s         2          The command exited with 3.",
    "○ deploy  skipped          –         0          Skipped, because lint did not succeed.",
    "✔ docs    success      1.2 s         1          reused",
    "",
    "✖ 2 success, 1 error, 1 skipped in 1 min 5 s, 1 reused",
    "",
    "  try     Run it by hand. (lint)",
    "  see     dispatch trace 20260101T000000000-abcdef lint",
    "  next    dispatch resume 20260101T000000000-abcdef",
    "  traces  traces/20260101T000000000-abcdef",
  ]);
});

test("a command names the trace directory unless it is the default, quoted for a shell", () => {
  const elsewhere = { ...some, trace_index: "/w/my runs/20260101T000000000-abcdef/index.json" };
  expect(summary(elsewhere, 200).filter((line) => line.includes("dispatch "))).toEqual([
    "  see     dispatch trace 20260101T000000000-abcdef lint --trace-dir 'my runs'",
    "  next    dispatch resume 20260101T000000000-abcdef --trace-dir 'my runs'",
  ]);
  const [line] = summary({ ...elsewhere, trace_index: "/x/20260101T000000000-abcdef/index.json" }, 200).slice(-2);
  expect(line).toBe("  next    dispatch resume 20260101T000000000-abcdef --trace-dir /x");
});

test("warnings follow each other as sentences", () => {
  const warned = resultOf([row("build", { reused: true, warnings: ["It left a child behind.", "No field is named."] })]);
  expect(summary(warned, 120)[2]).toMatch(/ reused, It left a child behind\. No field is named\.$/);
});

test("on a narrow terminal notes are below their tasks, and commands still work in a shell", () => {
  expect(summary(some, 40)).toEqual([
    "",
    "  task    status        time",
    "✔ build   success      1.2 s",
    "  $0.042",
    "✖ lint    error        1.2 s  ×2",
    "  The command exited with 3.",
    "○ deploy  skipped          –",
    "  Skipped, because lint did not succeed.",
    "✔ docs    success      1.2 s",
    "  reused",
    "",
    "✖ 2 success, 1 error, 1 skipped in 1 min",
    "  5 s, 1 reused",
    "",
    "  try     Run it by hand. (lint)",
    "  see     dispatch trace \\",
    "          20260101T000000000-abcdef lint",
    "  next    dispatch resume \\",
    "          20260101T000000000-abcdef",
    "  traces  …ces/20260101T000000000-abcdef",
  ]);
});

test("equal suggestions are printed once, and many failures share a command", () => {
  const rows = ["a", "b", "c", "d"].map((id) => row(id, { ...error, suggestion: "Log in again." }));
  const text = summary(resultOf(rows), 120);
  expect(text.filter((line) => line.includes("Log in again."))).toEqual(["  try     Log in again. (a, b, c and 1 more)"]);
  expect(text.filter((line) => line.includes("dispatch trace"))).toEqual([
    ...["a", "b", "c"].map((id) => `  see     dispatch trace 20260101T000000000-abcdef ${id}`),
    "  see all dispatch trace 20260101T000000000-abcdef",
  ]);
});

test("a long run shows its failures and counts the rest", () => {
  const rows = Array.from({ length: 1000 }, (_, i) => row(`t${i}`, i % 100 === 7 ? error : {}));
  const text = summary(resultOf([...rows, row("last", { status: "skipped", error: "Skipped." })]), 80);
  expect(text.filter((line) => line.startsWith("✖ t"))).toHaveLength(10);
  expect(text).toContain("  … and 990 success, 1 skipped");
  expect(text.length).toBeLessThan(30);
});

test("a task stopped by a signal is shown as interrupted, in the table and the counts", () => {
  const stopped = { status: "cancelled", error: "Stopped by SIGINT.", error_kind: "interrupted" } as const;
  expect(summary(resultOf([row("build"), row("lint", stopped)]), 90).slice(1, 6)).toEqual([
    "  task   status          time  attempts  note",
    "✔ build  success        1.2 s         1",
    "■ lint   interrupted    1.2 s         1  Stopped by SIGINT.",
    "",
    "■ 1 success, 1 interrupted in 1 min 5 s",
  ]);
});

test("a run with only successes shows their count and cost", () => {
  const usage = { input_tokens: 10, output_tokens: 5, cost_usd: 1.5 };
  expect(summary(resultOf([row("a"), row("b")], { usage }), 80)).toContain("✔ 2 success in 1 min 5 s, $1.50, 15 tokens");
});

test("the hint is the last line", () => {
  expect(summary(resultOf([row("a")]), 80, "One task is few.").at(-1)).toBe("  note    One task is few.");
});

test("no line is wider than the terminal", () => {
  const id = fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,127}$/);
  const rows = fc.array(
    fc.record({
      id,
      text: fc.string({ unit: "grapheme", maxLength: 200 }),
      attempts: fc.integer({ min: 0, max: 101 }),
      kind: fc.nat(3),
    }),
    { minLength: 1, maxLength: 40 },
  );
  fc.assert(
    fc.property(rows, fc.integer({ min: 20, max: 250 }), (tasks, columns) => {
      const result = resultOf(
        tasks.map(({ id, text, attempts, kind }) => {
          const status = (["success", "error", "skipped", "cancelled"] as const)[kind] ?? "success";
          const failure = status === "success" ? {} : { error: text, error_kind: "exit" as const, suggestion: text };
          return row(id, { status, attempts, ...failure });
        }),
      );
      for (const line of summary(result, columns, "A hint that is long enough to be broken.")) {
        expect(stringWidth(line)).toBeLessThanOrEqual(columns);
        expect(line).not.toMatch(/[\n\r]/);
      }
    }),
  );
});
