import { messageOf } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import type { Step } from "./attempt-context.ts";
import type { RunContext, TaskContext } from "./context.ts";
import type { Plan } from "./plan.ts";

/**
 * Resolves the context of a task that starts; undefined where it gets none. With `strict`, a key that no upstream task
 * produced ends the attempt.
 */
export async function resolveContext(
  { plan, run_context, warn }: { plan: Plan; run_context: RunContext | undefined; warn(message: string): void },
  task_id: string,
  signal: AbortSignal,
): Promise<Step<TaskContext | undefined>> {
  if (run_context === undefined) return { type: "ready", value: undefined };
  try {
    const value = await run_context.provide(task_id, signal);
    const missing = missingAtStart(run_context, task_id, value);
    if (missing !== undefined && plan.config.context.strict) {
      const suggestion = "Let the task that this one depends on write it, or fix the context key.";
      return ended({ status: "error", error_kind: "context", error: `Context is missing: ${missing}.`, suggestion });
    }
    if (missing !== undefined) warn(`${task_id} runs without context ${missing}.`);
    return { type: "ready", value };
  } catch (error) {
    if (signal.aborted) return ended(stoppedOutcome(signal.reason));
    return ended({ status: "error", error_kind: "context", error: `The context cannot be given: ${messageOf(error)}.` });
  }
}

const ended = (outcome: AttemptOutcome): Step<never> => ({ type: "ended", outcome });

/** The keys that are missing now and were not reported when the run gathered its context; undefined without any. */
function missingAtStart({ gathered }: RunContext, task_id: string, context: TaskContext | undefined): string | undefined {
  const known = new Set(gathered.missing.filter((one) => one.task_id === task_id).map(({ key }) => key));
  const late = context?.given.missing.filter(({ key }) => !known.has(key)) ?? [];
  return late.length === 0 ? undefined : late.map(({ key, why }) => `${key} (${why})`).join(", ");
}

/** An agent's input with its context. Context that the task file itself gives under the same name wins key by key. */
export function withContext(
  input: Readonly<Record<string, unknown>>,
  context: TaskContext | undefined,
): Record<string, unknown> {
  if (context === undefined) return input;
  const own = input["pre_gathered_context"];
  const has_own = typeof own === "object" && own !== null && !Array.isArray(own);
  const { pre_gathered_context } = context;
  return { ...input, pre_gathered_context: has_own ? { ...pre_gathered_context, ...own } : pre_gathered_context };
}
