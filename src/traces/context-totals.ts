import type { RunEvent, RunResult } from "#events";

/** Running totals of the context that a run gathers and sends. */
export interface ContextTotals {
  add(event: RunEvent): void;
  /** Undefined if the run gathered no context. */
  total(): RunResult["context"];
}

/** Returns the share of tokens saved compared with sending the whole pool to every task: 0 to 1. */
export function contextReduction(sent_tokens: number, pool_tokens: number, tasks: number): number {
  const all = pool_tokens * tasks;
  return all === 0 ? 0 : Math.round((1 - sent_tokens / all) * 1000) / 1000;
}

/** Creates empty totals. */
export function createContextTotals(): ContextTotals {
  let gathered: { items: number; pool_tokens: number; gather_ms: number } | undefined;
  /** By task: a retry gets the same context, which counts once. */
  const sent = new Map<string, number>();
  return {
    add(event) {
      if (event.type === "context.gathered") {
        const { items, pool_tokens, gather_ms } = event;
        gathered = { items, pool_tokens, gather_ms };
      } else if (event.type === "attempt.input" && event.context !== undefined) {
        const { tokens, added } = event.context;
        sent.set(event.task_id, tokens);
        if (gathered === undefined || added === undefined || event.attempt > 1) return;
        gathered.items += added.items;
        gathered.pool_tokens += added.tokens;
      }
    },
    total() {
      if (gathered === undefined) return undefined;
      const sent_tokens = [...sent.values()].reduce((sum, tokens) => sum + tokens, 0);
      const reduction = contextReduction(sent_tokens, gathered.pool_tokens, sent.size);
      const { items, pool_tokens, gather_ms } = gathered;
      return { items, pool_tokens, sent_tokens, reduction, gather_ms };
    },
  };
}
