import { unreachable } from "#errors";
import type { ErrorKind } from "#events";
import { printable } from "./printable.ts";
import type { RunView, TaskView } from "./run-view.ts";

/** Tasks that failed in the same way. */
export interface FailureGroup {
  error_kind: ErrorKind;
  /** What happened, as the first of them tells it. */
  error: string;
  suggestion: string;
  tasks: [TaskView, ...TaskView[]];
  /** Tasks that were skipped because of any of them. */
  took_down: string[];
}

/** Groups the tasks that did not succeed by themselves: `failed`, or `cancelled`. Equal failures stand together. */
export function groupFailures(view: RunView, state: "failed" | "cancelled"): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const task of view.tasks) {
    if (task.state !== state) continue;
    const { row, task_id } = task;
    const error = row.error ?? "It gave no reason.";
    const error_kind = row.error_kind ?? "internal";
    const key = JSON.stringify([row.agent, error_kind, error.replaceAll(task_id, "\0")]);
    const group = groups.get(key);
    if (group === undefined) {
      const suggestion = printable(row.suggestion ?? suggestionFor(error_kind));
      groups.set(key, { error_kind, error, suggestion, tasks: [task], took_down: [...task.took_down] });
    } else {
      group.tasks.push(task);
      for (const id of task.took_down) group.took_down.push(id);
    }
  }
  return [...groups.values()];
}

/** What to do about a failure of which its own agent had nothing to say. */
export function suggestionFor(error_kind: ErrorKind): string {
  switch (error_kind) {
    case "exit":
      return "Read the end of what it printed; then run the command by hand in the task's folder.";
    case "signal":
      return "Something else has killed it. SIGKILL is often the system that had run out of memory: give it more, or lower max_workers.";
    case "timeout":
      return "Raise timeout_seconds, or split the task.";
    case "spawn":
      return "Check the program's spelling, PATH and the task's cwd.";
    case "agent":
      return "Read what the agent said; make the description more exact, or give the task another agent.";
    case "auth":
      return "Log in to the agent's service, or set its key in the environment.";
    case "rate_limited":
      return "Wait, or lower max_workers so that fewer tasks ask at the same time.";
    case "invalid_output":
      return "Compare the output with what is asked of it (output_schema), and correct the one that is wrong.";
    case "verify":
      return "Read what the verify command printed: the task says that it is done, and the check says that it is not.";
    case "budget":
      return "Raise budget_usd (for the rest of the run: dispatch resume --budget-usd DOLLARS), or make the task smaller.";
    case "dependency":
      return "Check the reference to the other task's output: that task has succeeded, and the message says what stands in the way.";
    case "context":
      return "Check the task's context_requirements: each must be found in the workspace.";
    case "cancelled":
      return "Mend the failure that stopped it, then let dispatch resume go on with the run.";
    case "interrupted":
      return "dispatch resume goes on with the run: what has succeeded stays, an agent goes on in its session.";
    case "internal":
      return "Run it again. If it comes back, it is a defect of dispatch: report it with the task's trace.";
    default:
      return unreachable(error_kind);
  }
}
