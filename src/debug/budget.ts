/** Time as an investigation sees it; tests steer their own. */
export interface Clock {
  /** Milliseconds since some fixed moment. */
  now(): number;
  /** A signal that aborts after so many milliseconds. */
  timeout(ms: number): AbortSignal;
}

const real_clock: Clock = { now: () => performance.now(), timeout: (ms) => AbortSignal.timeout(ms) };

/**
 * The looks that take time, in the order in which they are taken: what is cheap and telling comes first. Each begins only
 * while `least_ms` are left until its share of the time has gone, and is ended then. What remains is for what cannot be
 * left out: to weigh what was found, and to tell it.
 */
const steps = {
  list: { share: 0.3, least_ms: 0 },
  walk: { share: 0.5, least_ms: 0 },
  raised: { share: 0.6, least_ms: 50 },
  log: { share: 0.6, least_ms: 20 },
  read: { share: 0.62, least_ms: 0 },
  weigh: { share: 0.7, least_ms: 0 },
  parse: { share: 0.7, least_ms: 50 },
  examine: { share: 0.78, least_ms: 0 },
  blame: { share: 0.83, least_ms: 50 },
  callers: { share: 0.88, least_ms: 100 },
  history: { share: 0.88, least_ms: 50 },
} as const;

/** A kind of look. */
export type Step = keyof typeof steps;

/** The time that an investigation has. */
export interface Budget {
  clock: Clock;
  /** Milliseconds that such a look may still take; 0 where it should not begin. */
  left(step: Step): number;
  /** Notes what was not looked at, or not to its end, for lack of time. */
  skip(what: string): void;
  /** What was noted, as one sentence; none where everything was looked at. */
  skipped(): string[];
}

/** How long an investigation takes at most where its input does not say. */
export const default_budget_ms = 2000;

/** Starts the clock of an investigation that may take `total_ms`. */
export function createBudget(total_ms: number, clock: Clock = real_clock): Budget {
  const began = clock.now();
  const skipped = new Set<string>();
  return {
    clock,
    left: (step) => {
      const { share, least_ms } = steps[step];
      const left = Math.floor(began + share * total_ms - clock.now());
      return left > least_ms ? left : 0;
    },
    skip: (what) => skipped.add(what),
    skipped: () =>
      skipped.size === 0
        ? []
        : [`Within ${total_ms} ms these were not looked at, or not to the end: ${[...skipped].join("; ")}.`],
  };
}
