import { expect, test } from "vitest";
import { showDelay, showDuration, showElapsed, showEstimate } from "../../src/reports/duration.ts";

test.each([
  [0, "0 ms"],
  [449, "449 ms"],
  [999, "999 ms"],
  [999.6, "1.0 s"],
  [12_340, "12.3 s"],
  [59_949, "59.9 s"],
  [59_950, "1 min 0 s"],
  [125_000, "2 min 5 s"],
  [3_599_600, "1 h 0 min"],
  [3_780_000, "1 h 3 min"],
  [183_600_000, "2 d 3 h"],
])("%d ms is shown as %s", (ms, text) => {
  expect(showDuration(ms)).toBe(text);
});

test("a running clock shows whole seconds", () => {
  expect([-1, 999, 12_900, 185_000, 3_720_000].map((ms) => showElapsed(ms))).toEqual([
    "0 s",
    "0 s",
    "12 s",
    "3 min 5 s",
    "1 h 2 min",
  ]);
  expect([20, 1200].map((ms) => showDelay(ms))).toEqual(["now", "in 1.2 s"]);
});

test("an estimate is shown in coarse steps", () => {
  expect([300, 8000, 23_000, 61_000, 251_000, 4_000_000].map((ms) => showEstimate(ms))).toEqual([
    "1 s",
    "8 s",
    "25 s",
    "1 min 30 s",
    "4 min 30 s",
    "1 h 10 min",
  ]);
});
