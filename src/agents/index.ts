/**
 * Room `agents`: the Agent port, the list of agents, and one file (or folder) per adapter. An adapter never throws and
 * never retries; whatever happens is its one outcome.
 */
import type { Agent } from "./agent.ts";
import { command } from "./command.ts";

export type { Agent, AgentEvent, Job, Probe } from "./agent.ts";

/** Every agent that a task may name. */
export const agents: readonly Agent[] = [command];
