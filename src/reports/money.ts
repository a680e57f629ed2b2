import type { RunResult, TaskResult, Usage } from "#events";
import { hasUnknownCost } from "#traces";
import { plural } from "./printable.ts";

/** Formats US dollars, with three decimals below one dollar. */
export function formatCost(cost_usd: number): string {
  if (cost_usd > 0 && cost_usd < 0.0005) return "<$0.001";
  return `$${cost_usd.toFixed(cost_usd < 1 && cost_usd > 0 ? 3 : 2)}`;
}

/** Returns a task's cost: `?` if its agent reports none, empty for agents without a cost. */
export function costOf(row: TaskResult): string {
  if (hasUnknownCost(row)) return "?";
  return row.usage?.cost_usd === undefined ? "" : formatCost(row.usage.cost_usd);
}

/** Returns a run's reported cost and the number of tasks whose cost is unknown. */
export function totalCost({ usage, tasks_without_cost }: RunResult["summary"]): string | undefined {
  const unknown = tasks_without_cost === undefined ? undefined : `${plural(tasks_without_cost, "task")} with unknown cost`;
  const known = usage?.cost_usd === undefined ? undefined : formatCost(usage.cost_usd);
  return known === undefined || unknown === undefined ? (known ?? unknown) : `${known} plus ${unknown}`;
}

/** Formats token counts: `560 tokens in (160 cached), 80 out`. */
export function formatTokens({ input_tokens, cached_input_tokens = 0, output_tokens }: Usage): string {
  const cached = cached_input_tokens === 0 ? "" : ` (${cached_input_tokens.toLocaleString("en")} cached)`;
  return `${plural(input_tokens, "token")} in${cached}, ${output_tokens.toLocaleString("en")} out`;
}
