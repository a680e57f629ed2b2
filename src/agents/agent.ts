import type * as z from "zod";
import type { AttemptOutcome, Usage } from "#events";
import type { Supervisor } from "#process";

/** What an agent tells while it works. */
export type AgentEvent =
  | { type: "agent.message"; text: string }
  | { type: "agent.tool"; tool: string; input?: unknown }
  | { type: "agent.usage"; usage: Usage };

/** One attempt at one task, with everything that it needs. Paths are absolute. */
export interface Job {
  task_id: string;
  /** From 1. */
  attempt: number;
  description: string;
  /** Fits the agent's input schema. */
  input: Readonly<Record<string, unknown>>;
  /** The outputs of the tasks that it depends on. */
  upstream_results: Readonly<Record<string, unknown>>;
  cwd: string;
  /** What relative paths in `input` start from, and the code that an investigation may look at. */
  workspace_path: string;
  /** The environment of dispatch as the run began: what a command inherits. */
  inherited_env: Readonly<Record<string, string | undefined>>;
  /** The variables that dispatch gives every child, and those of the task. */
  env: Readonly<Record<string, string>>;
  files: {
    /** The input, as JSON; written before the attempt. */
    input: string;
    /** Where the agent may leave its output, as JSON. */
    output: string;
    /** What the agent prints. */
    stdout: string;
    stderr: string;
  };
  supervisor: Supervisor;
  /**
   * Puts names in the place of secrets. What an agent hands back is redacted when the attempt has ended; what it cuts,
   * or sends elsewhere, must be redacted before: half a secret is not known for one.
   */
  redact(text: string): Promise<string>;
  /** Says that an output is made of what stands in the log of stdout, and gives all of that: it is searched once then. */
  isPrinted(output: unknown, text: string): void;
}

/** Whether an agent can run here, told without spending anything. */
export type Probe = { found: true; version: string } | { found: false; why_not: string };

/** One agent; an adapter makes it. */
export interface Agent {
  name: string;
  /** Other names that a task may call it by. */
  aliases: readonly string[];
  /** What it runs on. */
  adapter: string;
  description: string;
  capabilities: readonly string[];
  /** Words in a request that speak for it. */
  triggers: readonly string[];
  /** Checks and completes `input_data`. */
  input: z.ZodType<Record<string, unknown>>;
  /** Keys of the input that hold a command line: values never become part of those. */
  code_fields: readonly string[];
  probe(): Promise<Probe>;
  /** Never throws and never retries; the generator's return value is the one outcome. */
  run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void>;
}
