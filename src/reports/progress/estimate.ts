/** The work of a run, by the tasks' indices. A `Plan` fits. */
export interface PlannedWork {
  tasks: readonly { task_id: string }[];
  /** Expected duration of a task: milliseconds if `measured`, else in any unit. */
  duration(task: number): number;
  /** Length of the longest chain that starts with each task, including the task, in the unit of `duration`. */
  chain: readonly number[];
  /** Whether every task's duration was measured in an earlier run. */
  measured: boolean;
  config: { max_workers: number };
}

/** Estimates the remaining time of a run. */
export interface Estimate {
  /** Records that an attempt of the task starts, or with `undefined` that it has ended. */
  setStart(task_id: string, since: number | undefined): void;
  /** Records a task's end; `ms` is its duration, if it helps to estimate the others. */
  finished(task_id: string, ms: number | undefined): void;
  /** Returns milliseconds, or `undefined` while there is nothing to base an estimate on. */
  remaining(now: number): number | undefined;
}

/** Age at which an estimate is computed again: that walks all tasks, and a number that flickers is hard to read. */
const max_age_ms = 1000;

/**
 * Creates an estimate: the remaining work divided by the workers, or the longest remaining chain, whichever is longer.
 * Work without measured durations is scaled by the durations of the tasks that have ended.
 */
export function createEstimate({ tasks, duration, chain, measured, config }: PlannedWork): Estimate {
  const index = new Map(tasks.map(({ task_id }, i) => [task_id, i]));
  const open = new Set(tasks.keys());
  const since = new Map<number, number>();
  let taken_ms = 0;
  let taken_units = 0;
  let cached: { at: number; left: number | undefined } | undefined;

  function compute(now: number): number | undefined {
    if (!measured && taken_units === 0) return undefined;
    const scale = measured ? 1 : taken_ms / taken_units;
    let work = 0;
    let longest = 0;
    for (const i of open) {
      const expected = duration(i) * scale;
      const started_at = since.get(i);
      const spent = started_at === undefined ? 0 : Math.min(expected, now - started_at);
      work += expected - spent;
      longest = Math.max(longest, (chain[i] ?? 0) * scale - spent);
    }
    const left = Math.max(work / config.max_workers, longest);
    return left > 0 ? left : undefined;
  }

  return {
    setStart(task_id, started_at) {
      const i = index.get(task_id);
      if (i === undefined) return;
      if (started_at === undefined) since.delete(i);
      else since.set(i, started_at);
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
    remaining(now) {
      if (cached === undefined || cached.left === undefined || now - cached.at >= max_age_ms)
        cached = { at: now, left: compute(now) };
      return cached.left;
    },
  };
}
