import type { RunResult, TaskResult, Usage } from "#events";
import { hasUnknownCost } from "#traces";
import { plural } from "./printable.ts";

/** US dollars, with more digits where there are only cents. */
export function formatCost(cost_usd: number): string {
  if (cost_usd > 0 && cost_usd < 0.0005) return "<$0.001";
  return `$${cost_usd.toFixed(cost_usd < 1 && cost_usd > 0 ? 3 : 2)}`;
}

/** What a task has cost; `?` where its agent does not tell. Empty for what costs nothing. */
export function costOf(row: TaskResult): string {
  if (hasUnknownCost(row)) return "?";
  return row.usage?.cost_usd === undefined ? "" : formatCost(row.usage.cost_usd);
}

/** What a run has cost, as far as its agents tell; a sum never hides that some did not. */
export function totalCost({ usage, tasks_without_cost }: RunResult["summary"]): string | undefined {
  const untold = tasks_without_cost === undefined ? undefined : `${plural(tasks_without_cost, "task")} of unknown cost`;
  const told = usage?.cost_usd === undefined ? undefined : formatCost(usage.cost_usd);
  return told === undefined || untold === undefined ? (told ?? untold) : `${told} and ${untold}`;
}

/** `560 tokens in (160 cached), 80 out`. */
export function formatTokens({ input_tokens, cached_input_tokens = 0, output_tokens }: Usage): string {
  const cached = cached_input_tokens === 0 ? "" : ` (${cached_input_tokens.toLocaleString("en")} cached)`;
  return `${plural(input_tokens, "token")} in${cached}, ${output_tokens.toLocaleString("en")} out`;
}
