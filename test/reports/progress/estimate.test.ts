import { expect, test } from "vitest";
import { createEstimate } from "../../../src/reports/progress/estimate.ts";
import { workOf } from "./run-events.ts";

test("the workers share measured work", () => {
  const estimate = createEstimate(workOf({ a: 10_000, b: 10_000, c: 10_000, d: 10_000 }, { max_workers: 2 }));
  expect(estimate.remaining(0)).toBe(20_000);
  estimate.setStart("a", 0);
  estimate.setStart("b", 0);
  expect(estimate.remaining(4000)).toBe(16_000);
});

test("a chain takes as long as all its tasks, even with more workers", () => {
  const work = workOf({ a: 5000, b: 5000, c: 5000 }, { max_workers: 8, chain: [15_000, 10_000, 5000] });
  const estimate = createEstimate(work);
  estimate.setStart("a", 0);
  expect(estimate.remaining(2000)).toBe(13_000);
});

test("without a measured or ended task there is no estimate", () => {
  const estimate = createEstimate(workOf({ a: 1, b: 1, c: 1 }, { measured: false, max_workers: 1 }));
  estimate.setStart("a", 0);
  expect(estimate.remaining(60_000)).toBeUndefined();
  estimate.finished("a", undefined);
  expect(estimate.remaining(61_000), "a failure is no measure for the other tasks").toBeUndefined();
});

test("work without measured durations is estimated from the tasks that succeeded so far", () => {
  const estimate = createEstimate(workOf({ a: 1, b: 1, c: 1 }, { measured: false, max_workers: 1 }));
  estimate.finished("a", 4000);
  expect(estimate.remaining(4000)).toBe(8000);
});

test("tasks that take longer than expected do not make the remaining time negative", () => {
  const estimate = createEstimate(workOf({ a: 1000, b: 5000 }, { max_workers: 1 }));
  estimate.setStart("a", 0);
  expect(estimate.remaining(90_000)).toBe(5000);
  estimate.finished("b", 5000);
  expect(estimate.remaining(95_000)).toBeUndefined();
});

test("a task that starts again counts from the start", () => {
  const estimate = createEstimate(workOf({ a: 10_000 }));
  estimate.setStart("a", 0);
  expect(estimate.remaining(4000)).toBe(6000);
  estimate.setStart("a", undefined);
  expect(estimate.remaining(5000)).toBe(10_000);
});
