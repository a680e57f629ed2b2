import type * as z from "zod";
import type { AttemptOutcome, Cancelled, ErrorKind, Failure, TaskStatus, Usage } from "#events";
import type { Supervisor } from "#process";

/** What an agent tells while it works. */
export type AgentEvent =
  | { type: "agent.message"; text: string }
  | { type: "agent.tool"; tool: string; input?: unknown }
  | { type: "agent.permission"; wanted: string; granted: boolean }
  | { type: "agent.usage"; usage: Usage }
  | { type: "agent.session"; session_id: string };

/** How a task ended that has no output. */
export interface UpstreamFailure {
  status: Exclude<TaskStatus, "success">;
  error_kind: ErrorKind;
  error: string;
}

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
  /** How those of them ended that have no output; only a task that runs all the same has any. */
  upstream_failures: Readonly<Record<string, UpstreamFailure>>;
  /** JSON Schema that the output must fit; checked by whoever runs the agent. */
  output_schema: unknown;
  /** Most that the attempt may spend, where that is limited; US dollars. */
  max_usd: number | undefined;
  /** The attempt before this one. */
  previous: Previous | undefined;
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
    /** What an agent that takes a prompt was told. */
    prompt: string;
    /** Where the output's schema may be left for a program. */
    schema: string;
  };
  supervisor: Supervisor;
  /**
   * Puts names in the place of secrets. What an agent hands back is redacted when the attempt has ended; what it cuts,
   * or sends elsewhere, must be redacted before: half a secret is not known for one.
   */
  redact(text: string): Promise<string>;
  /** The same at once, with as many lines as before, for who reads many files and shows some of their lines. */
  lineRedactor(): Promise<(text: string) => string>;
  /** Searches all that stands in the log of stdout, so that nobody need do it again; whether there is no secret in it. */
  isCleanLog(text: string): boolean;
  /** Says that an output is made of the log that was searched. */
  isMadeOfLog(output: unknown): void;
}

/** An attempt that failed or was interrupted, and the end of what its checks printed. */
export interface Previous {
  failure: Failure | Cancelled;
  check_output?: string | undefined;
}

/** Whether an agent can run here, told without spending anything. */
export type Probe = { found: true; version: string } | { found: false; why_not: string };

/** Where an agent would be started. */
export interface Where {
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

/** Something that an agent needs and that is not here, and what to do about it; sentences. */
export interface Missing {
  message: string;
  advice: string;
}

/** By what an agent's user is signed in: a variable, a file; or how to sign in, where neither is found. */
export type SignInStatus = { signed_in: string } | { sign_in: string };

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
  shell_fields: readonly string[];
  /** Keys of the input that name what the agent makes: what stands there before is nothing that it reads. */
  output_fields?: readonly string[];
  /** The only keys of the input that name files which it reads, seen from the workspace; without it, all may. */
  read_fields?: readonly string[];
  /** The configuration names it. */
  is_configured?: boolean;
  /** What the configuration says of what it does; two that differ here may do the same task otherwise. */
  settings?: Readonly<Record<string, unknown>>;
  /** Its attempts cost money, which it tells after each, or reckons from the user's price table. */
  is_paid?: boolean;
  /** Why nobody can tell what it costs, and what to do about it. */
  unknown_cost?: Missing;
  /** What a model in its place is told to do, after the description; its input has the rest. */
  brief?: string;
  /** It cannot work without words: a description, or `prompt` in the input. */
  requires_prompt?: boolean;
  /** What is not here that it needs, found without starting anything. */
  missing?(where: Where): Missing | undefined;
  probe(where: Where): Promise<Probe>;
  /** Whether its user is signed in, as far as that can be seen without asking anybody. */
  signInStatus?(where: Where): SignInStatus;
  /** Loads what the first attempt would otherwise have to wait for, at its own cost. */
  load?(): Promise<unknown>;
  /** Never throws and never retries; the generator's return value is the one outcome. */
  run(job: Job, signal: AbortSignal): AsyncGenerator<AgentEvent, AttemptOutcome, void>;
}
