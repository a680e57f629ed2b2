import { createReadyHeap, type Graph } from "#graph";
import { type ScheduledTask, startsBefore } from "./task.ts";

/** What a run should look like if every task takes as long as expected and none fails. */
export interface Forecast {
  /** The tasks in the order in which they would start. */
  order: number[];
  /** When the last one would end, in the unit of `duration`. */
  makespan: number;
}

/** Simulates the schedule without running anything. */
export function forecast(options: {
  graph: Graph;
  tasks: readonly ScheduledTask[];
  max_workers: number;
  duration(task: number): number;
}): Forecast {
  const { graph, tasks, max_workers, duration } = options;
  const missing = graph.dependencies.map((list) => list.length);
  const ends = new Array<number>(tasks.length).fill(0);
  const ready = createReadyHeap(startsBefore(tasks));
  const running = createReadyHeap((a, b) => (ends[a] ?? 0) < (ends[b] ?? 0) || (ends[a] === ends[b] && a < b));
  const order: number[] = [];
  let now = 0;
  missing.forEach((count, i) => {
    if (count === 0) ready.push(i);
  });
  for (;;) {
    while (running.size < max_workers) {
      const i = ready.pop();
      if (i === undefined) break;
      order.push(i);
      ends[i] = now + duration(i);
      running.push(i);
    }
    const ended = running.pop();
    if (ended === undefined) return { order, makespan: now };
    now = ends[ended] ?? now;
    for (const dependent of graph.dependents[ended] ?? []) {
      const left = (missing[dependent] ?? 0) - 1;
      missing[dependent] = left;
      if (left === 0) ready.push(dependent);
    }
  }
}
