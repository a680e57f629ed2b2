import { chainLengths, createGraph, criticalPath, type GraphNode } from "../../../src/graph/index.ts";
import type { Picture, PicturedTask } from "../../../src/reports/index.ts";

/** Creates a picture of tasks written as `a; b: a; c: a b`. By default, tasks have only a name. */
export function picture(tasks: string | readonly GraphNode[], about: (task_id: string) => PicturedTask = silent): Picture {
  const made = createGraph(typeof tasks === "string" ? parse(tasks) : tasks);
  if ("cycles" in made) throw new Error(`A cycle: ${made.cycles.join(" -> ")}`);
  const { graph } = made;
  return {
    graph,
    tasks: graph.task_ids.map(about),
    critical_path: criticalPath(
      graph,
      chainLengths(graph, () => 1),
    ),
  };
}

const silent = (): PicturedTask => ({ agent: "", description: "", priority: "medium" });

function parse(text: string): GraphNode[] {
  return text.split(";").map((one) => {
    const [task_id = "", dependencies = ""] = one.split(":").map((part) => part.trim());
    return { task_id, dependencies: dependencies.split(/\s+/).filter((id) => id !== "") };
  });
}
