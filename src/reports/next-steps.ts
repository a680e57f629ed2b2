import { dirname } from "node:path";
import { defaults } from "#config";
import type { RecordedRun } from "#traces";
import { groupFailures } from "./failures.ts";
import { plural } from "./printable.ts";
import type { RunView } from "./run-view.ts";
import { shellWord } from "./shell-word.ts";

/** A step that the user can take next. */
export interface Step {
  text: string;
  /** The command for it, quoted for a POSIX shell. */
  command?: string;
}

/** Returns a command about a recorded run, for use in the folder where the run was started. */
export function runCommandLine(run: RecordedRun, name: string, ...args: readonly string[]): string {
  const is_default = run.started.options["trace_dir"] === defaults.trace_dir;
  const where = is_default ? [] : ["--trace-dir", shellWord(dirname(run.folder.path))];
  return ["dispatch", name, run.folder.run_id, ...args, ...where].join(" ");
}

/** Failures that get a command of their own. */
const max_tasks = 3;

/** Returns the next steps after a run. */
export function nextSteps(view: RunView): Step[] {
  const { run, tasks } = view;
  const steps: Step[] = [];
  const failures = groupFailures(view, "error");
  if (failures.length === 1 && failures[0] !== undefined && failures[0].tasks.length > 1)
    steps.push({ text: `All ${failures[0].tasks.length} failures have the same error: fix it once.` });
  for (const { tasks: failed, took_down } of failures.slice(0, max_tasks)) {
    const { task_id } = failed[0];
    const effect = took_down.length === 0 ? "" : ` (${plural(took_down.length, "task")} skipped because of it)`;
    steps.push({ text: `See why ${task_id} failed${effect}`, command: runCommandLine(run, "trace", task_id) });
  }
  const others = failures.length - max_tasks;
  if (others > 0) steps.push({ text: `See ${plural(others, "other failure")} the same way.` });
  if (tasks.some(({ state }) => state !== "success")) {
    const resume = failures.length > 0 ? "Then resume the run" : "Resume the run";
    steps.push({ text: `${resume} (successful tasks do not run again)`, command: runCommandLine(run, "resume") });
  }
  const [flaky, ...more_flaky] = tasks.filter(({ state, row }) => state === "success" && row.attempts > 1);
  if (flaky !== undefined) {
    const others = more_flaky.length === 0 ? "" : ` (so did ${plural(more_flaky.length, "other task")})`;
    const text = `See why ${flaky.task_id} needed ${flaky.row.attempts} attempts${others}`;
    steps.push({ text, command: runCommandLine(run, "trace", flaky.task_id) });
  }
  if (tasks.filter(({ row }) => row.attempts > 0).length > 1) {
    const command = runCommandLine(run, "report", "--format", "chrome-trace", "-o", "timeline.json");
    steps.push({ text: "See where the time went (open timeline.json in ui.perfetto.dev)", command });
  }
  return steps;
}
