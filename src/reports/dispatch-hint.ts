import type { Graph } from "#graph";

/** Says when dispatching will not pay: too few tasks, or one chain of them. */
export function dispatchHint({ task_ids, level }: Pick<Graph, "task_ids" | "level">): string | undefined {
  const count = task_ids.length;
  if (count === 0) return undefined;
  if (count === 1) return "One task leaves nothing to run in parallel; running it directly, or splitting it, would be better.";
  // Each level has a task at least, so as many levels as tasks means one task on each.
  const is_chain = level.reduce((most, one) => Math.max(most, one), 0) + 1 === count;
  if (is_chain) {
    return `Each of the ${count} tasks waits for the one before it, so nothing runs in parallel; one task that does it all, or fewer dependencies, would be better.`;
  }
  return count < 3
    ? "Two tasks leave little to run in parallel; running them directly, or splitting them, would be better."
    : undefined;
}
