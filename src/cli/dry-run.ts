import type { Plan, ReuseForecast, RunForecast } from "#dispatch";
import { showDuration } from "#reports";

/** Longest list of names that is printed in full. */
const max_names = 200;
/** Most reasons why one task would run. */
const max_reasons = 5;

/** What `--dry-run` says: levels, order, critical path; with `--reuse`, what would be taken over. */
export function dryRunText(forecast: RunForecast & { reuse?: ReuseForecast[] }, max_workers: number): string {
  const { levels, order, critical_path, expected_ms, reuse } = forecast;
  const lines = [
    `${count(order.length, "task")} in ${count(levels.length, "level")}, at most ${max_workers} at a time. Nothing was run.`,
    "",
  ];
  levels.forEach((names, level) => void lines.push(`Level ${level + 1}: ${list(names, ", ")}`));
  lines.push("", `Order: ${list(order, ", ")}`, `Critical path: ${list(critical_path, " -> ")}`);
  if (expected_ms !== undefined) {
    const { total, sequential, critical_path: longest } = expected_ms;
    lines.push(
      `Expected from an earlier run: ${showDuration(total)} (${showDuration(sequential)} one by one; the critical path takes ${showDuration(longest)}).`,
    );
  }
  if (reuse !== undefined) lines.push("", ...reuseLines(reuse));
  return `${lines.join("\n")}\n`;
}

function reuseLines(reuse: readonly ReuseForecast[]): string[] {
  const reused = reuse.filter((one) => one.reused).length;
  const width = Math.min(40, Math.max(...reuse.map(({ task_id }) => task_id.length)));
  const open = reuse.filter((one) => one.is_open).length;
  const later = open === 0 ? "" : `; ${open} ${open === 1 ? "is" : "are"} open until others have run`;
  const lines = reuse.slice(0, max_names).map(({ task_id, reused, from, changed = [], verifies, is_blind, is_open }) => {
    const why = reused
      ? `reused from ${from}${verifies ? ", if its verify commands pass" : ""}${is_blind ? "; it names no file that it reads" : ""}`
      : `${is_open ? "open" : "runs"}: ${changed.slice(0, max_reasons).join("; ")}${changed.length > max_reasons ? `; and ${changed.length - max_reasons} more` : ""}`;
    return `  ${task_id.padEnd(width)}  ${why}`;
  });
  if (reuse.length > max_names) lines.push(`  … and ${reuse.length - max_names} more; --format json has them all`);
  return [`Reuse: ${reused} of ${count(reuse.length, "task")} would be taken over from earlier runs${later}.`, ...lines];
}

/** A line on what would cost money, and how much at most, but for what is taken over; empty where nothing would. */
export function spendingText({ tasks, agents, config }: Plan, reuse: readonly ReuseForecast[] = []): string {
  const reused = new Set(reuse.filter((one) => one.reused).map(({ task_id }) => task_id));
  const paid = tasks.filter(({ task_id, agent }) => agents.get(agent)?.is_paid === true && !reused.has(task_id));
  if (paid.length === 0) return "";
  const of_agent = new Map<string, number>();
  for (const { agent } of paid) of_agent.set(agent, (of_agent.get(agent) ?? 0) + 1);
  const who = [...of_agent].map(([agent, n]) => `${count(n, "task")} of ${agent}`).join(", ");
  const own = paid.map(({ budget_usd }) => budget_usd ?? Number.POSITIVE_INFINITY).reduce((sum, usd) => sum + usd, 0);
  const most = Math.min(own, config.budget_usd ?? Number.POSITIVE_INFINITY);
  const limit = most === Number.POSITIVE_INFINITY ? "no budget_usd limits it" : `at most $${most.toFixed(2)}`;
  return `Spends money: ${who}; ${limit}.\n`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

function list(names: readonly string[], separator: string): string {
  const shown = names.slice(0, max_names).join(separator);
  return names.length > max_names ? `${shown}${separator}… and ${names.length - max_names} more` : shown;
}
