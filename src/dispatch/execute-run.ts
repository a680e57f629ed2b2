import { realpathSync } from "node:fs";
import type { UpstreamFailure } from "#agents";
import { DispatchError } from "#errors";
import {
  createBus,
  type EventBus,
  type Failure,
  type RunEvent,
  type RunResult,
  type RunStarted,
  type StopReason,
} from "#events";
import { createSupervisor, createToken, killStaleProcesses } from "#process";
import { createContentHasher } from "#reuse";
import { agentThrottle, budgetGate, type Clock, type Spender, schedule } from "#scheduler";
import { type Journal, lockRun, type Recording, type RunFolder, recordNew, recordResumed } from "#traces";
import { runAttempt } from "./attempt.ts";
import type { AttemptContext, EndedTasks } from "./attempt-context.ts";
import { contextWarnings, type RunContext } from "./context.ts";
import { scheduledTasks, spenderOf } from "./forecast.ts";
import { gatherEarly, openContext } from "./open-context.ts";
import type { Plan, Resumed } from "./plan.ts";
import { redactLeftoverLogs } from "./redact-attempt.ts";
import { createReuse } from "./reuse-task.ts";
import type { RunControl } from "./run-control.ts";
import { openVars, startedEvent, versions } from "./started-event.ts";
import { createStop, guard, type Stop } from "./stop.ts";

