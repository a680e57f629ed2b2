import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Job, PreviousAttempt, UpstreamFailure } from "#agents";
import type { KeyContext, KeyInput } from "#reuse";
import type { AttemptRequest, PriorFailure } from "#scheduler";
import { type ResolvedTask, resolveTask, type Task } from "#tasks";
import { readLogEnd } from "#traces";
import type { AttemptContext, Step } from "./attempt-context.ts";
import type { TaskContext } from "./context.ts";
import type { Plan } from "./plan.ts";
import { withContext } from "./resolve-context.ts";
import { version } from "./version.ts";

/** A task whose references have their values. */
export interface PreparedTask {
  task: Task;
  resolved: ResolvedTask;
  /** Masked. */
  description: string;
  /** The input for the journal: masked, without the context. */
  shown: { input: Record<string, unknown>; values?: Readonly<Record<string, string>> };
  has_secrets: boolean;
  upstream_results: Readonly<Record<string, unknown>>;
  upstream_failures: Readonly<Record<string, UpstreamFailure>>;
  context: TaskContext | undefined;
}

/** A job that is ready to run. */
export interface ReadyJob {
  job: Job;
  resolved: ResolvedTask;
  /** The masked content of the input file; undefined if the file has no secrets. */
  shown_input: unknown;
}

/** Puts the outputs of earlier tasks into a task that is about to start. */
export async function prepareTask(
  { plan, ended }: Pick<AttemptContext, "plan" | "ended">,
  task: Task,
  context: TaskContext | undefined,
): Promise<Step<PreparedTask>> {
  const agent = plan.agents.get(task.agent);
  if (agent === undefined) throw new Error(`there is no agent ${task.agent}`);
  const { outputs, failures } = ended;
  const resolving = resolveTask(task, {
    variables: plan.variables,
    agent,
    isTask: (id) => plan.graph.index.has(id),
    output: (id) => (outputs.has(id) ? { value: outputs.get(id) } : undefined),
  });
  if ("problem" in resolving)
    return { type: "ended", outcome: { status: "error", error_kind: "dependency", error: resolving.problem } };
  const { resolved } = resolving;
  const upstream_results: Record<string, unknown> = {};
  const upstream_failures: Record<string, UpstreamFailure> = {};
  for (const id of task.dependencies) {
    const failure = failures.get(id);
    if (outputs.has(id)) upstream_results[id] = outputs.get(id);
    else if (failure !== undefined) upstream_failures[id] = failure;
  }
  const values = Object.keys(resolved.values).length === 0 ? {} : { values: resolved.values };
  const input = { input: resolved.input_data, ...values };
  const { redactor } = plan;
  const shown = await redactor.redactValue(input);
  const description = await redactor.redact(resolved.description);
  const has_secrets = shown !== input;
  const value = { task, resolved, description, shown, has_secrets, upstream_results, upstream_failures, context };
  return { type: "ready", value };
}

/** What a reuse key is computed from. */
export const keyInputOf = ({ task, context, ...prepared }: PreparedTask): KeyInput => ({
  ...prepared,
  output_schema: task.output_schema,
  context: context?.pre_gathered_context ?? {},
});

/** What the reuse keys of a run are made with. */
export const keyContextOf = ({
  plan: { workspace_path, redactor },
  hasher,
  inherited_env,
}: Pick<AttemptContext, "hasher" | "inherited_env"> & { plan: Pick<Plan, "workspace_path" | "redactor"> }): KeyContext => ({
  workspace_path,
  redactor,
  hasher,
  inherited_env,
  version,
});

/** Writes a task's input file and creates the job for its agent. */
export function createJob(context: AttemptContext, prepared: PreparedTask, request: AttemptRequest): ReadyJob {
  const { plan, folder } = context;
  const { task, resolved, description, shown, has_secrets, upstream_results, upstream_failures } = prepared;
  const { task_id } = task;
  const { attempt, previous, max_usd } = request;
  const files = {
    input: folder.input(task_id),
    output: folder.output(task_id, attempt),
    stdout: folder.log(task_id, attempt, "out"),
    stderr: folder.log(task_id, attempt, "err"),
    prompt: folder.prompt(task_id, attempt),
    schema: folder.schema(task_id),
  };
  const input = withContext(resolved.input_data, prepared.context);
  const has_failures = Object.keys(upstream_failures).length > 0;
  const upstream = { upstream_results, ...(has_failures ? { upstream_failures } : {}) };
  writeFileSync(files.input, JSON.stringify({ ...input, ...upstream }), { mode: 0o600 });
  const job: Job = {
    task_id,
    attempt,
    description,
    input,
    upstream_results,
    upstream_failures,
    output_schema: task.output_schema,
    max_usd,
    previous: previous === undefined ? undefined : previousAttempt(folder.log(task_id, previous.attempt, "verify"), previous),
    cwd: resolve(plan.workspace_path, resolved.cwd ?? "."),
    workspace_path: plan.workspace_path,
    inherited_env: context.inherited_env,
    env: {
      DISPATCH_RUN_ID: folder.run_id,
      DISPATCH_TASK_ID: task_id,
      DISPATCH_ATTEMPT: String(attempt),
      DISPATCH_INPUT_FILE: files.input,
      DISPATCH_OUTPUT_FILE: files.output,
      ...(prepared.context === undefined ? {} : { DISPATCH_CONTEXT_FILE: prepared.context.given.file }),
      ...resolved.env,
      ...resolved.values,
    },
    files,
    supervisor: context.supervisor,
    redact: (text) => plan.redactor.redact(text),
    lineRedactor: () => plan.redactor.lineRedactor(),
    mayHoldSecret: (text) => plan.redactor.mayHold(text),
  };
  const shown_input = has_secrets ? { ...withContext(shown.input, prepared.context), ...upstream } : undefined;
  return { job, resolved, shown_input };
}

/** Most of what failed `verify` commands printed that the next attempt gets, from its end. */
const max_check_bytes = 8 * 1024;

/** What an agent is given of the attempt before this one. */
function previousAttempt(verify_log: string, { failure }: PriorFailure): PreviousAttempt {
  return failure.error_kind === "verify"
    ? { failure, check_output: readLogEnd(verify_log, max_check_bytes)?.text }
    : { failure };
}
