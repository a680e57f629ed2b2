import type { Graph } from "#graph";

/** Returns a hint if a task file gains nothing from dispatch: too few tasks, or a single chain. */
export function dispatchHint({ task_ids, level }: Pick<Graph, "task_ids" | "level">): string | undefined {
  const count = task_ids.length;
  if (count === 0) return undefined;
  if (count === 1) return "With one task, nothing runs in parallel. Run it directly, or split it.";
  // As many levels as tasks means one task per level.
  const is_chain = level.reduce((most, one) => Math.max(most, one), 0) + 1 === count;
  if (is_chain) {
    return `Each of the ${count} tasks depends on the one before it, so nothing runs in parallel. Merge them into one task, or remove dependencies.`;
  }
  return count < 3 ? "With two tasks, little runs in parallel. Run them directly, or split them." : undefined;
}
