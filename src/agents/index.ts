/**
 * Room `agents`: the Agent port, the list of agents, and one file (or folder) per adapter. An adapter never throws and
 * never retries; whatever happens is its one outcome.
 */
import type { Agent } from "./agent.ts";
import { coder } from "./coder/index.ts";
import { command } from "./command.ts";
import { debug } from "./debug/index.ts";

export type { Agent, AgentEvent, Job, Probe } from "./agent.ts";

/** Every agent that a task may name. */
export const agents: readonly Agent[] = [command, coder, debug];

/** Every agent, by each name that a task may call it by. */
export const agents_by_name: ReadonlyMap<string, Agent> = new Map(
  agents.flatMap((agent) => [agent.name, ...agent.aliases].map((name) => [name, agent])),
);
