/**
 * Room `catalog`: which agents exist, built in or configured, and which one a request goes to.
 */
import { acpAgent, apiAgent, command, programAgent, programs } from "#adapters";
import type { Agent } from "#agents";
import { coder } from "#coder";
import type { AgentConfig } from "#config";
import { debug } from "#debug";

export { type Route, route, routeTask, type Score } from "./route.ts";

const known: readonly Agent[] = [
  command,
  coder,
  debug,
  ...[...programs.values()].map((program) => programAgent(program.name, program)),
];

/** Every agent that a task may name: those that are always there, and those that a configuration adds or replaces. */
export function agentsOf(config: Readonly<Record<string, AgentConfig>> = {}): readonly Agent[] {
  const agents = new Map(known.map((agent) => [agent.name, agent]));
  for (const [name, settings] of Object.entries(config)) {
    const role = known.find((agent) => agent.name === name || agent.aliases.includes(name));
    const agent = createAdapter(role?.name ?? name, settings);
    const placed = role === undefined || programs.has(role.name) ? agent : inRole(agent, role);
    agents.set(agent.name, { ...placed, is_configured: true, settings: behaviourSettings(settings) });
  }
  return [...agents.values()];
}

/** What changes what an agent does, and not only what it costs or how it is found. */
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
  if (program === undefined) throw new Error(`There is no adapter ${config.adapter}`);
  return programAgent(name, program, config);
}

/** A program in the place of a built-in agent: behind the same names and the same input, and told what that one is for. */
function inRole(agent: Agent, { aliases, capabilities, triggers, input, brief = "" }: Agent): Agent {
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

/** Agents by each name that a task may call them by. */
export const agentsByName = (agents: readonly Agent[]): ReadonlyMap<string, Agent> =>
  new Map(agents.flatMap((agent) => [agent.name, ...agent.aliases].map((name) => [name, agent])));
