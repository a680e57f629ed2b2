import { showDuration } from "../duration.ts";
import { oneLine } from "../printable.ts";
import { edgeCount, type Picture } from "./picture.ts";

/** Mermaid's default limit. */
const max_edges = 500;

/** Draws the graph as a Mermaid flowchart. Nodes have generated ids, because words such as `end` are reserved there. */
export function drawMermaid({ graph, tasks, critical_path }: Picture): string {
  const lines = ["flowchart LR"];
  if (edgeCount(graph) > max_edges) {
    lines.push(`  %% More than ${max_edges} dependencies: Mermaid needs a higher maxEdges (and maxTextSize) to draw them.`);
  }
  graph.task_ids.forEach((task_id, i) => {
    const { agent = "", expected_ms } = tasks[i] ?? {};
    const note = expected_ms === undefined ? agent : `${agent}, ${showDuration(expected_ms)}`;
    lines.push(`  t${i}["${escapeLabel(task_id)}<br/>${escapeLabel(note)}"]`);
  });
  const next = new Map(critical_path.map((task, i) => [task, critical_path[i + 1]]));
  let edge = 0;
  const critical_edges: number[] = [];
  graph.dependents.forEach((dependents, from) => {
    for (const to of dependents) {
      lines.push(`  t${from} --> t${to}`);
      if (next.get(from) === to) critical_edges.push(edge);
      edge++;
    }
  });
  if (critical_path.length > 0) {
    lines.push(
      "  classDef critical stroke:#d33,stroke-width:3px",
      `  class ${critical_path.map((i) => `t${i}`).join(",")} critical`,
    );
  }
  if (critical_edges.length > 0) lines.push(`  linkStyle ${critical_edges.join(",")} stroke:#d33,stroke-width:3px`);
  return `${lines.join("\n")}\n`;
}

/** Escapes a label: Mermaid interprets HTML and its own syntax even inside quotes, but not character codes. */
const escapeLabel = (text: string): string =>
  oneLine(text).replaceAll(/[^\p{L}\p{N} .,_-]/gu, (character) => `#${character.codePointAt(0) ?? 63};`);
