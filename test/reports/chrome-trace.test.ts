import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { assignTracks } from "../../src/reports/chrome-trace-tracks.ts";
import { renderReport } from "../../src/reports/report.ts";
import type { RecordedRun } from "../../src/traces/index.ts";
import { goodRun, killedRun, mixedRun, newestRun } from "../support/recorded.ts";
import { Rig, task } from "../support/rig.ts";

interface TraceEvent {
  ph: string;
  name: string;
  cat: string;
  pid: number;
  tid: number;
  ts: number;
  dur: number;
  id: number;
  args: Record<string, unknown>;
}

const parse = (text: string): TraceEvent[] => (JSON.parse(text) as { traceEvents: TraceEvent[] }).traceEvents;

test("intervals on a track never overlap, and no track is wasted", () => {
  const interval = fc
    .record({ start: fc.nat(50), length: fc.nat(20) })
    .map(({ start, length }) => ({ start, end: start + length }));
  fc.assert(
    fc.property(fc.array(interval, { maxLength: 40 }), (intervals) => {
      const tracks = assignTracks(intervals);
      expect(tracks).toHaveLength(intervals.length);
      intervals.forEach((a, i) => {
        intervals.forEach((b, j) => {
          if (i < j && tracks[i] === tracks[j]) expect(a.end <= b.start || b.end <= a.start).toBe(true);
        });
      });
      // As many tracks as intervals at the busiest moment; an interval without length counts at its own moment.
      const busiest = Math.max(
        0,
        ...intervals.map(
          ({ start }) =>
            intervals.filter((b) => b.start <= start && (start < b.end || (b.start === b.end && b.start === start))).length,
        ),
      );
      expect(new Set(tracks).size).toBeLessThanOrEqual(busiest);
    }),
  );
});

describe("the timeline of a run", () => {
  const rig = new Rig();
  let run: RecordedRun;
  let events: TraceEvent[];
  beforeAll(async () => {
    run = await mixedRun(rig);
    events = parse(renderReport("chrome-trace", run));
  });
  afterAll(() => rig.close());
  const slices = (cat: string): TraceEvent[] => events.filter((event) => event.ph === "X" && event.cat === cat);

  test("every attempt is a slice, in microseconds from the start of the run", () => {
    const attempts = slices("attempt");
    expect(attempts).toHaveLength(run.traces.reduce((sum, trace) => sum + trace.attempts.length, 0));
    const [attempt] = run.traces[0]?.attempts ?? [];
    const start = Date.parse(attempt?.started_at ?? "") - Date.parse(run.started.time);
    expect(attempts.find(({ name }) => name === "build")).toMatchObject({ ts: start * 1000, args: { status: "success" } });
    expect(attempts.map(({ name }) => name)).toContain("flaky (attempt 2)");
  });

  test("slices of a track never overlap, and there are at most as many tracks as workers", () => {
    const tracks = Map.groupBy(
      events.filter(({ ph }) => ph === "X"),
      ({ pid, tid }) => `${pid}/${tid}`,
    );
    for (const track of tracks.values()) {
      const sorted = track.toSorted((a, b) => a.ts - b.ts || a.dur - b.dur);
      sorted.forEach((slice, i) => {
        const before = sorted[i - 1];
        if (before !== undefined) expect(before.ts + before.dur).toBeLessThanOrEqual(slice.ts);
      });
    }
    expect(new Set(slices("attempt").map(({ tid }) => tid)).size).toBeLessThanOrEqual(
      Number(run.started.options["max_workers"]),
    );
  });

  test("every track has a name, and a backoff is a slice", () => {
    const named = events.filter(({ ph, name }) => ph === "M" && name === "thread_name").map(({ pid, tid }) => `${pid}/${tid}`);
    for (const { pid, tid } of events.filter(({ ph }) => ph === "X")) expect(named).toContain(`${pid}/${tid}`);
    expect(slices("backoff").map(({ name }) => name)).toEqual(["flaky backs off"]);
  });
});

test("a run with many waiting tasks has at most 50 waiting tracks, and counts the tasks", async () => {
  await using rig = new Rig();
  const tasks = Array.from({ length: 80 }, (_, i) => task(`t${i}`, ["true"]));
  await rig.dispatch({ tasks, config: { max_workers: 2 } });
  const events = parse(renderReport("chrome-trace", newestRun(rig)));
  const tracks = (pid: number): number =>
    new Set(events.filter((event) => event.ph === "X" && event.pid === pid).map(({ tid }) => tid)).size;
  expect(tracks(1)).toBeLessThanOrEqual(2);
  expect(tracks(2)).toBe(50);
  const counts = events.filter(({ ph }) => ph === "C").map(({ args }) => Number(args["tasks"]));
  expect(Math.max(...counts)).toBeGreaterThan(70);
  expect(counts.at(-1)).toBe(0);
});

test("a hundred thousand simultaneous attempts have as many tracks", () => {
  const tracks = assignTracks(Array.from({ length: 100_000 }, () => ({ start: 0, end: 1 })));
  expect(new Set(tracks).size).toBe(100_000);
});

test("an arrow leads from the slice of a dependency to the slice of its dependent", async () => {
  await using rig = new Rig();
  const events = parse(renderReport("chrome-trace", await goodRun(rig)));
  const slice = (name: string): TraceEvent | undefined => events.find((event) => event.ph === "X" && event.name === name);
  const holds = (outer: TraceEvent | undefined, inner: TraceEvent | undefined): boolean =>
    outer !== undefined &&
    inner !== undefined &&
    outer.tid === inner.tid &&
    outer.ts <= inner.ts &&
    inner.ts < outer.ts + outer.dur;
  const start = events.find(({ ph }) => ph === "s");
  const finish = events.find(({ ph }) => ph === "f");
  expect(start?.id).toBe(finish?.id);
  expect(holds(slice("first"), start)).toBe(true);
  expect(holds(slice("second"), finish)).toBe(true);
});

test("an attempt ended by a kill lasts until the last event and is open", async () => {
  await using rig = new Rig();
  const held = parse(renderReport("chrome-trace", await killedRun(rig))).find(({ name, ph }) => ph === "X" && name === "held");
  expect(held?.args["status"]).toBe("open");
  expect(held?.dur).toBeGreaterThanOrEqual(0);
});
