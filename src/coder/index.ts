/**
 * Room `coder`: the built-in agent that writes an ONEX node in Python from a contract, offline and without a model. It
 * reads the contract into a design, emits code from the design, and checks the result.
 */

import type { Agent, AgentEvent, Job } from "#agents";
import type { AttemptOutcome } from "#events";
import { inputSchema } from "./input.ts";

/** The agent `coder`: writes a working ONEX node in Python from a contract, offline, without any model. */
export const coder: Agent = {
  name: "coder",
  aliases: ["agent_coder"],
  adapter: "builtin",
  description: "Writes a working ONEX node in Python from a contract, and checks it; built in, offline.",
  brief:
    "Write the Python node that contract_description in the input asks for into the file output_path, and check that it runs.",
  capabilities: ["code-generation", "onex-nodes", "python", "validation"],
  triggers: [
    "generate",
    "create",
    "implement",
    "build",
    "code",
    "write",
    "develop",
    "onex",
    "node",
    "effect",
    "compute",
    "reducer",
    "orchestrator",
  ],
  get input() {
    return inputSchema();
  },
  shell_fields: [],
  output_fields: ["output_path"],
  read_fields: ["context_files"],
  probe: async () => ({ found: true, version: "built in" }),
  async *run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
    // Loaded on demand: only a run of this agent needs it.
    const { runCoder } = await import("./run.ts");
    return yield* runCoder(job, signal);
  },
};
