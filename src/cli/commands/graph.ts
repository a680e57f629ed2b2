import { type Command, Option } from "commander";
import { type Plan, plan } from "#dispatch";
import { unreachable } from "#errors";
import { criticalPath, levels } from "#graph";
import { drawDot, drawMermaid, drawText, type Picture } from "#reports";
import type { CommandIo } from "../command-io.ts";
import { readInput } from "../input.ts";
import { drawingWidth, hasUnicode, stdoutPage } from "../page.ts";
import { addPlanFlags, type PlanFlags, planOptionsOf } from "../plan-flags.ts";

const formats = ["text", "mermaid", "dot", "json"] as const;

interface GraphFlags extends PlanFlags {
  format?: (typeof formats)[number];
}

const examples = `
Examples:
  dispatch graph tasks.json                      a drawing for the terminal
  dispatch graph --select report < tasks.json    one task and its dependencies
  dispatch graph tasks.json --format mermaid     for Markdown on GitHub and GitLab
  dispatch graph tasks.json --format dot | dot -Tsvg > graph.svg
  dispatch graph tasks.json --format json | jq '.critical_path'`;

/** `dispatch graph`. */
export function defineGraph(command: Command, { streams }: CommandIo): void {
  addPlanFlags(command.argument("[file]", "task file (default: stdin)"))
    .addOption(new Option("--format <format>", "format of the graph (default: text)").choices(formats))
    .addHelpText("after", examples)
    .action(async (file: string | undefined, flags: GraphFlags) => {
      const input = await readInput(file);
      const picture = pictureOf(await plan({ ...input, ...planOptionsOf(flags) }));
      streams.print(draw(picture, flags.format ?? "text"));
    });
}

function draw(picture: Picture, format: (typeof formats)[number]): string {
  switch (format) {
    case "text": {
      const page = stdoutPage();
      const { bad, dim, strong } = page.paint;
      return drawText(picture, {
        width: drawingWidth(page),
        unicode: hasUnicode(process.env),
        paint: { critical: (text) => strong(bad(text)), faint: dim },
      });
    }
    case "mermaid":
      return drawMermaid(picture);
    case "dot":
      return drawDot(picture);
    case "json":
      return `${JSON.stringify(asData(picture), undefined, 2)}\n`;
    default:
      return unreachable(format);
  }
}

function pictureOf({ tasks, graph, chain, measured, duration }: Plan): Picture {
  return {
    graph,
    tasks: tasks.map(({ agent, description, priority }, i) => ({
      agent,
      description,
      priority,
      ...(measured ? { expected_ms: Math.round(duration(i)) } : {}),
    })),
    critical_path: criticalPath(graph, chain),
  };
}

function asData({ graph, tasks, critical_path }: Picture) {
  const name = (i: number): string => graph.task_ids[i] ?? "";
  return {
    nodes: tasks.map((task, i) => ({ task_id: name(i), ...task, level: graph.level[i] ?? 0 })),
    edges: graph.dependents.flatMap((dependents, from) => dependents.map((to) => ({ from: name(from), to: name(to) }))),
    levels: levels(graph).map((row) => row.map(name)),
    order: graph.order.map(name),
    critical_path: critical_path.map(name),
  };
}
