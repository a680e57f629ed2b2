import type { ContextPool } from "#context";
import type { RunFolder } from "#traces";
import { brokenContext, contextTasks, createRunContext, gatherFor, type RunContext } from "./context.ts";
import { readFrozen, withFrozen } from "./frozen-context.ts";
import type { Plan } from "./plan.ts";

/** Gathers context before the run exists. Throws if keys are missing; undefined if the run was stopped meanwhile. */
export async function gatherEarly(
  planned: Plan,
  stop: { signal: AbortSignal; unlink(): void },
): Promise<ContextPool | undefined> {
  if (contextTasks(planned).length === 0 || planned.resumed !== undefined) return undefined;
  try {
    return await gatherFor(planned, stop.signal);
  } catch (error) {
    if (stop.signal.aborted) return undefined;
    stop.unlink();
    throw error;
  }
}

/**
 * Gathers and freezes context, or reads what earlier starts froze. Undefined where no task gets any, and where the run was
 * stopped meanwhile. An error fails the tasks that need context.
 */
export async function openContext(
  planned: Plan,
  early: ContextPool | undefined,
  folder: RunFolder,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<RunContext | undefined> {
  if (signal.aborted || planned.config.context.enabled === false) return undefined;
  const frozen = planned.resumed === undefined ? undefined : readFrozen(planned, planned.resumed);
  for (const warning of frozen?.warnings ?? []) warn(warning);
  const tasks = contextTasks(planned, frozen?.given);
  const has_earlier = frozen?.gathered !== undefined;
  if (tasks.length === 0) return has_earlier ? withFrozen(frozen, undefined) : undefined;
  let fresh: RunContext;
  try {
    fresh = createRunContext(early ?? (await gatherFor(planned, signal, { tasks })), planned, folder);
  } catch (error) {
    if (signal.aborted) return undefined;
    fresh = brokenContext(error);
  }
  return has_earlier ? withFrozen(frozen, fresh) : fresh;
}
