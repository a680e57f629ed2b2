import { realpathSync } from "node:fs";
import type { UpstreamFailure } from "#agents";
import { DispatchError } from "#errors";
import {
  createBus,
  type EventBus,
  event_version,
  type Failure,
  type Listener,
  type RunEvent,
  type RunResult,
  type RunStarted,
  type StopReason,
  stoppedOutcome,
} from "#events";
import { createSupervisor, createToken, killStaleProcesses } from "#process";
import { agentThrottle, budgetGate, type Clock, schedule } from "#scheduler";
import { createRunId, type Journal, lockRun, type RunFolder, recordNew, recordResumed, runFolder } from "#traces";
import { runAttempt } from "./attempt.ts";
import { contextWarnings } from "./context.ts";
import { scheduledTasks, spenderOf } from "./forecast.ts";
import { gatherEarly, openContext } from "./open-context.ts";
import type { Plan, Resumed } from "./plan.ts";
import { redactLeftoverLogs } from "./redact-attempt.ts";
import { createContentHasher } from "./reuse/content-hash.ts";
import { createReuse } from "./reuse/reuse-result.ts";
import { version } from "./version.ts";

/** How a run is watched and stopped. */
export interface RunControl {
  /** Stops the run; a `StopReason` as its reason says why. */
  signal?: AbortSignal;
  /** Ends what is being stopped at once, without giving it time to end by itself. */
  kill?: AbortSignal;
  /** Hears every event, in order. */
  onEvent?: Listener;
  /** Files that the caller writes about the run; absolute. A task that reads the folder around them does not read them. */
  writes?: readonly string[];
  /** Something went wrong that does not change the result. */
  onWarning?(message: string): void;
}

/** How a run ended. */
export interface RunEnd {
  result: RunResult;
  folder: RunFolder;
  /** What stopped it before its own end. */
  stopped: StopReason | undefined;
}

const system_clock: Clock = {
  now: () => performance.now(),
  wall: Date.now,
  after(ms, call) {
    const timer = setTimeout(call, ms);
    return () => clearTimeout(timer);
  },
};

/** Runs a plan to its end, with everything that it started gone and everything written. */
export async function executeRun(planned: Plan, control: RunControl): Promise<RunEnd> {
  const { config } = planned;
  const began = performance.now();
  const token = createToken();
  const { resumed } = planned;
  const started = resumed?.history.started ?? startedEvent(planned, token, await openVars(planned), control.writes);
  const stop = new AbortController();
  const stopBy = (reason: StopReason): void => stop.abort(reason);
  const warn = (message: string): void => control.onWarning?.(message);
  const unlink = [onAbort(control.signal, () => stopBy(asStopReason(control.signal?.reason)))];
  // What must be whole before anything runs is gathered before there is a run.
  const early = config.context.strict ? await gatherEarly(planned, stop.signal, unlink) : undefined;
  const about = {
    started,
    max_workers: config.max_workers,
    onJournalFailure: (error: string) => stopBy({ type: "journal", error }),
    onWarning: warn,
  };
  const recording =
    resumed === undefined
      ? recordNew(planned.trace_dir, planned.text, about)
      : recordResumed(resumed.history, resumed.reused, about);
  const { journal, folder } = recording;
  const owner = resumed === undefined ? await lockRun(folder, warn) : resumed.lock;
  const bus = createBus({
    run_id: folder.run_id,
    recorder: journal,
    now: Date.now,
    seq: resumed?.history.last_seq ?? started.seq,
  });
  bus.subscribe(recording.listen);
  const caller = guard(control.onEvent, () => stopBy({ type: "caller" }));
  bus.subscribe(caller.listen);
  caller.listen(started);

  const supervisor = createSupervisor({ output_folder: folder.logs, token });
  unlink.push(onAbort(control.kill, () => supervisor.killNow()));
  const outputs = new Map<string, unknown>(resumed === undefined ? [] : outputsOf(resumed));
  const failures = new Map<string, UpstreamFailure>();
  bus.subscribe((event) => {
    if (event.type !== "task.finished" || event.outcome.status === "success") return;
    const { status, error_kind, error } = event.outcome;
    failures.set(event.task_id, { status, error_kind, error });
  });
  // A dispatch inside a task of another has no context but its own.
  const { DISPATCH_CONTEXT_FILE: _, ...inherited_env } = process.env;
  try {
    if (resumed !== undefined) await recoverRun(planned, resumed, token, bus, journal, folder, warn);
    const run_context = await openContext(planned, early, folder, stop.signal, warn);
    if (run_context !== undefined) {
      void bus.publish({ type: "context.gathered", ...run_context.gathered });
      for (const warning of contextWarnings(run_context.gathered)) warn(warning);
    }
    const context = {
      plan: planned,
      folder,
      supervisor,
      outputs,
      failures,
      run_context,
      warn,
      inherited_env,
      hasher: createContentHasher([planned.trace_dir, ...(control.writes ?? []), ...(started.writes ?? [])]),
      produced: new Map(),
      publish: (event: Parameters<typeof bus.publish>[0]) => void bus.publish(event),
    };
    const reuse = createReuse(context);
    // Where every task may turn out to be done there is perhaps nothing to start.
    if (reuse === undefined && planned.tasks.length > (resumed?.reused.size ?? 0)) {
      supervisor.prepare();
      await loadAgents(planned);
    }
    await schedule({
      graph: planned.graph,
      tasks: scheduledTasks(planned),
      max_workers: config.max_workers,
      fail_fast: config.fail_fast,
      gates: [
        budgetGate({
          run_usd: config.budget_usd,
          task_count: planned.tasks.length,
          spender: (i) => spenderOf(planned, i),
        }),
        agentThrottle,
      ],
      async execute(i, order, signal) {
        const task = planned.tasks[i];
        return task === undefined ? noSuchTask : runAttempt(context, task, order, signal);
      },
      ...(reuse === undefined ? {} : { reuse: reuse.reuse }),
      publish: (event) => bus.publish(event),
      clock: system_clock,
      random: Math.random,
      signal: stop.signal,
    });
    reuse?.warn();
  } finally {
    supervisor.close();
    for (const undo of unlink) undo();
  }
  const earlier_ms = resumed?.history.active_ms ?? 0;
  const result = recording.result(Math.round(earlier_ms + performance.now() - began));
  recording.write(result);
  await bus.publish({ type: "run.finished", result });
  await journal.close();
  owner?.release();
  caller.rethrow();
  // The scheduler stops at a failure too; only what came from outside, or the journal, ends the run before its time.
  return { result, folder, stopped: stop.signal.aborted ? (stop.signal.reason as StopReason) : undefined };
}

