import type { ContextPool } from "#context";
import type { RunFolder } from "#traces";
import { brokenContext, contextTasks, createRunContext, gatherFor, type RunContext } from "./context.ts";
import { readFrozen, withFrozen } from "./frozen-context.ts";
import type { Plan } from "./plan.ts";

/** Throws what is wrong with the context; undefined where the run was stopped meanwhile, and will be told so as a run. */
export async function gatherEarly(
  planned: Plan,
  signal: AbortSignal,
  unlink: readonly (() => void)[],
): Promise<ContextPool | undefined> {
  if (contextTasks(planned).length === 0 || planned.resumed !== undefined) return undefined;
  try {
    return await gatherFor(planned, signal);
  } catch (error) {
    if (signal.aborted) return undefined;
    for (const undo of unlink) undo();
    throw error;
  }
}

/**
 * Gathers and freezes, or reads what earlier starts had frozen; undefined where no task is given anything, and where the
 * run was stopped meanwhile. What goes wrong fails the tasks that need it.
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
