import type { MissingContext, RunResult, TaskResult } from "#events";
import { showDuration } from "./duration.ts";
import { oneLine, plural } from "./printable.ts";

/** What was gathered and given in a run, in one sentence without its end. */
export function contextTotal(context: NonNullable<RunResult["context"]>): string {
  const { items, pool_tokens, sent_tokens, reduction, gather_ms } = context;
  const pool = `${plural(items, "piece")} of ${plural(pool_tokens, "token")} gathered in ${showDuration(gather_ms)}`;
  const saved = reduction > 0 ? `, ${Math.floor(reduction * 1000) / 10} % less than all of it to each task` : "";
  return `${pool}, ${sent_tokens.toLocaleString("en")} given${saved}`;
}

/** What a task was given, without its end. */
export function contextOfTask({ keys, tokens, missing }: NonNullable<TaskResult["context"]>): string {
  const given = `${plural(keys.length, "key")}, ${plural(tokens, "token")}`;
  return missing.length === 0 ? given : `${given}; ${missingContext(missing)}`;
}

/** Keys that brought nothing. */
export function missingContext(missing: readonly MissingContext[]): string {
  return `without ${missing.map(({ key, why }) => `${oneLine(key)} (${oneLine(why)})`).join(", ")}`;
}
