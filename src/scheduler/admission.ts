import type { AttemptOutcome, Skipped } from "#events";
import type { Clock } from "./clock.ts";

/** What an attempt must keep to, as the gates granted it. */
export interface AttemptTerms {
  /** Most that the attempt may spend; US dollars. */
  max_usd?: number | undefined;
}

/** A gate's answer: the task starts on these terms, waits in the gate, or never starts. */
export type Admission =
  | { type: "granted"; terms?: AttemptTerms }
  | { type: "waiting" }
  | { type: "refused"; error_kind: Skipped["error_kind"]; why: string };

/** An attempt that does not count: the task starts again after `wait_ms` and has used up no retry. */
export interface Postponed {
  wait_ms: number;
}

/** One reason that can keep a ready task from starting: a budget, a rate limit, a lock, an approval. */
export interface Gate {
  /**
   * Reserves what an attempt of the task needs. A gate that answers `waiting` keeps the task, and passes it to `wake` when
   * the answer may be different.
   */
  request(task: number): Admission;
  /** Takes back a reservation whose attempt does not start, because a later gate did not grant it. */
  cancel(task: number): void;
  /** Ends the reservation: the attempt is over. */
  settle(task: number, outcome: AttemptOutcome): Postponed | undefined;
  /** The run stops: forgets waiting tasks and timers. */
  close(): void;
}

/** What the scheduler gives to each gate that it creates. */
export interface GateContext {
  agentOf(task: number): string;
  /** The order in which waiting tasks should start. */
  before(a: number, b: number): boolean;
  clock: Clock;
  /** From 0 up to 1. */
  random(): number;
  /** These tasks may be admitted now; each is asked for again. */
  wake(tasks: readonly number[]): void;
}

/** Creates a gate for one run. */
export type GateFactory = (context: GateContext) => Gate;

/** Joins gates into one: a task starts when all of them grant it, and holds none of them while it waits in one. */
export function joinGates(gates: readonly Gate[]): Gate {
  return {
    request(task) {
      let terms: AttemptTerms | undefined;
      for (const [n, gate] of gates.entries()) {
        const answer = gate.request(task);
        if (answer.type !== "granted") {
          for (const granted of gates.slice(0, n).reverse()) granted.cancel(task);
          return answer;
        }
        if (answer.terms !== undefined) terms = { ...terms, ...answer.terms };
      }
      return terms === undefined ? { type: "granted" } : { type: "granted", terms };
    },
    cancel(task) {
      for (const gate of gates.toReversed()) gate.cancel(task);
    },
    settle(task, outcome) {
      let postponed: Postponed | undefined;
      // In reverse, so that a rate limit is known before the budget wakes other tasks of the same agent.
      for (const gate of gates.toReversed()) postponed = gate.settle(task, outcome) ?? postponed;
      return postponed;
    },
    close() {
      for (const gate of gates) gate.close();
    },
  };
}
