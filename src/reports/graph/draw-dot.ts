import { showDuration } from "../duration.ts";
import { printable } from "../printable.ts";
import type { Picture } from "./picture.ts";

/** Draws the graph in Graphviz's DOT language. */
export function drawDot({ graph, tasks, critical_path }: Picture): string {
  const critical = new Set(critical_path);
  const next = new Map(critical_path.map((task, i) => [task, critical_path[i + 1]]));
  const name = (i: number): string => quote(graph.task_ids[i] ?? "");
  const lines = [
    "digraph dispatch {",
    "  rankdir=LR;",
    '  node [shape=box, style=rounded, fontname="Helvetica"];',
    ...graph.task_ids.map((task_id, i) => {
      const { agent = "", description = "", expected_ms } = tasks[i] ?? {};
      const note = expected_ms === undefined ? agent : `${agent}, ${showDuration(expected_ms)}`;
      const tooltip = description === "" ? "" : `, tooltip=${quote(description)}`;
      const colour = critical.has(i) ? ", color=red, penwidth=2" : "";
      return `  ${name(i)} [label=${quote(`${task_id}\n${note}`)}${tooltip}${colour}];`;
    }),
    ...graph.dependents.flatMap((dependents, from) =>
      dependents.map((to) => `  ${name(from)} -> ${name(to)}${next.get(from) === to ? " [color=red, penwidth=2]" : ""};`),
    ),
    "}",
  ];
  return `${lines.join("\n")}\n`;
}

/** Quotes a string, without the escapes and entities that a backslash or `&` would start in a label. */
function quote(text: string): string {
  const escaped = printable(text).replaceAll("&", "&amp;").replaceAll("\\", "\\\\").replaceAll('"', '\\"');
  return `"${escaped.replaceAll("\n", "\\n").replaceAll("\t", " ")}"`;
}
