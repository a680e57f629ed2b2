import type { ReuseForecast, RunForecast } from "#dispatch";

/** Longest list of names that is printed in full. */
const most_names = 200;
/** Most reasons why one task would run. */
const most_reasons = 5;

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
      `Expected from an earlier run: ${seconds(total)} (${seconds(sequential)} one by one; the critical path takes ${seconds(longest)}).`,
    );
  }
  if (reuse !== undefined) lines.push("", ...reuseLines(reuse));
  return `${lines.join("\n")}\n`;
}

function reuseLines(reuse: readonly ReuseForecast[]): string[] {
  const reused = reuse.filter((one) => one.reused).length;
  const width = Math.min(40, Math.max(...reuse.map(({ task_id }) => task_id.length)));
  const lines = reuse.slice(0, most_names).map(({ task_id, reused, from, changed = [], verifies, is_blind }) => {
    const why = reused
      ? `reused from ${from}${verifies ? ", if its verify commands pass" : ""}${is_blind ? "; it names no file that it reads" : ""}`
      : `runs: ${changed.slice(0, most_reasons).join("; ")}${changed.length > most_reasons ? `; and ${changed.length - most_reasons} more` : ""}`;
    return `  ${task_id.padEnd(width)}  ${why}`;
  });
  if (reuse.length > most_names) lines.push(`  … and ${reuse.length - most_names} more; --format json has them all`);
  return [`Reuse: ${reused} of ${count(reuse.length, "task")} would be taken over from earlier runs.`, ...lines];
}

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

function list(names: readonly string[], separator: string): string {
  const shown = names.slice(0, most_names).join(separator);
  return names.length > most_names ? `${shown}${separator}… and ${names.length - most_names} more` : shown;
}
