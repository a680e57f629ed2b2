import { createReadyHeap } from "#graph";

/** A time span in any unit; `end` is at or after `start`. */
export interface Interval {
  start: number;
  end: number;
}

/**
 * Assigns each interval the first free track, from 0, and returns the tracks in the order of the intervals. Intervals on a
 * track may touch but do not overlap. Uses as many tracks as intervals overlap at any one time.
 */
export function assignTracks(intervals: readonly Interval[]): number[] {
  const order = intervals.map((interval, position) => ({ ...interval, position }));
  order.sort((a, b) => a.start - b.start || a.end - b.end);
  const until: number[] = [];
  const busy = createReadyHeap((a, b) => (until[a] ?? 0) < (until[b] ?? 0));
  const idle = createReadyHeap((a, b) => a < b);
  const tracks: number[] = new Array(intervals.length).fill(0);
  for (const { start, end, position } of order) {
    for (let track = busy.pop(); track !== undefined; track = busy.pop()) {
      if ((until[track] ?? 0) > start) {
        busy.push(track);
        break;
      }
      idle.push(track);
    }
    const track = idle.pop() ?? until.length;
    until[track] = end;
    busy.push(track);
    tracks[position] = track;
  }
  return tracks;
}
