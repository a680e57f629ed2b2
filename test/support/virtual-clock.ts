import type { Clock } from "../../src/scheduler/index.ts";

/** A clock that moves only when a test advances it, so that waiting takes no time. */
export interface VirtualClock extends Clock {
  /** Advances to the next scheduled call and makes it; returns false if there is none. */
  step(): boolean;
}

/** Lets every promise that can settle do so. */
export const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Creates a clock that starts at 0. */
export function createVirtualClock(): VirtualClock {
  let now = 0;
  const due = new Set<{ at: number; call: () => void }>();
  return {
    now: () => now,
    wall: () => now,
    after(ms, call) {
      const entry = { at: now + ms, call };
      due.add(entry);
      return () => due.delete(entry);
    },
    step() {
      const [first] = [...due].sort((a, b) => a.at - b.at);
      if (first === undefined) return false;
      due.delete(first);
      now = Math.max(now, first.at);
      first.call();
      return true;
    },
  };
}
