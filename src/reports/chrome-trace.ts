import { assignTracks, type Interval } from "./chrome-trace-tracks.ts";
import { truncateLine } from "./printable.ts";
import { type RunView, statusOf, type TaskView } from "./run-view.ts";
import { shownStatus } from "./status.ts";

/** Process ids of the two groups of tracks in a viewer. */
const workers_pid = 1;
const waiting_pid = 2;

/** Tracks for tasks that wait at the same time; the counter includes the others. */
const max_waiting_tracks = 50;

/** A span on a track; times are in microseconds from the start of the run. */
interface Slice extends Interval {
  task: TaskView;
  name: string;
  category: string;
  args: Record<string, unknown>;
  color?: string;
}

type TraceEvent = Record<string, unknown>;

/**
 * Renders a run in the Trace Event Format, for ui.perfetto.dev and chrome://tracing: a track per worker with its attempts,
 * tracks for waiting tasks, and arrows from tasks to their dependents.
 */
export function renderChromeTrace(view: RunView): string {
  const { run } = view;
  const origin = Date.parse(run.started.time);
  const micros = (time: string): number => Math.max(0, (Date.parse(time) - origin) * 1000);
  const end = micros(run.events.at(-1)?.time ?? run.started.time);
  const attempts = view.tasks.flatMap((task) => attemptSlices(task, micros, end));
  const waits = view.tasks.flatMap((task) => waitSlices(task, micros, end));
  const tracks = assignTracks(attempts);
  const waiting = assignTracks(waits).map((track) => Math.min(track, max_waiting_tracks));
  const events = [
    nameTracks(workers_pid, "workers", "worker", tracks),
    attempts.map((slice, i) => sliceEvent(slice, workers_pid, tracks[i] ?? 0)),
    countWaiting(waits),
    nameTracks(waiting_pid, "waiting", "waiting", waiting),
    waits.flatMap((slice, i) => {
      const track = waiting[i] ?? 0;
      return track < max_waiting_tracks ? [sliceEvent(slice, waiting_pid, track)] : [];
    }),
    arrows(view, attempts, tracks),
  ].flat();
  const about = {
    run_id: run.folder.run_id,
    correlation_id: run.started.correlation_id,
    status: statusOf(view),
    started_at: run.started.time,
    user_prompt: truncateLine(run.started.user_prompt ?? "", 200),
  };
  // One event per line, for grep.
  const lines = events.map((event) => JSON.stringify(event)).join(",\n");
  return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n${lines}\n]}\n`;
}

const colors = { success: "good", error: "terrible", cancelled: "grey" } as const;

function attemptSlices(task: TaskView, micros: (time: string) => number, run_end: number): Slice[] {
  const { task_id, row, trace } = task;
  return trace.attempts.map(({ attempt, started_at, finished_at, status, error, error_kind, usage }, i) => {
    const start = micros(started_at);
    const next = trace.attempts[i + 1];
    // An attempt that a crash ended lasts until the next one starts, or until the last event.
    const ended_at = finished_at ?? next?.started_at;
    const end = Math.max(start, ended_at === undefined ? run_end : micros(ended_at));
    const shown = status === null ? (next === undefined ? "open" : "interrupted") : shownStatus(status, error_kind);
    return {
      task,
      start,
      end,
      name: trace.attempts.length > 1 ? `${task_id} (attempt ${attempt})` : task_id,
      category: "attempt",
      color: colors[status ?? "cancelled"],
      args: {
        task_id,
        attempt,
        agent: row.agent,
        status: shown,
        ...(error === null ? {} : { error, error_kind }),
        ...(usage === null ? {} : usage),
        ...(row.description === "" ? {} : { description: row.description }),
        ...(trace.dependencies.length === 0 ? {} : { dependencies: trace.dependencies.join(", ") }),
      },
    };
  });
}

/** Returns the time from ready to the first attempt, and from each failed attempt to the next. */
function waitSlices(task: TaskView, micros: (time: string) => number, run_end: number): Slice[] {
  const { task_id, trace } = task;
  const slices: Slice[] = [];
  for (const [i, event] of trace.events.entries()) {
    if (event.type !== "task.ready" && event.type !== "task.retrying" && event.type !== "task.waiting") continue;
    const next = trace.events.slice(i + 1).find(({ type }) => type === "attempt.started" || type === "task.finished");
    const start = micros(event.time);
    const end = Math.max(start, next === undefined ? run_end : micros(next.time));
    if (end === start) continue;
    if (event.type === "task.ready") {
      slices.push({ task, start, end, name: `${task_id} waits for a worker`, category: "wait", args: { task_id } });
    } else if (event.type === "task.waiting") {
      const { attempt, agent, error } = event;
      const args = { task_id, attempt, agent, error };
      slices.push({ task, start, end, name: `${task_id} waits for ${agent}`, category: "limit", color: "bad", args });
    } else {
      const { attempt, delay_ms, error, error_kind } = event;
      const args = { task_id, attempt, delay_ms, error, error_kind };
      slices.push({ task, start, end, name: `${task_id} backs off`, category: "backoff", color: "bad", args });
    }
  }
  return slices;
}

function sliceEvent(slice: Slice, pid: number, track: number): TraceEvent {
  const { name, category, start, end, color, args } = slice;
  const cname = color === undefined ? {} : { cname: color };
  return { ph: "X", name, cat: category, ts: start, dur: end - start, pid, tid: track + 1, ...cname, args };
}

function nameTracks(pid: number, process: string, label: string, tracks: readonly number[]): TraceEvent[] {
  if (tracks.length === 0) return [];
  const count = Math.min(
    tracks.reduce((count, track) => Math.max(count, track + 1), 0),
    pid === waiting_pid ? max_waiting_tracks : Number.POSITIVE_INFINITY,
  );
  const events: TraceEvent[] = [
    { ph: "M", name: "process_name", pid, tid: 0, args: { name: process } },
    { ph: "M", name: "process_sort_index", pid, tid: 0, args: { sort_index: pid } },
  ];
  for (let tid = 1; tid <= count; tid++) {
    events.push({ ph: "M", name: "thread_name", pid, tid, args: { name: `${label} ${tid}` } });
    events.push({ ph: "M", name: "thread_sort_index", pid, tid, args: { sort_index: tid } });
  }
  return events;
}

/** Returns a counter of the tasks that are ready and wait for a worker. */
function countWaiting(waits: readonly Slice[]): TraceEvent[] {
  const changes = new Map<number, number>();
  const change = (ts: number, by: number): void => void changes.set(ts, (changes.get(ts) ?? 0) + by);
  for (const { category, start, end } of waits) {
    if (category !== "wait") continue;
    change(start, 1);
    change(end, -1);
  }
  let tasks = 0;
  return [...changes]
    .sort(([a], [b]) => a - b)
    .map(([ts, by]) => {
      tasks += by;
      return { ph: "C", name: "waiting for a worker", pid: workers_pid, ts, args: { tasks } };
    });
}

/**
 * Returns flows from the last attempt of a dependency to the first attempt of its dependent. A flow event belongs to the
 * slice at its time. Slices exclude their end, so a slice without length cannot have one.
 */
function arrows({ tasks }: RunView, attempts: readonly Slice[], tracks: readonly number[]): TraceEvent[] {
  const first = new Map<string, number>();
  const last = new Map<string, number>();
  attempts.forEach(({ task: { task_id } }, i) => {
    if (!first.has(task_id)) first.set(task_id, i);
    last.set(task_id, i);
  });
  const events: TraceEvent[] = [];
  let id = 0;
  for (const { task_id, trace } of tasks) {
    for (const dependency of trace.dependencies) {
      const [from, to] = [last.get(dependency) ?? -1, first.get(task_id) ?? -1];
      const [source, target] = [attempts[from], attempts[to]];
      if (source === undefined || target === undefined || source.end > target.start) continue;
      if (source.start === source.end || target.start === target.end) continue;
      const flow = { name: "dependency", cat: "dependency", id: ++id, pid: workers_pid };
      events.push({ ph: "s", ...flow, tid: (tracks[from] ?? 0) + 1, ts: source.end - 1 });
      events.push({ ph: "f", bp: "e", ...flow, tid: (tracks[to] ?? 0) + 1, ts: target.start });
    }
  }
  return events;
}
