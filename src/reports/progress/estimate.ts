/** What is going to run, as far as an estimate needs it; by the tasks' indices. A `Plan` is one. */
export interface PlannedWork {
  tasks: readonly { task_id: string }[];
  /** Expected time of a task: milliseconds if `measured`, else in any unit. */
  duration(task: number): number;
  /** The longest chain of work that starts with each task, itself counted, in the unit of `duration`. */
  chain: readonly number[];
  /** Whether every task's duration was measured in an earlier run. */
  measured: boolean;
  config: { max_workers: number };
}

/** How long the rest of a run will take. */
export interface Estimate {
  /** An attempt of the task begins, or with `undefined` has ended. */
  working(task_id: string, since: number | undefined): void;
  /** The task has ended; `ms` is what it took, where that says something of the others. */
  finished(task_id: string, ms: number | undefined): void;
  /** Milliseconds, or `undefined` as long as nobody can know. */
  left(now: number): number | undefined;
}

/** How long an estimate stands before it is made again: it walks all tasks, and a number that flickers is not read. */
const fresh_ms = 1000;

/**
 * Estimates from the work that is left over the workers, and from the longest chain in it, whichever is longer. Work that
 * was not measured is scaled by what the finished tasks took.
 */
export function createEstimate({ tasks, duration, chain, measured, config }: PlannedWork): Estimate {
  const index = new Map(tasks.map(({ task_id }, i) => [task_id, i]));
  const open = new Set(tasks.keys());
  const since = new Map<number, number>();
  let taken_ms = 0;
  let taken_units = 0;
  let made: { at: number; left: number | undefined } | undefined;

  function compute(now: number): number | undefined {
    if (!measured && taken_units === 0) return undefined;
    const scale = measured ? 1 : taken_ms / taken_units;
    let work = 0;
    let longest = 0;
    for (const i of open) {
      const expected = duration(i) * scale;
      const began = since.get(i);
      const done = began === undefined ? 0 : Math.min(expected, now - began);
      work += expected - done;
      longest = Math.max(longest, (chain[i] ?? 0) * scale - done);
    }
    const left = Math.max(work / config.max_workers, longest);
    return left > 0 ? left : undefined;
  }

  return {
    working(task_id, began) {
      const i = index.get(task_id);
      if (i === undefined) return;
      if (began === undefined) since.delete(i);
      else since.set(i, began);
    },
    finished(task_id, ms) {
      const i = index.get(task_id);
      if (i === undefined) return;
      open.delete(i);
      since.delete(i);
      if (ms === undefined) return;
      taken_ms += ms;
      taken_units += duration(i);
    },
    left(now) {
      if (made === undefined || made.left === undefined || now - made.at >= fresh_ms) made = { at: now, left: compute(now) };
      return made.left;
    },
  };
}
