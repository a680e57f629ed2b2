import type { Listener, RunEvent, RunResult } from "#events";
import type { RunControl, RunEnd } from "./execute-run.ts";
import { type Plan, type PlanOptions, plan } from "./plan.ts";
import type { ContextPreview } from "./preview-context.ts";
import type { ResumeOptions } from "./resume.ts";
import type { ReuseForecast } from "./reuse/preview.ts";

/** Options of `run`. */
export interface RunOptions extends PlanOptions, RunControl {}

/** A run under way. Who iterates from the start hears every event. */
export interface Run extends AsyncIterable<RunEvent> {
  /** Rejects with a `DispatchError` where nothing could be run; a failed task does not reject it. */
  result: Promise<RunResult>;
}

/** Runs a task file. Prints nothing and never exits. */
export function run(options: RunOptions): Run {
  const listeners: Listener[] = options.onEvent === undefined ? [] : [options.onEvent];
  const onEvent: Listener = (event) => {
    for (const listener of listeners) listener(event);
  };
  const result = plan(options)
    .then((planned) => runPlan(planned, { ...options, onEvent }))
    .then((end) => end.result);
  // Who only iterates meets the error there.
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => iterate(result, listeners) };
}

/** The events from now on, ending as the run does. */
async function* iterate(result: Promise<RunResult>, listeners: Listener[]): AsyncGenerator<RunEvent> {
  const queue: RunEvent[] = [];
  let wake = Promise.withResolvers<void>();
  let ended = false;
  const listener: Listener = (event) => {
    queue.push(event);
    wake.resolve();
  };
  listeners.push(listener);
  const onEnd = (): void => {
    ended = true;
    wake.resolve();
  };
  result.then(onEnd, onEnd);
  try {
    while (!ended || queue.length > 0) {
      await wake.promise;
      wake = Promise.withResolvers();
      if (ended) wake.resolve();
      yield* queue.splice(0);
    }
    await result;
  } finally {
    listeners.splice(listeners.indexOf(listener), 1);
  }
}

/** Gathers and packs as a run would; runs and writes nothing. Throws as a run would where context must not be missing. */
export async function previewContext(planned: Plan, signal: AbortSignal): Promise<ContextPreview> {
  const { forecastContext } = await import("./preview-context.ts");
  return forecastContext(planned, signal);
}

/** Says for each task what `--reuse` would take over; runs and writes nothing. */
export async function previewReuse(
  planned: Plan,
  signal: AbortSignal,
  onWarning: (message: string) => void = () => {},
): Promise<ReuseForecast[]> {
  const { forecastReuse } = await import("./reuse/preview.ts");
  return forecastReuse(planned, signal, onWarning);
}

/**
 * Reads what a run had done, and plans the rest: see `planRest`. Throws a `DispatchError` where the run is under way, or
 * cannot be taken up.
 */
export async function planResume(options: ResumeOptions): Promise<Plan> {
  const { planResume } = await import("./resume.ts");
  return planResume(options);
}

/** Runs a plan to its end, with everything that it started gone and everything written. */
export async function runPlan(planned: Plan, control: RunControl): Promise<RunEnd> {
  // Loaded late: what only checks or shows a task file needs no child processes.
  const { executeRun } = await import("./execute-run.ts");
  try {
    return await executeRun(planned, control);
  } finally {
    planned.resumed?.lock?.release();
  }
}
