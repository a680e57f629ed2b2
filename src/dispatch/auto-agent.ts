import type { Agent } from "#agents";
import { routeTask } from "#catalog";
import { unreachable } from "#errors";

/** Finds the agent for a task that names `auto`, or why none fits. */
export function autoAgent(
  task: { description: string; input_data: Readonly<Record<string, unknown>> },
  agents: Iterable<Agent>,
): { agent: string } | { problem: string; advice: string } {
  const routed = routeTask(task, agents);
  switch (routed.type) {
    case "one":
      return { agent: routed.agent };
    case "tie": {
      const { score = 0 } = routed.scores[0] ?? {};
      const words = routed.scores.filter((one) => one.score === score).map((one) => `${one.agent}: ${one.words.join(", ")}`);
      return { problem: `is a tie between ${routed.agents.join(" and ")} (${words.join("; ")})`, advice: "Name one of them." };
    }
    case "none":
      return {
        problem: "finds no agent, because the task has none of their words",
        advice: "Name an agent (dispatch agents lists them), or add triggers to one in config.agents.",
      };
    default:
      return unreachable(routed);
  }
}
