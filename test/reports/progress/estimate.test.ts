import { expect, test } from "vitest";
import { createEstimate } from "../../../src/reports/progress/estimate.ts";
import { workOf } from "./run-events.ts";

test("measured work is shared by the workers", () => {
  const estimate = createEstimate(workOf({ a: 10_000, b: 10_000, c: 10_000, d: 10_000 }, { max_workers: 2 }));
  expect(estimate.left(0)).toBe(20_000);
  estimate.working("a", 0);
  estimate.working("b", 0);
  expect(estimate.left(4000)).toBe(16_000);
});

test("a chain takes as long as all its tasks, whatever the workers", () => {
  const work = workOf({ a: 5000, b: 5000, c: 5000 }, { max_workers: 8, chain: [15_000, 10_000, 5000] });
  const estimate = createEstimate(work);
  estimate.working("a", 0);
  expect(estimate.left(2000)).toBe(13_000);
});

test("nothing is said as long as nobody can know", () => {
  const estimate = createEstimate(workOf({ a: 1, b: 1, c: 1 }, { measured: false, max_workers: 1 }));
  estimate.working("a", 0);
  expect(estimate.left(60_000)).toBeUndefined();
  estimate.finished("a", undefined);
  expect(estimate.left(61_000), "a failure does not say how long the others take").toBeUndefined();
});

test("work that was not measured is taken to last as long as what has succeeded so far", () => {
  const estimate = createEstimate(workOf({ a: 1, b: 1, c: 1 }, { measured: false, max_workers: 1 }));
  estimate.finished("a", 4000);
  expect(estimate.left(4000)).toBe(8000);
});

test("tasks that take longer than they should do not make the rest negative", () => {
  const estimate = createEstimate(workOf({ a: 1000, b: 5000 }, { max_workers: 1 }));
  estimate.working("a", 0);
  expect(estimate.left(90_000)).toBe(5000);
  estimate.finished("b", 5000);
  expect(estimate.left(95_000)).toBeUndefined();
});

test("a task that begins again counts from the beginning", () => {
  const estimate = createEstimate(workOf({ a: 10_000 }));
  estimate.working("a", 0);
  expect(estimate.left(4000)).toBe(6000);
  estimate.working("a", undefined);
  expect(estimate.left(5000)).toBe(10_000);
});
