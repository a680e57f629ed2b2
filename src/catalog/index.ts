/**
 * Room `catalog`: lists the built-in and configured agents, and routes requests to them.
 */
import { acpAgent, apiAgent, command, programAgent, programs } from "#adapters";
import type { Agent } from "#agents";
import { coder } from "#coder";
import type { AgentConfig } from "#config";
import { debug } from "#debug";

export { type Route, route, routeTask, type Score } from "./route.ts";

const built_in_agents: readonly Agent[] = [
  command,
  coder,
  debug,
  ...[...programs.values()].map((program) => programAgent(program.name, program)),
];

/** Returns every agent that a task may name: the built-in ones, and those that a configuration adds or replaces. */
export function agentsOf(config: Readonly<Record<string, AgentConfig>> = {}): readonly Agent[] {
  const agents = new Map(built_in_agents.map((agent) => [agent.name, agent]));
  for (const [name, settings] of Object.entries(config)) {
    const role = built_in_agents.find((agent) => agent.name === name || agent.aliases.includes(name));
    const agent = createAdapter(role?.name ?? name, settings);
    const configured = role === undefined || programs.has(role.name) ? agent : withRole(agent, role);
    agents.set(agent.name, { ...configured, is_configured: true, settings: behaviourSettings(settings) });
  }
  return [...agents.values()];
}

/** Drops the settings that affect only an agent's cost or how requests find it. */
function behaviourSettings({
  adapter: _,
  price: _price,
  description: _description,
  triggers: _triggers,
  ...rest
}: AgentConfig) {
  return rest;
}

function createAdapter(name: string, config: AgentConfig): Agent {
  if (config.adapter === "acp") return acpAgent(name, config);
  if (config.adapter === "api") return apiAgent(name, config);
  const program = programs.get(config.adapter);
  if (program === undefined) throw new Error(`Unknown adapter ${config.adapter}`);
  return programAgent(name, program, config);
}

/** Makes an agent replace a built-in one: same names, same input, and the built-in agent's brief in its prompt. */
function withRole(agent: Agent, { aliases, capabilities, triggers, input, brief = "" }: Agent): Agent {
  return {
    ...agent,
    aliases,
    capabilities,
    triggers,
    input,
    requires_prompt: brief === "",
    run(job, signal) {
      const description = [job.description, brief].filter((text) => text.trim() !== "").join("\n\n");
      return agent.run({ ...job, description }, signal);
    },
  };
}

/** Returns agents by name and by alias. */
export const agentsByName = (agents: readonly Agent[]): ReadonlyMap<string, Agent> =>
  new Map(agents.flatMap((agent) => [agent.name, ...agent.aliases].map((name) => [name, agent])));
