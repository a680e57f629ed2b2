import type { Clock } from "../../src/debug/budget.ts";
import type { Supervisor } from "../../src/process/index.ts";

/** A clock that moves only when a test advances it. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Creates a clock that starts at 0 and moves only on `advance`. */
export function createManualClock(): ManualClock {
  let now = 0;
  const waiting: { at: number; controller: AbortController }[] = [];
  return {
    now: () => now,
    timeout: (ms) => {
      const controller = new AbortController();
      waiting.push({ at: now + ms, controller });
      return controller.signal;
    },
    advance: (ms) => {
      now += ms;
      for (const { at, controller } of waiting) if (at <= now) controller.abort();
    },
  };
}

/**
 * Delays each git command by the cost in milliseconds whose words all occur in its arguments, or until it is aborted.
 * Records all commands in `calls`.
 */
export function slowGit(
  clock: ManualClock,
  costs: Readonly<Record<string, number>>,
  calls: string[] = [],
): (supervisor: Supervisor) => Supervisor {
  return (supervisor) => ({
    ...supervisor,
    run: (command, signal) => {
      const words = [command.command].flat();
      calls.push(words.join(" "));
      const cost = Object.entries(costs).find(([some]) => some.split(" ").every((word) => words.includes(word)))?.[1] ?? 0;
      for (let ms = 0; ms < cost && !signal.aborted; ms += 10) clock.advance(10);
      return supervisor.run(command, signal);
    },
  });
}
