import type { Clock } from "../../src/debug/budget.ts";
import type { Supervisor } from "../../src/process/index.ts";

/** A clock that stands still until it is told to go on. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
}

/** Makes a clock that a test steers. */
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

/** Lets each question to git whose arguments hold these words take so long, unless it is ended before; notes what was asked. */
export function slowGit(
  clock: ManualClock,
  costs: Readonly<Record<string, number>>,
  asked: string[] = [],
): (supervisor: Supervisor) => Supervisor {
  return (supervisor) => ({
    ...supervisor,
    run: (command, signal) => {
      const words = [command.command].flat();
      asked.push(words.join(" "));
      const cost = Object.entries(costs).find(([some]) => some.split(" ").every((word) => words.includes(word)))?.[1] ?? 0;
      for (let ms = 0; ms < cost && !signal.aborted; ms += 10) clock.advance(10);
      return supervisor.run(command, signal);
    },
  });
}
