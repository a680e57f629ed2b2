import { assignRows, type Interval } from "./chrome-trace-rows.ts";
import { firstWords } from "./printable.ts";
import { type RunView, statusOf, type TaskView } from "./run-view.ts";

/** The processes that a viewer shows: what worked, and what waited. */
const workers_pid = 1;
const waiting_pid = 2;

/** Tasks that wait at the same time and are shown one by one; the counter has all of them. */
const max_waiting_tracks = 50;

/** A span on a track; times are microseconds from the start of the run. */
interface Slice extends Interval {
  task: TaskView;
  name: string;
  category: string;
  args: Record<string, unknown>;
  color?: string;
}

type TraceEvent = Record<string, unknown>;

/**
 * The report of a run in the Trace Event Format, for ui.perfetto.dev and chrome://tracing: a track per worker with the
 * attempts that it carried out, tracks for what was ready and waited, and arrows from a task to those that needed it.
 */
export function renderChromeTrace(view: RunView): string {
  const { run } = view;
  const origin = Date.parse(run.started.time);
  const micros = (time: string): number => Math.max(0, (Date.parse(time) - origin) * 1000);
  const end = micros(run.events.at(-1)?.time ?? run.started.time);
  const attempts = view.tasks.flatMap((task) => attemptSlices(task, micros, end));
  const waits = view.tasks.flatMap((task) => waitSlices(task, micros, end));
  const lanes = assignRows(attempts);
  const waiting = assignRows(waits).map((lane) => Math.min(lane, max_waiting_tracks));
  const events = [
    nameTracks(workers_pid, "workers", "worker", lanes),
    attempts.map((slice, i) => sliceEvent(slice, workers_pid, lanes[i] ?? 0)),
    countWaiting(waits),
    nameTracks(waiting_pid, "waiting", "waiting", waiting),
    waits.flatMap((slice, i) => {
      const lane = waiting[i] ?? 0;
      return lane < max_waiting_tracks ? [sliceEvent(slice, waiting_pid, lane)] : [];
    }),
    arrows(view, attempts, lanes),
  ].flat();
  const about = {
    run_id: run.folder.run_id,
    correlation_id: run.started.correlation_id,
    status: statusOf(view),
    started_at: run.started.time,
    user_prompt: firstWords(run.started.user_prompt ?? "", 200),
  };
  // An event a line: such files are grepped too.
  const lines = events.map((event) => JSON.stringify(event)).join(",\n");
  return `{"displayTimeUnit":"ms","otherData":${JSON.stringify(about)},"traceEvents":[\n${lines}\n]}\n`;
}

const colors = { success: "good", error: "terrible", cancelled: "grey" } as const;

function attemptSlices(task: TaskView, micros: (time: string) => number, run_end: number): Slice[] {
  const { task_id, row, trace } = task;
  return trace.attempts.map(({ attempt, started_at, finished_at, status, error, error_kind, usage }, i) => {
    const start = micros(started_at);
    const next = trace.attempts[i + 1];
    // An attempt that a crash ended lasts as far as the journal knows of it.
    const over = finished_at ?? next?.started_at;
    const end = Math.max(start, over === undefined ? run_end : micros(over));
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
        status: status ?? (next === undefined ? "unfinished" : "interrupted"),
        ...(error === null ? {} : { error, error_kind }),
        ...(usage === null ? {} : usage),
        ...(row.description === "" ? {} : { description: row.description }),
        ...(trace.dependencies.length === 0 ? {} : { dependencies: trace.dependencies.join(", ") }),
      },
    };
  });
}

/** From ready to the first attempt, and from each failed attempt to the next. */
function waitSlices(task: TaskView, micros: (time: string) => number, run_end: number): Slice[] {
  const { task_id, trace } = task;
  const slices: Slice[] = [];
  for (const [i, event] of trace.events.entries()) {
    if (event.type !== "task.ready" && event.type !== "task.retrying" && event.type !== "task.waiting") continue;
    const over = trace.events.slice(i + 1).find(({ type }) => type === "attempt.started" || type === "task.finished");
    const start = micros(event.time);
    const end = Math.max(start, over === undefined ? run_end : micros(over.time));
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

function sliceEvent(slice: Slice, pid: number, lane: number): TraceEvent {
  const { name, category, start, end, color, args } = slice;
  const cname = color === undefined ? {} : { cname: color };
  return { ph: "X", name, cat: category, ts: start, dur: end - start, pid, tid: lane + 1, ...cname, args };
}

function nameTracks(pid: number, process: string, track: string, lanes: readonly number[]): TraceEvent[] {
  if (lanes.length === 0) return [];
  const count = Math.min(
    lanes.reduce((most, lane) => Math.max(most, lane + 1), 0),
    pid === waiting_pid ? max_waiting_tracks : Number.POSITIVE_INFINITY,
  );
  const events: TraceEvent[] = [
    { ph: "M", name: "process_name", pid, tid: 0, args: { name: process } },
    { ph: "M", name: "process_sort_index", pid, tid: 0, args: { sort_index: pid } },
  ];
  for (let tid = 1; tid <= count; tid++) {
    events.push({ ph: "M", name: "thread_name", pid, tid, args: { name: `${track} ${tid}` } });
    events.push({ ph: "M", name: "thread_sort_index", pid, tid, args: { sort_index: tid } });
  }
  return events;
}

/** A counter of the tasks that are ready and have no worker. */
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
 * A flow from the last attempt of a dependency to the first attempt of the task that needed it. A flow event belongs to
 * the slice that holds its time, the end of a slice not being in it; a slice without length can hold none.
 */
function arrows({ tasks }: RunView, attempts: readonly Slice[], lanes: readonly number[]): TraceEvent[] {
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
      events.push({ ph: "s", ...flow, tid: (lanes[from] ?? 0) + 1, ts: source.end - 1 });
      events.push({ ph: "f", bp: "e", ...flow, tid: (lanes[to] ?? 0) + 1, ts: target.start });
    }
  }
  return events;
}
