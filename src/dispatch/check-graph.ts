import { type Problem, suggest } from "#errors";
import { createGraph, dependsOn, type Graph, type GraphNode, withDependencies } from "#graph";
import type { LoadedFile, Task } from "#tasks";

/** Builds the graph of all tasks; undefined if it has cycles. Reports cycles, and uses of outputs of tasks that are not upstream. */
export function checkGraph(loaded: LoadedFile): Graph | undefined {
  const { findings, tasks } = loaded;
  // Bad ids and dependencies are reported already; the others are searched for cycles.
  const made =
    findings.count === 0
      ? createGraph(tasks, { index: loaded.positions, dependencies: loaded.dependencies })
      : createGraph(soundNodes(tasks));
  const graph = "graph" in made ? made.graph : undefined;
  checkOutputs(graph, loaded);
  if ("graph" in made) return graph;
  // Only the first task of an id has a known place.
  const by_id = new Map([...tasks].reverse().map((task) => [task.task_id, task]));
  for (const cycle of made.cycles) reportCycle(cycle, by_id, loaded);
  return undefined;
}

function soundNodes(tasks: readonly Task[]): GraphNode[] {
  const by_id = new Map([...tasks].reverse().map((task) => [task.task_id, task]));
  return [...by_id.values()].reverse().map(({ task_id, dependencies }) => ({
    task_id,
    dependencies: [...new Set(dependencies)].filter((dependency) => by_id.has(dependency)),
  }));
}

/** Longest cycle that is printed in full. */
const max_shown = 30;

function reportCycle(cycle: readonly string[], by_id: ReadonlyMap<string, Task>, { positions, findings }: LoadedFile): void {
  const [from = "", to = ""] = cycle;
  const left_out = cycle.length - max_shown;
  const shown =
    left_out <= 0 ? cycle : [...cycle.slice(0, max_shown / 2), `… ${left_out} more …`, ...cycle.slice(-max_shown / 2)];
  findings.add({
    path: ["tasks", positions.get(from) ?? 0, "dependencies", by_id.get(from)?.dependencies.indexOf(to) ?? 0],
    task_id: from,
    message: `Dependency cycle detected: ${shown.join(" -> ")}.`,
    advice: cycle.length === 2 ? "A task cannot wait for itself." : "Remove one of these dependencies.",
  });
}

/** Checks that a task uses only outputs of tasks that it depends on, directly or not. */
function checkOutputs(graph: Graph | undefined, { outputs, positions, findings }: LoadedFile): void {
  for (const { task_id, upstream, path, written } of outputs) {
    if (positions.has(upstream)) continue;
    const message = `Invalid input format: ${written} names the unknown task ${upstream}.`;
    const known = findings.count > 20 ? [] : [...positions.keys()];
    findings.add({ path, task_id, message, advice: suggest(upstream, known, "Name a task that this one depends on.") });
  }
  if (graph === undefined || outputs.length === 0) return;
  const pairs = outputs.map(
    ({ task_id, upstream }) => [graph.index.get(task_id ?? "") ?? -1, graph.index.get(upstream) ?? -1] as const,
  );
  const answers = dependsOn(graph, pairs);
  for (const [i, { task_id, upstream, path, written }] of outputs.entries()) {
    const [from, to] = pairs[i] ?? [-1, -1];
    // A task with problems of its own is not in the graph.
    if (from === -1 || to === -1 || answers[i] === true) continue;
    const message = `Invalid input format: ${written} is the output of a task that ${task_id} does not depend on.`;
    const advice =
      task_id === upstream ? "A task cannot use its own output." : `Add ${JSON.stringify(upstream)} to its dependencies.`;
    findings.add({ path, task_id, message, advice });
  }
}

/** Checks the names of `--select`. An empty list would run nothing and report success. */
export function checkSelection(positions: ReadonlyMap<string, number>, wanted?: readonly string[]): Problem[] {
  if (wanted === undefined) return [];
  if (wanted.length === 0) {
    const advice = "Name tasks, separated by commas, or leave --select out to run all.";
    return [{ file: "--select", message: "No task is named.", advice }];
  }
  return wanted
    .filter((task_id) => !positions.has(task_id))
    .map((task_id): Problem => {
      const advice = suggest(task_id, [...positions.keys()]);
      return { file: "--select", message: `There is no task ${task_id}.`, ...(advice === undefined ? {} : { advice }) };
    });
}

/** Returns the selected tasks and all that they depend on. */
export function select(
  { tasks }: LoadedFile,
  whole: Graph,
  wanted: readonly string[],
): { tasks: readonly Task[]; graph: Graph } {
  const start = wanted.map((task_id) => whole.index.get(task_id)).filter((i) => i !== undefined);
  const kept = withDependencies(whole, start);
  const selected = tasks.filter((_, i) => kept.has(i));
  const made = createGraph(selected);
  if ("cycles" in made) throw new Error("part of an acyclic graph has a cycle");
  return { tasks: selected, graph: made.graph };
}
