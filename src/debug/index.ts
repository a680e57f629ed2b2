/**
 * Room `debug`: the built-in agent that investigates a failure, offline and without a model. It reads stack traces, gathers
 * suspects from code and history, weighs the evidence, and reports the causes in order of likelihood.
 */

import type { Agent, AgentEvent, Job } from "#agents";
import { messageOf } from "#errors";
import { type AttemptOutcome, stoppedOutcome } from "#events";
import { type DebugInput, inputSchema } from "./input.ts";

/** The agent `debug`, which investigates a problem from evidence by BFROS and needs no model. */
export const debug: Agent = {
  name: "debug",
  aliases: ["agent_debug_intelligence"],
  adapter: "builtin",
  description: "Investigates a problem from traces, code and history, and ranks its causes (BFROS); needs no model.",
  brief: "Find the root cause of the problem in the input, with the evidence for it. Change nothing.",
  capabilities: ["root-cause", "stack-traces", "performance", "code-quality", "offline"],
  triggers: ["debug", "investigate", "analyze", "fix", "performance", "issue", "error", "bug", "trace", "diagnose", "quality"],
  get input() {
    return inputSchema();
  },
  shell_fields: [],
  probe: async () => ({ found: true, version: "built in" }),
  async *run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void> {
    try {
      // Loaded on demand: only a run needs it, and `dispatch validate` should start without it.
      const { investigate } = await import("./investigate.ts");
      // The cast is safe: the schema above has checked the input.
      const { report, warnings } = await investigate(job.input as DebugInput, job, signal);
      yield { type: "agent.message", text: report.synthesis };
      return { status: "success", output: report, ...(warnings.length > 0 ? { warnings } : {}) };
    } catch (error) {
      if (signal.aborted) return stoppedOutcome(signal.reason);
      return { status: "error", error_kind: "internal", error: `The investigation failed: ${messageOf(error)}.` };
    }
  },
};