/** How a run ended. */
export interface RunEnd {
  result: RunResult;
  folder: RunFolder;
  /** What stopped the run before its end. */
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

/** Runs a plan to its end. When the promise resolves, every process of the run is gone and every file is written. */
export async function executeRun(planned: Plan, control: RunControl): Promise<RunEnd> {
  const began = performance.now();
  const stop = createStop(control);
  const warn = (message: string): void => control.onWarning?.(message);
  const token = createToken();
  const started = planned.resumed?.history.started ?? startedEvent(planned, token, await openVars(planned), control.writes);
  // In strict mode missing context ends the run before it has a folder.
  const early = planned.config.context.strict ? await gatherEarly(planned, stop) : undefined;
  const recording = openRecording(planned, started, stop, warn);
  const { folder, journal } = recording;
  const lock = planned.resumed === undefined ? lockRun(folder, warn) : planned.resumed.lock;
  const bus = createBus({
    run_id: folder.run_id,
    recorder: journal,
    now: Date.now,
    seq: planned.resumed?.history.last_seq ?? started.seq,
  });
  bus.subscribe(recording.listen);
  const caller = guard(control.onEvent, () => stop.by({ type: "caller" }));
  bus.subscribe(caller.listen);
  caller.listen(started);
  // A dispatch inside a task of another run has no context but its own.
  const { DISPATCH_CONTEXT_FILE: _, ...inherited_env } = planned.env;
  const ended = trackEnds(bus, planned.resumed);
  const supervisor = createSupervisor({ output_folder: folder.logs, token, fast_spawn: control.fast_spawn ?? false });
  stop.onKill(() => supervisor.killNow());
  try {
    if (planned.resumed !== undefined) await recoverRun(planned, planned.resumed, { token, bus, journal, folder, warn });
    const run_context = await openContext(planned, early, folder, stop.signal, warn);
    publishContext(bus, run_context, warn);
    const writes = [planned.trace_dir, ...(control.writes ?? []), ...(started.writes ?? [])];
    await runTasks(bus, stop.signal, {
      plan: planned,
      folder,
      supervisor,
      ended,
      run_context,
      warn,
      inherited_env,
      hasher: createContentHasher(writes),
      produced: new Map(),
      publish: (event) => void bus.publish(event),
    });
  } finally {
    supervisor.close();
    stop.unlink();
  }
  const earlier_ms = planned.resumed?.history.active_ms ?? 0;
  const result = recording.result(Math.round(earlier_ms + performance.now() - began));
  recording.write(result);
  await bus.publish({ type: "run.finished", result });
  await journal.close();
  lock?.release();
  caller.rethrow();
  return { result, folder, stopped: stop.reason() };
}

/** Starts the scheduler and waits until every task has ended. */
async function runTasks(bus: EventBus, signal: AbortSignal, context: AttemptContext): Promise<void> {
  const { plan: planned, supervisor } = context;
  const { graph, tasks, config, resumed } = planned;
  const reuse = createReuse(context);
  // With reuse there may be nothing to start.
  if (reuse === undefined && tasks.length > (resumed?.reused.size ?? 0)) {
    supervisor.prepare();
    await loadAgents(planned);
  }
  const spender = (i: number): Spender => spenderOf(planned, i);
  await schedule({
    graph,
    tasks: scheduledTasks(planned),
    max_workers: config.max_workers,
    fail_fast: config.fail_fast,
    gates: [budgetGate({ run_usd: config.budget_usd, task_count: tasks.length, spender }), agentThrottle],
    async execute(i, request, stopped) {
      const task = tasks[i];
      return task === undefined ? noSuchTask : runAttempt(context, task, request, stopped);
    },
    ...(reuse === undefined ? {} : { reuse: reuse.reuse }),
    publish: (event) => bus.publish(event),
    clock: system_clock,
    random: Math.random,
    signal,
  });
  reuse?.warn();
}

/** Loads the agents' code, so that no attempt spends its time on that. A failure shows in the attempt that needs the code. */
async function loadAgents({ tasks, agents }: Plan): Promise<void> {
  const names = new Set(tasks.map(({ agent }) => agent));
  await Promise.allSettled([...names].map((name) => agents.get(name)?.load?.()));
}

/** Creates the run's folder and journal, or opens those of a resumed run. */
function openRecording(
  planned: Plan,
  started: RunEvent & RunStarted,
  stop: Stop,
  onWarning: (message: string) => void,
): Recording {
  const about = {
    started,
    max_workers: planned.config.max_workers,
    onJournalFailure: (error: string) => stop.by({ type: "journal", error }),
    onWarning,
  };
  return planned.resumed === undefined
    ? recordNew(planned.trace_dir, planned.text, about)
    : recordResumed(planned.resumed.history, planned.resumed.reused, about);
}

/** Keeps outputs and failures as the journal has them; a resumed run starts with those of its successes. */
function trackEnds(bus: EventBus, resumed: Resumed | undefined): EndedTasks {
  const outputs = new Map<string, unknown>(resumed === undefined ? [] : outputsOf(resumed));
  const failures = new Map<string, UpstreamFailure>();
  bus.subscribe((event) => {
    if (event.type !== "task.finished") return;
    const { task_id, outcome } = event;
    if (outcome.status === "success") outputs.set(task_id, outcome.output);
    else failures.set(task_id, { status: outcome.status, error_kind: outcome.error_kind, error: outcome.error });
  });
  return { outputs, failures };
}

function publishContext(bus: EventBus, run_context: RunContext | undefined, warn: (message: string) => void): void {
  if (run_context === undefined) return;
  void bus.publish({ type: "context.gathered", ...run_context.gathered });
  for (const warning of contextWarnings(run_context.gathered)) warn(warning);
}

/** Journals the resume, kills what earlier starts of the run left running, and masks the logs that they left. */
async function recoverRun(
  planned: Plan,
  { history, reused }: Resumed,
  {
    token,
    bus,
    journal,
    folder,
    warn,
  }: { token: string; bus: EventBus; journal: Journal; folder: RunFolder; warn(message: string): void },
): Promise<void> {
  const vars = await openVars(planned);
  const given = Object.keys(vars).length === 0 ? {} : { vars };
  const options = { ...planned.config };
  void bus.publish({ type: "run.resumed", options, versions: versions(), token, ...given, reused: [...reused] });
  // A journal that cannot be written stops the run by itself.
  await journal.sync().catch(() => {});
  const left = await killStaleProcesses(history.tokens, realpathSync(folder.logs));
  if (left.length > 0) {
    throw new DispatchError("in_use", `Processes of an earlier start of this run are still running: ${left.join(", ")}.`, {
      advice: "End them by hand, then resume the run.",
    });
  }
  for (const [task_id, attempt] of history.newest_attempt) {
    const last = history.tasks.get(task_id)?.attempts.at(-1);
    // An attempt that is not in the journal left its files before its first line was written.
    if (last?.attempt === attempt && last.finished_at !== null) continue;
    for (const warning of await redactLeftoverLogs({ folder, task_id, attempt }, planned.redactor)) warn(warning);
  }
}

/** The outputs of tasks that a resume does not run again. */
function* outputsOf({ history, reused }: Resumed): Generator<[string, unknown]> {
  for (const task_id of reused) {
    const outcome = history.tasks.get(task_id)?.outcome;
    if (outcome?.status === "success") yield [task_id, outcome.output];
  }
}

const noSuchTask: Failure = { status: "error", error_kind: "internal", error: "There is no such task." };
