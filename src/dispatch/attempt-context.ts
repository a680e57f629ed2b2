import type { UpstreamFailure } from "#agents";
import type { EventBody } from "#events";
import type { Supervisor } from "#process";
import type { RunFolder } from "#traces";
import type { RunContext } from "./context.ts";
import type { Plan } from "./plan.ts";
import type { ContentHasher } from "./reuse/content-hash.ts";
import type { ProducedFiles } from "./reuse/produced-files.ts";

/** What every attempt of a run shares. */
export interface AttemptContext {
  plan: Plan;
  folder: RunFolder;
  supervisor: Supervisor;
  publish(event: EventBody): void;
  /** Says something that changes nothing. */
  warn(message: string): void;
  /** Sees whether files are what they were. */
  hasher: ContentHasher;
  /** What each task has made so far, by its id. */
  produced: Map<string, ProducedFiles>;
  /** Absent where no task is given context. */
  run_context: RunContext | undefined;
  /** The environment as the run began; each look at `process.env` itself asks the system for every variable anew. */
  inherited_env: Readonly<Record<string, string | undefined>>;
  /** The outputs of the tasks that have succeeded, redacted: what a run hands on is what its journal has. */
  outputs: Map<string, unknown>;
  /** How the others ended, those that have ended. */
  failures: ReadonlyMap<string, UpstreamFailure>;
}
