import type { Agent, LaunchContext } from "#agents";
import type { LoadedFile } from "#tasks";

/** Checks that every agent under a budget can report what it spends. */
export function checkBudgets(
  { tasks, positions, findings }: LoadedFile,
  agents: ReadonlyMap<string, Agent>,
  run_usd: number | undefined,
): void {
  const told = new Set<Agent>();
  for (const { task_id, agent: name, budget_usd } of tasks) {
    const agent = agents.get(name);
    if (agent?.unknown_cost === undefined || told.has(agent) || (budget_usd ?? run_usd) === undefined) continue;
    told.add(agent);
    findings.add({ path: ["tasks", positions.get(task_id) ?? 0, "agent"], task_id, ...agent.unknown_cost });
  }
}

/** Checks, without starting one, that the agents of all tasks can start here and have a prompt where they need one. */
export function checkAgents(
  { tasks, positions, findings }: LoadedFile,
  agents: ReadonlyMap<string, Agent>,
  where: LaunchContext,
): void {
  const looked_at = new Set<Agent>();
  for (const task of tasks) {
    const { task_id, description, input_data } = task;
    const agent = agents.get(task.agent);
    if (agent === undefined) continue;
    const at = ["tasks", positions.get(task_id) ?? 0];
    if (agent.requires_prompt === true && description.trim() === "" && !("prompt" in input_data)) {
      const message = `Invalid input format: the agent ${agent.name} needs a prompt.`;
      findings.add({ path: at, task_id, message, advice: "Give the task a description, or a prompt in input_data." });
    }
    if (looked_at.has(agent)) continue;
    looked_at.add(agent);
    // A task may set its own PATH; the first task of each agent is checked.
    const found = agent.missing?.({ ...where, env: { ...where.env, ...task.env } });
    if (found !== undefined) findings.add({ path: [...at, "agent"], task_id, ...found });
  }
}
