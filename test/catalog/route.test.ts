import { describe, expect, test } from "vitest";
import { agentsOf, route, routeTask } from "../../src/catalog/index.ts";

const agents = agentsOf({
  claude: { adapter: "claude" },
  review: { adapter: "api", provider: "anthropic", model: "m", triggers: ["second opinion"] },
});

describe("a request goes to the agent whose words it contains", () => {
  test.each([
    ["Generate an effect node that stores users", "coder"],
    ["Generating two nodes", "coder"],
    ["Investigate why the login is slow", "debug"],
    ["diagnoses of errors", "debug"],
    ["let claude do it", "claude"],
    ["give me a second opinion", "review"],
  ])("%s: %s", (text, agent) => {
    expect(route(text, agents)).toMatchObject({ type: "one", agent });
  });

  test("a tie is reported with the words of each agent", () => {
    const found = route("create a bug", agents);
    expect(found).toMatchObject({ type: "tie", agents: ["coder", "debug"] });
    expect(found.scores.slice(0, 2).map(({ words }) => words)).toEqual([["create"], ["bug"]]);
  });

  test("a paid agent is a candidate only if the configuration names it", () => {
    expect(route("let codex do it", agents).type).toBe("none");
  });

  test("a word inside another does not match, and without a match there is no agent", () => {
    expect(route("prefixed terrors of recoded debuggers", agents).type).toBe("none");
    expect(route("", agents).type).toBe("none");
  });

  test("a task goes to an agent that accepts its input, and never to one that would run it as a command", () => {
    const input_data = { contract_description: "Effect node", node_type: "Effect", output_path: "a.py" };
    expect(routeTask({ description: "fix the error: generate it", input_data }, agents)).toMatchObject({ agent: "coder" });
    const command = routeTask({ description: "run the build and test", input_data: { command: "x" } }, agents);
    expect(command.scores.map(({ agent }) => agent)).not.toContain("command");
  });
});
