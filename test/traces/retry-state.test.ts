import { expect, test } from "vitest";
import type { EventBody, RunEvent } from "../../src/events/index.ts";
import { createRetryState } from "../../src/traces/retry-state.ts";

const of = { task_id: "a", attempt: 1 };
const began: EventBody = { type: "attempt.started", ...of };
const session = (session_id: string): EventBody => ({ type: "agent.session", ...of, session_id });
const spoke: EventBody = { type: "agent.message", ...of, text: "Working." };
const failed = (error_kind: "verify" | "rate_limited", more: object = {}): EventBody => ({
  ...{ type: "attempt.finished", ...of, duration_ms: 1, status: "error", error: "No.", error_kind, ...more },
});
const stopped: EventBody = {
  ...{ type: "attempt.finished", ...of, duration_ms: 1, status: "cancelled", error: "Stopped.", error_kind: "interrupted" },
};
const ended = (outcome: object): EventBody =>
  ({ type: "task.finished", task_id: "a", agent: "x", attempts: 1, execution_time_ms: 1, outcome }) as EventBody;

const fold = (...bodies: EventBody[]) => {
  const unsettled = createRetryState();
  for (const [i, body] of bodies.entries())
    unsettled.take({ v: 1, seq: i + 1, time: "2026-01-01T00:00:00.000Z", run_id: "r", ...body } as RunEvent);
  const { attempts, failed, previous } = unsettled;
  return { attempts, failed, goes_on: previous?.session_id, why: previous?.error_kind };
};

test.each<[string, EventBody[], ReturnType<typeof fold>]>([
  ["nothing", [], { attempts: 0, failed: 0, goes_on: undefined, why: undefined }],
  ["a session without a word", [began, session("s")], { attempts: 1, failed: 0, goes_on: undefined, why: undefined }],
  ["a word in a session", [began, session("s"), spoke], { attempts: 1, failed: 0, goes_on: "s", why: "interrupted" }],
  ["a word before its session", [began, spoke, session("s")], { attempts: 1, failed: 0, goes_on: "s", why: "interrupted" }],
  ["the same, stopped", [began, session("s"), spoke, stopped], { attempts: 1, failed: 0, goes_on: "s", why: "interrupted" }],
  [
    "one that was killed before it spoke, behind one that had",
    [began, session("s"), spoke, began, session("new"), began],
    { attempts: 3, failed: 0, goes_on: "s", why: "interrupted" },
  ],
  [
    "a failure, and a retry that was killed before it spoke",
    [began, session("s"), spoke, failed("verify", { session_id: "s" }), began, session("s")],
    { attempts: 2, failed: 1, goes_on: "s", why: "verify" },
  ],
  [
    "one that was turned away, behind one that had spoken",
    [began, session("s"), spoke, began, failed("rate_limited")],
    { attempts: 2, failed: 0, goes_on: "s", why: "interrupted" },
  ],
  [
    "what a signal ended",
    [began, session("s"), spoke, stopped, ended({ status: "cancelled", error_kind: "interrupted", error: "Stopped." })],
    { attempts: 1, failed: 0, goes_on: "s", why: "interrupted" },
  ],
  [
    "what money was lacking for",
    [began, session("s"), spoke, ended({ status: "error", error_kind: "budget", error: "No money." })],
    { attempts: 1, failed: 0, goes_on: "s", why: "interrupted" },
  ],
  [
    "an end of its own",
    [began, failed("verify", { session_id: "s" }), ended({ status: "error", error_kind: "verify", error: "No." })],
    { attempts: 0, failed: 0, goes_on: undefined, why: undefined },
  ],
])("the next attempt goes on from %s as it should", (_, bodies, expected) => {
  expect(fold(...bodies)).toEqual(expected);
});
