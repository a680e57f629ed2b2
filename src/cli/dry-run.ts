import type { RunForecast } from "#dispatch";

/** Longest list of names that is printed in full. */
const most_names = 200;

/** What `--dry-run` says: levels, order, critical path. */
export function dryRunText(forecast: RunForecast, max_workers: number): string {
  const { levels, order, critical_path, expected_ms } = forecast;
  const lines = [
    `${count(order.length, "task")} in ${count(levels.length, "level")}, at most ${max_workers} at a time. Nothing was run.`,
    "",
  ];
  levels.forEach((names, level) => void lines.push(`Level ${level + 1}: ${list(names, ", ")}`));
  lines.push("", `Order: ${list(order, ", ")}`, `Critical path: ${list(critical_path, " -> ")}`);
  if (expected_ms !== undefined) {
    const { total, sequential, critical_path: longest } = expected_ms;
    lines.push(
      `Expected from an earlier run: ${seconds(total)} (${seconds(sequential)} one by one; the critical path takes ${seconds(longest)}).`,
    );
  }
  return `${lines.join("\n")}\n`;
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function list(names: readonly string[], separator: string): string {
  const shown = names.slice(0, most_names).join(separator);
  return names.length > most_names ? `${shown}${separator}… and ${names.length - most_names} more` : shown;
}
