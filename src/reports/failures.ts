import { unreachable } from "#errors";
import type { ErrorKind } from "#events";
import { printable } from "./printable.ts";
import { no_error, type RunView, type TaskView } from "./run-view.ts";

/** Tasks of one agent with the same error. */
export interface FailureGroup {
  error_kind: ErrorKind;
  /** The error of the first task. */
  error: string;
  suggestion: string;
  tasks: [TaskView, ...TaskView[]];
  /** Tasks skipped because of any of them. */
  took_down: string[];
}

/** Groups the tasks in a state by their errors; errors that differ only in the task's id count as equal. */
export function groupFailures(view: RunView, state: "error" | "cancelled" | "interrupted"): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const task of view.tasks) {
    if (task.state !== state) continue;
    const { row, task_id } = task;
    const error = row.error ?? no_error;
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

/** Returns the general advice for a kind of error, for failures whose agent gives none. */
export function suggestionFor(error_kind: ErrorKind): string {
  switch (error_kind) {
    case "exit":
      return "Read the end of its output, then run the command by hand in the task's folder.";
    case "signal":
      return "Another process killed it. SIGKILL often means that the system ran out of memory: add memory, or lower max_workers.";
    case "timeout":
      return "Raise timeout_seconds, or split the task.";
    case "spawn":
      return "Check the program's spelling, PATH and the task's cwd.";
    case "agent":
      return "Read the agent's message, then make the description more precise or give the task another agent.";
    case "auth":
      return "Log in to the agent's service, or set its API key in the environment.";
    case "rate_limited":
      return "Wait, or lower max_workers to send fewer requests at a time.";
    case "invalid_output":
      return "Compare the output with the task's output_schema, and fix the one that is wrong.";
    case "verify":
      return "Read the output of the verify command: the task's own work succeeded, but this check failed.";
    case "undeclared_write":
      return "Add the files to the task's writes, or tell the task not to change them.";
    case "conflict":
      return "Look at both changes, then let one task depend on the other, or resolve the conflict by hand.";
    case "lost":
      return "The worker that ran it is gone. Continue the run with dispatch resume.";
    case "condition":
      return "Its condition was not met, so it did not run. Check the value that the condition reads.";
    case "approval":
      return "It was not approved. Approve it, then continue the run with dispatch resume.";
    case "budget":
      return "Raise budget_usd (for the rest of the run: dispatch resume --budget-usd DOLLARS), or make the task smaller.";
    case "dependency":
      return "Check the reference to the other task's output: that task succeeded, but the reference does not fit its output.";
    case "context":
      return "Check the task's context_requirements: each must match something in the workspace.";
    case "cancelled":
      return "Fix the failure that stopped it, then continue the run with dispatch resume.";
    case "interrupted":
      return "Continue the run with dispatch resume: successful tasks do not run again, and agents continue their sessions.";
    case "internal":
      return "Run it again. If the error persists, it is a bug in dispatch: report it with the task's trace.";
    default:
      return unreachable(error_kind);
  }
}
