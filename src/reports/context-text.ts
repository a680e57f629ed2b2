import type { MissingContext, RunResult, TaskResult } from "#events";
import { showDuration } from "./duration.ts";
import { oneLine, plural } from "./printable.ts";

/** Summarises the context of a run: `12 items (140,000 tokens) gathered in 1.2 s, 48,000 tokens sent (97.1 % saved)`. */
export function contextSummary(context: NonNullable<RunResult["context"]>): string {
  const { items, pool_tokens, sent_tokens, reduction, gather_ms } = context;
  const pool = `${plural(items, "item")} (${plural(pool_tokens, "token")}) gathered in ${showDuration(gather_ms)}`;
  const saved = reduction > 0 ? ` (${Math.floor(reduction * 1000) / 10} % saved)` : "";
  return `${pool}, ${plural(sent_tokens, "token")} sent${saved}`;
}

/** Summarises the context of a task: `2 keys, 1,200 tokens; missing rag:auth (no match)`. */
export function taskContextSummary({ keys, tokens, missing }: NonNullable<TaskResult["context"]>): string {
  const sent = `${plural(keys.length, "key")}, ${plural(tokens, "token")}`;
  return missing.length === 0 ? sent : `${sent}; ${missingContext(missing)}`;
}

/** Lists keys without content: `missing rag:auth (no match)`. */
export function missingContext(missing: readonly MissingContext[]): string {
  return `missing ${missing.map(({ key, why }) => `${oneLine(key)} (${oneLine(why)})`).join(", ")}`;
}
