import type { Plan, ReuseForecast, RunForecast } from "#dispatch";
import { showDuration } from "#reports";

/** Names printed per list. */
const max_names = 200;
/** Reasons printed for one task. */
const max_reasons = 5;

/** Renders `--dry-run`: levels, order and critical path; with `--reuse`, which results would be reused. */
export function dryRunText(forecast: RunForecast & { reuse?: ReuseForecast[] }, max_workers: number): string {
  const { levels, order, critical_path, expected_ms, reuse } = forecast;
  const lines = [
    `${count(order.length, "task")} in ${count(levels.length, "level")}, at most ${max_workers} at a time. Dry run: no task was started.`,
    "",
  ];
  levels.forEach((names, level) => void lines.push(`Level ${level + 1}: ${list(names, ", ")}`));
  lines.push("", `Order: ${list(order, ", ")}`, `Critical path: ${list(critical_path, " -> ")}`);
  if (expected_ms !== undefined) {
    const { total, sequential, critical_path: longest } = expected_ms;
    lines.push(
      `Estimated duration, from earlier runs: ${showDuration(total)} (${showDuration(sequential)} if run one by one, ${showDuration(longest)} for the critical path).`,
    );
  }
  if (reuse !== undefined) lines.push("", ...reuseLines(reuse));
  return `${lines.join("\n")}\n`;
}

function reuseLines(reuse: readonly ReuseForecast[]): string[] {
  const reused = reuse.filter((one) => one.reused).length;
  const width = Math.min(40, Math.max(...reuse.map(({ task_id }) => task_id.length)));
  const open = reuse.filter((one) => one.is_open).length;
  const later = open === 0 ? "" : `; ${count(open, "task")} can be decided only during the run`;
  const lines = reuse.slice(0, max_names).map(({ task_id, reused, from, changed = [], verifies, is_blind, is_open }) => {
    const why = reused
      ? `reused from ${from}${verifies ? ", if its verify commands pass" : ""}${is_blind ? "; it declares no input files" : ""}`
      : `${is_open ? "undecided" : "runs"}: ${changed.slice(0, max_reasons).join("; ")}${changed.length > max_reasons ? `; and ${changed.length - max_reasons} more` : ""}`;
    return `  ${task_id.padEnd(width)}  ${why}`;
  });
  if (reuse.length > max_names) lines.push(`  … and ${reuse.length - max_names} more; --format json lists all`);
  return [`Reuse: ${reused} of ${count(reuse.length, "task")} would be reused from earlier runs${later}.`, ...lines];
}

/** Renders a line about the tasks that cost money and their limit, without reused ones; empty if there are none. */
export function spendingText({ tasks, agents, config }: Plan, reuse: readonly ReuseForecast[] = []): string {
  const reused = new Set(reuse.filter((one) => one.reused).map(({ task_id }) => task_id));
  const paid = tasks.filter(({ task_id, agent }) => agents.get(agent)?.is_paid === true && !reused.has(task_id));
  if (paid.length === 0) return "";
  const of_agent = new Map<string, number>();
  for (const { agent } of paid) of_agent.set(agent, (of_agent.get(agent) ?? 0) + 1);
  const by_agent = [...of_agent].map(([agent, n]) => `${count(n, "task")} with ${agent}`).join(", ");
  const own = paid.map(({ budget_usd }) => budget_usd ?? Number.POSITIVE_INFINITY).reduce((sum, usd) => sum + usd, 0);
  const max_usd = Math.min(own, config.budget_usd ?? Number.POSITIVE_INFINITY);
  const limit = max_usd === Number.POSITIVE_INFINITY ? "no budget_usd is set" : `at most $${max_usd.toFixed(2)}`;
  return `Costs money: ${by_agent}; ${limit}.\n`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

function list(names: readonly string[], separator: string): string {
  const shown = names.slice(0, max_names).join(separator);
  return names.length > max_names ? `${shown}${separator}… and ${names.length - max_names} more` : shown;
}
