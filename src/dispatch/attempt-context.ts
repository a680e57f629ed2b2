import type { UpstreamFailure } from "#agents";
import type { AttemptOutcome, EventBody } from "#events";
import type { Supervisor } from "#process";
import type { ContentHasher, ProducedFiles } from "#reuse";
import type { RunFolder } from "#traces";
import type { RunContext } from "./context.ts";
import type { Plan } from "./plan.ts";

/** How the tasks of a run that have ended, ended; see `trackEnds`. */
export interface EndedTasks {
  /** Outputs of the successes, masked: a run passes on exactly what its journal has. */
  outputs: ReadonlyMap<string, unknown>;
  failures: ReadonlyMap<string, UpstreamFailure>;
}

/** What every attempt of a run shares. */
export interface AttemptContext {
  plan: Plan;
  folder: RunFolder;
  supervisor: Supervisor;
  publish(event: EventBody): void;
  /** Reports something that does not change the result. */
  warn(message: string): void;
  hasher: ContentHasher;
  /** The files that each task wrote so far, by its id. */
  produced: Map<string, ProducedFiles>;
  /** Absent where no task is given context. */
  run_context: RunContext | undefined;
  /** The environment as the run began: each read of `process.env` queries the system for every variable. */
  inherited_env: Readonly<Record<string, string | undefined>>;
  ended: EndedTasks;
}

/** A step of an attempt that produced a value, or that ends the attempt. */
export type Step<Value> = { type: "ready"; value: Value } | { type: "ended"; outcome: AttemptOutcome };