/** A turn's time is the agent's own. What cannot be loaded is told by the attempt that needs it. */
async function loadAgents({ tasks, agents }: Plan): Promise<void> {
  const names = new Set(tasks.map(({ agent }) => agent));
  await Promise.allSettled([...names].map((name) => agents.get(name)?.load?.()));
}

/** Says that the run goes on, and makes sure that nothing of its earlier starts still does, nor stands there as it was printed. */
async function recoverRun(
  planned: Plan,
  { history, reused }: Resumed,
  token: string,
  bus: EventBus,
  journal: Journal,
  folder: RunFolder,
  warn: (message: string) => void,
): Promise<void> {
  const vars = await openVars(planned);
  const given = Object.keys(vars).length === 0 ? {} : { vars };
  const options = { ...planned.config };
  void bus.publish({ type: "run.resumed", options, versions: versions(), token, ...given, reused: [...reused] });
  // A journal that cannot be written stops the run by itself.
  await journal.sync().catch(() => {});
  const left = await killStaleProcesses(history.tokens, realpathSync(folder.logs));
  if (left.length > 0) {
    throw new DispatchError("in_use", `Processes of an earlier start of this run do not end: ${left.join(", ")}.`, {
      advice: "End them by hand, then resume the run.",
    });
  }
  for (const [task_id, attempt] of history.newest_attempt) {
    const last = history.tasks.get(task_id)?.attempts.at(-1);
    // One that the journal does not know of has left its files before its first line was written.
    if (last?.attempt === attempt && last.finished_at !== null) continue;
    for (const warning of await redactLeftoverLogs({ folder, task_id, attempt }, planned.redactor)) warn(warning);
  }
}

/** What the tasks that are not run again had produced. */
function* outputsOf({ history, reused }: Resumed): Generator<[string, unknown]> {
  for (const task_id of reused) {
    const outcome = history.tasks.get(task_id)?.outcome;
    if (outcome?.status === "success") yield [task_id, outcome.output];
  }
}

const noSuchTask: Failure = { status: "error", error_kind: "internal", error: "There is no such task." };

const versions = (): RunStarted["versions"] => ({
  dispatch: version,
  node: process.version,
  platform: `${process.platform}-${process.arch}`,
});

/** The values given beside the file that may be written down: no secrets. A resume must be given the others again. */
async function openVars({ vars, redactor }: Plan): Promise<Record<string, string>> {
  const open: Record<string, string> = {};
  for (const [name, value] of Object.entries(vars)) if ((await redactor.redact(value)) === value) open[name] = value;
  return open;
}

function startedEvent(
  planned: Plan,
  token: string,
  vars: Record<string, string>,
  writes: readonly string[] = [],
): RunEvent & RunStarted {
  const now = new Date();
  const run_id = createRunId(now);
  const { config, tasks, workspace_path, user_prompt, correlation_id = run_id } = planned;
  return {
    v: event_version,
    seq: 1,
    time: now.toISOString(),
    run_id,
    type: "run.started",
    correlation_id,
    ...(user_prompt === undefined ? {} : { user_prompt }),
    workspace_path,
    run_folder: runFolder(planned.trace_dir, run_id).path,
    options: { ...config },
    versions: versions(),
    token,
    ...(Object.keys(vars).length === 0 ? {} : { vars }),
    ...(writes.length === 0 ? {} : { writes }),
    tasks: tasks.map(({ task_id, agent, description, dependencies }) => ({ task_id, agent, description, dependencies })),
  };
}

/** A caller's listener that throws must not tear the run apart: the run is stopped, and then its error comes up. */
function guard(onEvent: Listener | undefined, stop: () => void): { listen: Listener; rethrow(): void } {
  let failure: { error: unknown } | undefined;
  return {
    listen(event) {
      if (failure !== undefined) return;
      try {
        onEvent?.(event);
      } catch (error) {
        failure = { error };
        stop();
      }
    },
    rethrow() {
      if (failure !== undefined) throw failure.error;
    },
  };
}

/** Calls back when a signal aborts, at once if it has; the function that comes back takes that back. */
function onAbort(signal: AbortSignal | undefined, call: () => void): () => void {
  if (signal?.aborted) call();
  signal?.addEventListener("abort", call, { once: true });
  return () => signal?.removeEventListener("abort", call);
}

/** A caller may abort with a reason of its own. */
function asStopReason(reason: unknown): StopReason {
  const is_ours = typeof reason === "object" && reason !== null && "type" in reason;
  try {
    if (is_ours) stoppedOutcome(reason as StopReason);
    return is_ours ? (reason as StopReason) : { type: "caller" };
  } catch {
    return { type: "caller" };
  }
}
