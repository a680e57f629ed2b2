import type { Graph } from "#graph";
import type { AddedTask } from "./follow-up.ts";

/** What the graph must know of a task of the run, to judge whether an added task may wait for it. */
export interface TaskStanding {
  state: "waiting" | "ready" | "running" | "backoff" | "finished";
  /** It ended without a success. */
  is_failed: boolean;
}

/** The edges of a run's tasks. Added tasks cost as much as they and their edges, whatever the size of the graph. */
export interface GrowingGraph {
  dependenciesOf(task: number): readonly number[];
  dependentsOf(task: number): readonly number[];
  /** Why the task `parent` cannot add these tasks, as a clause; undefined if it can. */
  problemOf(parent: number, added: readonly AddedTask[], standingOf: (task: number) => TaskStanding): string | undefined;
  /** Adds tasks in which `problemOf` found no problem, and returns their indices, which are the next ones. */
  add(added: readonly AddedTask[]): number[];
}

/** Starts from the graph of the task file, which stays as it is. */
export function createGrowingGraph(graph: Pick<Graph, "index" | "dependencies" | "dependents">): GrowingGraph {
  const base = graph.dependencies.length;
  const index = new Map<string, number>();
  const dependencies: number[][] = [];
  const dependents: number[][] = [];
  /** Edges between a task of the file and added ones, by the task of the file. */
  const more_dependencies = new Map<number, number[]>();
  const more_dependents = new Map<number, number[]>();

  const indexOf = (task_id: string): number | undefined => index.get(task_id) ?? graph.index.get(task_id);

  function edgesOf(
    own: readonly (readonly number[])[],
    added: readonly (readonly number[])[],
    more: ReadonlyMap<number, readonly number[]>,
    task: number,
  ): readonly number[] {
    if (task >= base) return added[task - base] ?? [];
    const extra = more.get(task);
    const list = own[task] ?? [];
    return extra === undefined ? list : [...list, ...extra];
  }

  const dependenciesOf = (task: number) => edgesOf(graph.dependencies, dependencies, more_dependencies, task);
  const dependentsOf = (task: number) => edgesOf(graph.dependents, dependents, more_dependents, task);

  function append(added: number[][], more: Map<number, number[]>, task: number, other: number): void {
    const list = task >= base ? added[task - base] : more.get(task);
    if (list === undefined) more.set(task, [other]);
    else list.push(other);
  }

  function connect(from: number, to: number): void {
    append(dependents, more_dependents, from, to);
    append(dependencies, more_dependencies, to, from);
  }

  return {
    dependenciesOf,
    dependentsOf,
    problemOf(parent, added, standingOf) {
      const batch = new Set<string>();
      const after_parent = new Set(dependentsOf(parent));
      for (const { task, dependencies: before, dependents: after = [] } of added) {
        const { task_id, run_when } = task;
        if (batch.has(task_id) || indexOf(task_id) !== undefined) return `the task_id ${task_id} is taken`;
        for (const id of after) {
          const dependent = indexOf(id);
          if (dependent === undefined || !after_parent.has(dependent))
            return `${task_id} delays ${id}, which does not depend on the task that adds it`;
        }
        for (const id of before) {
          if (batch.has(id)) continue;
          const dependency = indexOf(id);
          if (dependency === undefined) return `${task_id} depends on the unknown task ${id}`;
          if (dependency === parent) continue;
          const { state, is_failed } = standingOf(dependency);
          if (is_failed && run_when === "all_succeeded") return `${task_id} depends on ${id}, which did not succeed`;
          // A task that has not started may itself depend on the delayed one: to wait for it could close a cycle.
          if (after.length > 0 && state === "waiting")
            return `${task_id} delays tasks and depends on ${id}, which has not started`;
        }
        batch.add(task_id);
      }
      return undefined;
    },
    add(added) {
      return added.map(({ task, dependencies: before, dependents: after = [] }) => {
        const i = base + dependencies.length;
        index.set(task.task_id, i);
        dependencies.push([]);
        dependents.push([]);
        for (const id of before) connect(indexOf(id) as number, i);
        for (const id of after) connect(i, indexOf(id) as number);
        return i;
      });
    },
  };
}
