import { expect, test } from "vitest";
import { error_kinds } from "../../src/events/index.ts";
import { backoffDelay, isRetryable } from "../../src/scheduler/index.ts";

const most = 0.999_999;

test("the maximum wait doubles with each attempt up to a limit, with full jitter", () => {
  expect([1, 2, 3, 4].map((failed) => backoffDelay("exit", failed, () => most))).toEqual([500, 1000, 2000, 4000]);
  expect(backoffDelay("exit", 50, () => most)).toBe(30_000);
  expect(backoffDelay("exit", 3, () => 0.5)).toBe(1000);
  expect(backoffDelay("exit", 3, () => 0)).toBe(0);
});

test("a remote service gets more time than a command", () => {
  expect(backoffDelay("agent", 1, () => most)).toBe(2000);
  expect(backoffDelay("agent", 50, () => most)).toBe(120_000);
});

test("failures that a retry cannot fix are not retried", () => {
  const retried = error_kinds.filter(isRetryable);
  const of_reserved = ["undeclared_write", "conflict", "lost"];
  expect(retried).toEqual(["exit", "signal", "timeout", "agent", "rate_limited", "invalid_output", "verify", ...of_reserved]);
});
