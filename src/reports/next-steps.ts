import { dirname } from "node:path";
import { defaults } from "#config";
import type { RecordedRun } from "#traces";
import { groupFailures } from "./failures.ts";
import { plural } from "./printable.ts";
import type { RunView } from "./run-view.ts";
import { shellWord } from "./shell-word.ts";

/** Something that the user may do now. */
export interface Step {
  text: string;
  /** The command that does it, ready for a shell. */
  command?: string;
}

/** A command about a recorded run that works from the folder in which the run was started. */
export function runCommandLine(run: RecordedRun, name: string, ...args: readonly string[]): string {
  const is_default = run.started.options["trace_dir"] === defaults.trace_dir;
  const where = is_default ? [] : ["--trace-dir", shellWord(dirname(run.folder.path))];
  return ["dispatch", name, run.folder.run_id, ...args, ...where].join(" ");
}

/** Most commands that are named for single tasks. */
const max_tasks = 3;

/** What to do after this run, from what happened in it. */
export function nextSteps(view: RunView): Step[] {
  const { run, tasks } = view;
  const steps: Step[] = [];
  const failures = groupFailures(view, "failed");
  if (failures.length === 1 && failures[0] !== undefined && failures[0].tasks.length > 1)
    steps.push({ text: `All ${failures[0].tasks.length} failures are the same: mend it once.` });
  for (const { tasks: failed, took_down } of failures.slice(0, max_tasks)) {
    const { task_id } = failed[0];
    const and = took_down.length === 0 ? "" : `; ${plural(took_down.length, "task")} did not run because of it`;
    steps.push({ text: `See why ${task_id} failed${and}`, command: runCommandLine(run, "trace", task_id) });
  }
  const others = failures.length - max_tasks;
  if (others > 0) steps.push({ text: `${plural(others, "other failure")} can be seen the same way` });
  if (tasks.some(({ state }) => state !== "succeeded")) {
    steps.push({ text: "Then run the rest; what succeeded is not run again", command: runCommandLine(run, "resume") });
  }
  const [flaky, ...more_flaky] = tasks.filter(({ state, row }) => state === "succeeded" && row.attempts > 1);
  if (flaky !== undefined) {
    const others = more_flaky.length === 0 ? "" : `, and ${plural(more_flaky.length, "other task")} like it`;
    const text = `See why ${flaky.task_id} needed ${flaky.row.attempts} attempts${others}`;
    steps.push({ text, command: runCommandLine(run, "trace", flaky.task_id) });
  }
  if (tasks.filter(({ row }) => row.attempts > 0).length > 1) {
    const command = runCommandLine(run, "report", "--format", "chrome-trace", "-o", "timeline.json");
    steps.push({ text: "See where the time went, in ui.perfetto.dev", command });
  }
  return steps;
}
