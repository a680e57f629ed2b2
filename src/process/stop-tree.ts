import type { ProcessTable } from "./process-table.ts";
import { inspectTree, type ProcessTree, signalTree, type TreeState } from "./tree.ts";

/** How long to retry SIGKILL before the survivors are reported; milliseconds. */
const max_kill_ms = 5000;

/** Waits until the tree is gone, `ms` have passed, or `wake` aborts. */
export async function waitUntilGone(
  tree: ProcessTree,
  table: ProcessTable,
  ms: number,
  wake?: AbortSignal,
): Promise<TreeState> {
  const deadline = performance.now() + ms;
  for (let pause = 2; ; pause = Math.min(pause * 2, 50)) {
    const state = inspectTree(tree, table, "recent");
    if (state.gone || performance.now() >= deadline || wake?.aborted) return state;
    await pauseFor(pause, wake);
  }
}

/**
 * Stops a tree: SIGTERM, `grace_ms`, SIGKILL; SIGKILL at once when `kill_now` has aborted. Returns a warning for each process
 * that is still running.
 */
export async function stopTree(
  tree: ProcessTree,
  table: ProcessTable,
  { grace_ms, kill_now }: { grace_ms: number; kill_now: AbortSignal },
): Promise<string[]> {
  const refused = new Set<number>();
  if (!kill_now.aborted) {
    for (const pid of signalTree(tree, table, "SIGTERM")) refused.add(pid);
    if ((await waitUntilGone(tree, table, grace_ms, kill_now)).gone) return [];
  }
  // A tree can grow while it is being killed, so it is killed until nothing is left.
  const deadline = performance.now() + max_kill_ms;
  for (;;) {
    for (const pid of signalTree(tree, table, "SIGKILL")) refused.add(pid);
    const { gone, members } = await waitUntilGone(tree, table, 200);
    if (gone) return [];
    if (performance.now() < deadline) continue;
    const why = refused.size > 0 ? "it belongs to another user" : "SIGKILL did not end it";
    return members.map(({ pid }) => `Process ${pid} is still running: ${why}. Kill it by hand.`);
  }
}

function pauseFor(ms: number, wake: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      wake?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    wake?.addEventListener("abort", done, { once: true });
  });
}
