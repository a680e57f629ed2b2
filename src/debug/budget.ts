/** The clock of an investigation; tests pass their own. */
export interface Clock {
  /** Returns milliseconds since a fixed moment. */
  now(): number;
  /** Returns a signal that aborts after `ms` milliseconds. */
  timeout(ms: number): AbortSignal;
}

const real_clock: Clock = { now: () => performance.now(), timeout: (ms) => AbortSignal.timeout(ms) };

/**
 * The steps that take time, in order: cheap and informative steps come first. `share` is the part of the total time after
 * which a step is stopped; a step starts only if more than `min_ms` are left until then. The rest of the time is reserved
 * for ranking the suspects and writing the report.
 */
const steps = {
  list: { share: 0.3, min_ms: 0 },
  walk: { share: 0.5, min_ms: 0 },
  raised: { share: 0.6, min_ms: 50 },
  log: { share: 0.6, min_ms: 20 },
  read: { share: 0.62, min_ms: 0 },
  weigh: { share: 0.7, min_ms: 0 },
  parse: { share: 0.7, min_ms: 50 },
  examine: { share: 0.78, min_ms: 0 },
  blame: { share: 0.83, min_ms: 50 },
  callers: { share: 0.88, min_ms: 100 },
  history: { share: 0.88, min_ms: 50 },
} as const;

/** A kind of step. */
export type Step = keyof typeof steps;

/** The time budget of an investigation. */
export interface Budget {
  clock: Clock;
  /** Returns the milliseconds that a step may still take, or 0 if it should not start. */
  left(step: Step): number;
  /** Records what was skipped or cut short for lack of time. */
  skip(what: string): void;
  /** Returns one sentence that lists everything recorded, or nothing if nothing was skipped. */
  skipped(): string[];
}

/** Time limit of an investigation in milliseconds if the input sets none. */
export const default_budget_ms = 2000;

/** Creates the budget of an investigation that starts now and may take `total_ms` milliseconds. */
export function createBudget(total_ms: number, clock: Clock = real_clock): Budget {
  const began = clock.now();
  const skipped = new Set<string>();
  return {
    clock,
    left: (step) => {
      const { share, min_ms } = steps[step];
      const left = Math.floor(began + share * total_ms - clock.now());
      return left > min_ms ? left : 0;
    },
    skip: (what) => skipped.add(what),
    skipped: () =>
      skipped.size === 0 ? [] : [`Skipped or cut short by the time limit of ${total_ms} ms: ${[...skipped].join("; ")}.`],
  };
}
