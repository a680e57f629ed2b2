import type { Listener, RunEvent, RunResult } from "#events";
import type { RunEnd } from "./execute-run.ts";
import type { ReuseForecast } from "./forecast-reuse.ts";
import { type Plan, type PlanOptions, plan } from "./plan.ts";
import type { ContextPreview } from "./preview-context.ts";
import type { ResumeOptions } from "./resume.ts";
import type { RunControl } from "./run-control.ts";

/** Options of `run`. */
export interface RunOptions extends PlanOptions, RunControl {}

/** A run that has started. Iterating from the start yields every event. */
export interface Run extends AsyncIterable<RunEvent> {
  /** Rejects with a `DispatchError` if nothing could run; a failed task does not reject it. */
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
  // A caller that only iterates gets the error from the iterator.
  result.catch(() => {});
  return { result, [Symbol.asyncIterator]: () => iterate(result, listeners) };
}

/** Yields the events from now on, and ends or throws as the run does. */
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

/** Gathers and packs context as a run would, and writes nothing. Throws as a run would if required context is missing. */
export async function previewContext(planned: Plan, signal: AbortSignal): Promise<ContextPreview> {
  const { forecastContext } = await import("./preview-context.ts");
  return forecastContext(planned, signal);
}

/** Forecasts for each task whether `--reuse` would reuse it; runs and writes nothing. */
export async function previewReuse(
  planned: Plan,
  signal: AbortSignal,
  onWarning: (message: string) => void = () => {},
): Promise<ReuseForecast[]> {
  const { forecastReuse } = await import("./forecast-reuse.ts");
  return forecastReuse(planned, signal, onWarning);
}

/** Plans the rest of a run. Throws a `DispatchError` if the run is still running or cannot be resumed. */
export async function planResume(options: ResumeOptions): Promise<Plan> {
  const { planResume } = await import("./resume.ts");
  return planResume(options);
}

/** Runs a plan to its end; see `executeRun`. */
export async function runPlan(planned: Plan, control: RunControl): Promise<RunEnd> {
  // Imported here, because checking or showing a task file starts no processes.
  const { executeRun } = await import("./execute-run.ts");
  try {
    return await executeRun(planned, control);
  } finally {
    planned.resumed?.lock?.release();
  }
}
