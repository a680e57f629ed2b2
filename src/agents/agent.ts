import type * as z from "zod";
import type { AttemptOutcome, Cancelled, ErrorKind, Failure, TaskStatus, Usage } from "#events";
import type { Supervisor } from "#process";

/** What an agent reports while it works. */
export type AgentEvent =
  | { type: "agent.message"; text: string }
  | { type: "agent.tool"; tool: string; input?: unknown }
  | { type: "agent.permission"; wanted: string; granted: boolean }
  | { type: "agent.usage"; usage: Usage }
  | { type: "agent.session"; session_id: string }
  | LogScanned;

/**
 * The agent searched the whole log of stdout for secrets with `mayHoldSecret`, so that it is not searched again. Not
 * journaled.
 */
export interface LogScanned {
  type: "log.scanned";
  is_clean: boolean;
  /** The outcome's output was taken from this log and from nothing else. */
  is_output: boolean;
}

/** How a dependency without an output ended. */
export interface UpstreamFailure {
  status: Exclude<TaskStatus, "success">;
  error_kind: ErrorKind;
  error: string;
}

/** One attempt at one task, with everything it needs. Paths are absolute. */
export interface Job {
  task_id: string;
  /** From 1. */
  attempt: number;
  description: string;
  /** Fits the agent's input schema. */
  input: Readonly<Record<string, unknown>>;
  /** Outputs of its dependencies, by task id. */
  upstream_results: Readonly<Record<string, unknown>>;
  /** How its dependencies without an output ended, by task id; only with `run_when: all_finished`. */
  upstream_failures: Readonly<Record<string, UpstreamFailure>>;
  /** JSON Schema of the output; checked by the caller, not by the agent. */
  output_schema: unknown;
  /** Most the attempt may spend; US dollars. Undefined: no limit. */
  max_usd: number | undefined;
  previous: PreviousAttempt | undefined;
  cwd: string;
  /** Folder that relative paths in `input` start from, and whose code an investigation may read. */
  workspace_path: string;
  /** dispatch's environment at the start of the run, which commands inherit. */
  inherited_env: Readonly<Record<string, string | undefined>>;
  /** The variables that dispatch sets for every child, and those of the task. */
  env: Readonly<Record<string, string>>;
  files: {
    /** The input, as JSON; written before the attempt. */
    input: string;
    /** Where the agent may write its output, as JSON. */
    output: string;
    /** Logs of the agent's output. */
    stdout: string;
    stderr: string;
    /** The prompt sent to an agent that takes one. */
    prompt: string;
    /** Where the output schema is written for a program that reads it. */
    schema: string;
  };
  supervisor: Supervisor;
  /**
   * Masks secrets. The outcome is masked when the attempt ends; text that an agent cuts or sends elsewhere must be masked
   * first, because half a secret is not recognised.
   */
  redact(text: string): Promise<string>;
  /** Loads a synchronous `redact` that keeps the number of lines, for quoting single lines of many files. */
  lineRedactor(): Promise<(text: string) => string>;
  /** Whether a text may hold a secret; cheaper than `redact`, and never wrongly false. */
  mayHoldSecret(text: string): boolean;
}

/** An attempt that failed or was interrupted, and the end of its verify commands' output. */
export interface PreviousAttempt {
  failure: Failure | Cancelled;
  check_output?: string | undefined;
}

/** Whether an agent can run here; found out without spending money. */
export type Probe = { found: true; version: string } | { found: false; why_not: string };

/** The environment and working folder that an agent would start in. */
export interface LaunchContext {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/** Something that an agent lacks, and what to do about it; sentences. */
export interface AgentProblem {
  message: string;
  advice: string;
}

/** The variable or file that signs an agent's user in; or how to sign in, if neither is found. */
export type SignInStatus = { signed_in: string } | { sign_in: string };

/** One agent, created by an adapter. */
export interface Agent {
  name: string;
  /** Other names by which a task may refer to it. */
  aliases: readonly string[];
  /** Name of its adapter. */
  adapter: string;
  description: string;
  capabilities: readonly string[];
  /** Words that route a request to it. */
  triggers: readonly string[];
  /** Checks and completes `input_data`. */
  input: z.ZodType<Record<string, unknown>>;
  /** Input keys that hold a command line; values are never spliced into these. */
  shell_fields: readonly string[];
  /** Input keys that name files the agent writes; it does not read what they held before. */
  output_fields?: readonly string[];
  /** The only input keys that name files it reads, relative to the workspace. Undefined: any key may. */
  read_fields?: readonly string[];
  /** Whether the configuration names it. */
  is_configured?: boolean;
  /** Configuration that affects its results; agents that differ here may produce different output for the same task. */
  settings?: Readonly<Record<string, unknown>>;
  /** Whether its attempts cost money. It reports the cost of each, or computes it from the user's price table. */
  is_paid?: boolean;
  /** Set if its cost cannot be known: why, and what to do about it. */
  unknown_cost?: AgentProblem;
  /** Instructions for a model that replaces it, added after the task's description; the input holds the rest. */
  brief?: string;
  /** Whether it needs a description, or `prompt` in the input. */
  requires_prompt?: boolean;
  /** Returns what it lacks to run, without starting anything. */
  missing?(context: LaunchContext): AgentProblem | undefined;
  probe(context: LaunchContext): Promise<Probe>;
  /** Returns whether its user is signed in, as far as variables and files show. */
  signInStatus?(context: LaunchContext): SignInStatus;
  /** Loads code in advance that the first attempt would otherwise wait for. */
  load?(): Promise<unknown>;
  /** Runs one attempt. Never throws and never retries; the generator returns the one outcome. */
  run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void>;
}
