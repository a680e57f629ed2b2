import { messageOf } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import type { Task } from "#tasks";
import type { RunContext, TaskContext } from "./context.ts";
import type { Plan } from "./plan.ts";

/** What the task is given to read; with `strict`, a key that no upstream task has made fails the attempt. */
export async function resolveContext(
  { plan, run_context, warn }: { plan: Plan; run_context: RunContext | undefined; warn(message: string): void },
  { task_id }: Task,
  signal: AbortSignal,
): Promise<TaskContext | AttemptOutcome | undefined> {
  if (run_context === undefined) return undefined;
  try {
    const given = await run_context.provide(task_id, signal);
    const late = given?.given.missing.filter(
      ({ key }) => !run_context.gathered.missing.some((one) => one.task_id === task_id && one.key === key),
    );
    if (late === undefined || late.length === 0) return given;
    const what = late.map(({ key, why }) => `${key} (${why})`).join(", ");
    if (plan.config.context.strict)
      return { status: "error", error_kind: "context", error: `Context is missing: ${what}.`, suggestion: no_context };
    warn(`${task_id} goes without ${what}.`);
    return given;
  } catch (error) {
    if (signal.aborted) return stoppedOutcome(signal.reason);
    return { status: "error", error_kind: "context", error: `The context cannot be given: ${messageOf(error)}.` };
  }
}

const no_context = "Make the task that this one depends on write it, or mend the key.";

/** What the task file itself hands over under the same name is the user's word, and wins key by key. */
export function withContext(input: Readonly<Record<string, unknown>>, given: TaskContext | undefined): Record<string, unknown> {
  if (given === undefined) return input;
  const own = input["pre_gathered_context"];
  const is_none = typeof own !== "object" || own === null || Array.isArray(own);
  const { pre_gathered_context } = given;
  return { ...input, pre_gathered_context: is_none ? pre_gathered_context : { ...pre_gathered_context, ...own } };
}
