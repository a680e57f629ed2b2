import type { AttemptOutcome } from "#events";
import type { AttemptTerms } from "./admission.ts";
import type { PriorFailure } from "./task.ts";

/** What an attempt is started with. */
export interface AttemptRequest extends AttemptTerms {
  /** From 1. */
  attempt: number;
  previous: PriorFailure | undefined;
}

/** Runs one attempt to its end, wherever it runs. Never rejects. */
export type Execute = (task: number, request: AttemptRequest, signal: AbortSignal) => Promise<AttemptOutcome>;
