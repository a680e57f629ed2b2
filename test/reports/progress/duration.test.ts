import fc from "fast-check";
import { expect, test } from "vitest";
import { formatDelay, formatDuration, formatElapsed, formatRough } from "../../../src/reports/progress/duration.ts";

test("times are short and in two units at most", () => {
  expect([0, 999, 12_000, 185_000, 3_720_000, 183_600_000].map(formatElapsed)).toEqual([
    "0s",
    "0s",
    "12s",
    "3m 05s",
    "1h 02m",
    "2d 03h",
  ]);
  expect([0, 449, 12_340, 59_949, 59_950, 185_400].map(formatDuration)).toEqual([
    "0ms",
    "449ms",
    "12.3s",
    "59.9s",
    "1m 00s",
    "3m 05s",
  ]);
  expect([20, 1200].map(formatDelay)).toEqual(["now", "in 1.2s"]);
});

test("a guess does not pretend to know more than it does", () => {
  expect([300, 8000, 23_000, 61_000, 251_000, 4_000_000].map(formatRough)).toEqual([
    "1s",
    "8s",
    "25s",
    "1m 30s",
    "4m 30s",
    "1h 10m",
  ]);
});

test("no time up to a hundred days is wider than its column", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 99 * 86_400_000 }), (ms) => {
      for (const text of [formatElapsed(ms), formatDuration(ms)]) expect(text.length).toBeLessThanOrEqual(7);
    }),
  );
});
