import { expect, test } from "vitest";
import type { EventBody, RunEvent } from "../../src/events/index.ts";
import { createRetryState } from "../../src/traces/retry-state.ts";

const of = { task_id: "a", attempt: 1 };
const started: EventBody = { type: "attempt.started", ...of };
const session = (session_id: string): EventBody => ({ type: "agent.session", ...of, session_id });
const answered: EventBody = { type: "agent.message", ...of, text: "Working." };
const failed = (error_kind: "verify" | "rate_limited", more: object = {}): EventBody => ({
  ...{ type: "attempt.finished", ...of, duration_ms: 1, status: "error", error: "No.", error_kind, ...more },
});
const stopped: EventBody = {
  ...{ type: "attempt.finished", ...of, duration_ms: 1, status: "cancelled", error: "Stopped.", error_kind: "interrupted" },
};
const ended = (outcome: object): EventBody =>
  ({ type: "task.finished", task_id: "a", agent: "x", attempts: 1, execution_time_ms: 1, outcome }) as EventBody;

const replay = (...bodies: EventBody[]) => {
  const retry_state = createRetryState();
  for (const [i, body] of bodies.entries())
    retry_state.apply({ v: 1, seq: i + 1, time: "2026-01-01T00:00:00.000Z", run_id: "r", ...body } as RunEvent);
  const { attempts, failed, previous } = retry_state;
  return { attempts, failed, session: previous?.session_id, kind: previous?.error_kind };
};

test.each<[string, EventBody[], ReturnType<typeof replay>]>([
  ["nothing", [], { attempts: 0, failed: 0, session: undefined, kind: undefined }],
  ["a session without an answer", [started, session("s")], { attempts: 1, failed: 0, session: undefined, kind: undefined }],
  ["an answer in a session", [started, session("s"), answered], { attempts: 1, failed: 0, session: "s", kind: "interrupted" }],
  [
    "an answer before its session",
    [started, answered, session("s")],
    { attempts: 1, failed: 0, session: "s", kind: "interrupted" },
  ],
  [
    "an answer in a session, then a stop",
    [started, session("s"), answered, stopped],
    { attempts: 1, failed: 0, session: "s", kind: "interrupted" },
  ],
  [
    "an answer in a session, then an attempt killed before its answer",
    [started, session("s"), answered, started, session("new"), started],
    { attempts: 3, failed: 0, session: "s", kind: "interrupted" },
  ],
  [
    "a failure, then a retry killed before its answer",
    [started, session("s"), answered, failed("verify", { session_id: "s" }), started, session("s")],
    { attempts: 2, failed: 1, session: "s", kind: "verify" },
  ],
  [
    "an answer in a session, then a rate-limited attempt",
    [started, session("s"), answered, started, failed("rate_limited")],
    { attempts: 2, failed: 0, session: "s", kind: "interrupted" },
  ],
  [
    "an end by a signal",
    [started, session("s"), answered, stopped, ended({ status: "cancelled", error_kind: "interrupted", error: "Stopped." })],
    { attempts: 1, failed: 0, session: "s", kind: "interrupted" },
  ],
  [
    "an end by the budget",
    [started, session("s"), answered, ended({ status: "error", error_kind: "budget", error: "No money." })],
    { attempts: 1, failed: 0, session: "s", kind: "interrupted" },
  ],
  [
    "the task's own end",
    [started, failed("verify", { session_id: "s" }), ended({ status: "error", error_kind: "verify", error: "No." })],
    { attempts: 0, failed: 0, session: undefined, kind: undefined },
  ],
])("the retry state after %s", (_, bodies, expected) => {
  expect(replay(...bodies)).toEqual(expected);
});
