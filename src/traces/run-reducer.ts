import type { PlannedTask, RunEvent, TasksAdded } from "#events";
import type { RunFolder } from "./run-folder.ts";
import { createTaskReducer, type TaskReducer } from "./task-trace.ts";

/** A task that joined the run, with what a resume needs to add it again. */
export type AddedTask = TasksAdded["tasks"][number];

/** Builds the state of a run's tasks from its events, without keeping them. */
export interface RunReducer {
  /** By task id, in the task file's order; added tasks follow. */
  readonly tasks: ReadonlyMap<string, TaskReducer>;
  readonly planned: readonly PlannedTask[];
  readonly added: readonly AddedTask[];
  apply(event: RunEvent): void;
}

/** Creates the reducer of a run; `hasFile` returns whether an attempt's file exists. */
export function createRunReducer(folder: RunFolder, hasFile?: (path: string) => boolean): RunReducer {
  const tasks = new Map<string, TaskReducer>();
  const planned: PlannedTask[] = [];
  const added: AddedTask[] = [];
  /** Tasks that a success adds, until its end is journaled: without that end they are not part of the run. */
  const pending = new Map<string, readonly AddedTask[]>();

  function add(task: PlannedTask): void {
    if (tasks.has(task.task_id)) return;
    const { task_id, agent, description, dependencies } = task;
    planned.push({ task_id, agent, description, dependencies });
    tasks.set(task_id, createTaskReducer({ task_id, agent, description, dependencies }, folder, hasFile));
  }

  return {
    tasks,
    planned,
    added,
    apply(event) {
      switch (event.type) {
        case "run.started":
          for (const task of event.tasks) add(task);
          break;
        case "run.resumed":
          reopenTasks(tasks, event.reused);
          break;
        case "tasks.added":
          pending.set(event.task_id, event.tasks);
          break;
        case "task.finished":
          tasks.get(event.task_id)?.apply(event);
          for (const task of event.outcome.status === "success" ? (pending.get(event.task_id) ?? []) : []) {
            added.push(task);
            add(task);
          }
          pending.delete(event.task_id);
          break;
        default:
          if ("task_id" in event) tasks.get(event.task_id)?.apply(event);
      }
    },
  };
}

/** Discards the ends of tasks that a resume does not reuse; the caller may repeat even a success. */
function reopenTasks(tasks: ReadonlyMap<string, TaskReducer>, reused: readonly string[]): void {
  const is_reused = new Set(reused);
  for (const [task_id, task] of tasks) if (!is_reused.has(task_id)) task.reopen();
}
