import { createReadyHeap } from "#graph";

/** A span of time in any unit; `end` is not before `start`. */
export interface Interval {
  start: number;
  end: number;
}

/**
 * Gives each interval a lane, counting from 0, such that no two in a lane overlap (they may touch): the first lane that
 * is free when it starts. No more lanes are used than intervals overlap at any one time. The answer is by position.
 */
export function assignRows(intervals: readonly Interval[]): number[] {
  const order = intervals.map((interval, position) => ({ ...interval, position }));
  order.sort((a, b) => a.start - b.start || a.end - b.end);
  const until: number[] = [];
  const busy = createReadyHeap((a, b) => (until[a] ?? 0) < (until[b] ?? 0));
  const idle = createReadyHeap((a, b) => a < b);
  const lanes: number[] = new Array(intervals.length).fill(0);
  for (const { start, end, position } of order) {
    for (let lane = busy.pop(); lane !== undefined; lane = busy.pop()) {
      if ((until[lane] ?? 0) > start) {
        busy.push(lane);
        break;
      }
      idle.push(lane);
    }
    const lane = idle.pop() ?? until.length;
    until[lane] = end;
    busy.push(lane);
    lanes[position] = lane;
  }
  return lanes;
}
