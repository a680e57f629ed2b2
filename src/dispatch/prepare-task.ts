import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Job, PreviousAttempt, UpstreamFailure } from "#agents";
import type { Failure } from "#events";
import type { AttemptRequest, PriorFailure } from "#scheduler";
import { type ResolvedTask, resolveTask, type Task } from "#tasks";
import { readLogEnd } from "#traces";
import type { AttemptContext } from "./attempt-context.ts";
import type { TaskContext } from "./context.ts";
import type { SearchedLog } from "./redact-attempt.ts";
import { withContext } from "./resolve-context.ts";

/** A task with the outputs that it uses put in. */
export interface PreparedTask {
  task: Task;
  resolved: ResolvedTask;
  /** Without its secrets. */
  description: string;
  /** What the journal is told of the input: without its secrets, and without the context. */
  shown: { input: Record<string, unknown>; values?: Readonly<Record<string, string>> };
  /** Whether it has secrets. */
  has_secrets: boolean;
  upstream_results: Readonly<Record<string, unknown>>;
  upstream_failures: Readonly<Record<string, UpstreamFailure>>;
  given: TaskContext | undefined;
}

/** A job that is ready to run. */
export interface ReadyJob {
  job: Job;
  resolved: ResolvedTask;
  log: SearchedLog | undefined;
  /** The content of the input file without its secrets; undefined where it has none. */
  shown_input: unknown;
}

/** Puts outputs of earlier tasks into a task that is to start. */
export async function prepareTask(
  { plan, outputs, failures }: Pick<AttemptContext, "plan" | "outputs" | "failures">,
  task: Task,
  given: TaskContext | undefined,
): Promise<PreparedTask | Failure> {
  const agent = plan.agents.get(task.agent);
  if (agent === undefined) throw new Error(`There is no agent ${task.agent}`);
  const resolving = resolveTask(task, {
    variables: plan.variables,
    agent,
    isTask: (id) => plan.graph.index.has(id),
    output: (id) => (outputs.has(id) ? { value: outputs.get(id) } : undefined),
  });
  if ("problem" in resolving) return { status: "error", error_kind: "dependency", error: resolving.problem };
  const { resolved } = resolving;
  const upstream_results: Record<string, unknown> = {};
  const upstream_failures: Record<string, UpstreamFailure> = {};
  for (const id of task.dependencies) {
    const failure = failures.get(id);
    if (outputs.has(id)) upstream_results[id] = outputs.get(id);
    else if (failure !== undefined) upstream_failures[id] = failure;
  }
  const values = Object.keys(resolved.values).length === 0 ? {} : { values: resolved.values };
  const said = { input: resolved.input_data, ...values };
  const { redactor } = plan;
  const shown = await redactor.redactValue(said);
  const description = await redactor.redact(resolved.description);
  return { task, resolved, description, shown, has_secrets: shown !== said, upstream_results, upstream_failures, given };
}

/** Writes a task's input file, and makes the job that an agent is handed. */
export function createJob(context: AttemptContext, prepared: PreparedTask, order: AttemptRequest): ReadyJob {
  const { plan, folder } = context;
  const { task, resolved, description, shown, has_secrets, upstream_results, upstream_failures, given } = prepared;
  const { task_id } = task;
  const { attempt, previous, max_usd } = order;
  const files = {
    input: folder.input(task_id),
    output: folder.output(task_id, attempt),
    stdout: folder.log(task_id, attempt, "out"),
    stderr: folder.log(task_id, attempt, "err"),
    prompt: folder.prompt(task_id, attempt),
    schema: folder.schema(task_id),
  };
  const input = withContext(resolved.input_data, given);
  // Most tasks run only where there are none.
  const upstream = { upstream_results, ...(Object.keys(upstream_failures).length === 0 ? {} : { upstream_failures }) };
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
      ...(given === undefined ? {} : { DISPATCH_CONTEXT_FILE: given.given.file }),
      ...resolved.env,
      ...resolved.values,
    },
    files,
    supervisor: context.supervisor,
    redact: (text) => plan.redactor.redact(text),
    lineRedactor: () => plan.redactor.lineRedactor(),
    isCleanLog(text) {
      ready.log = { is_clean: !plan.redactor.mayHold(text), output: undefined };
      return ready.log.is_clean;
    },
    isMadeOfLog(output) {
      if (ready.log !== undefined) ready.log.output = output;
    },
  };
  const ready: ReadyJob = {
    job,
    resolved,
    log: undefined,
    shown_input: has_secrets ? { ...withContext(shown.input, given), ...upstream } : undefined,
  };
  return ready;
}

/** Most of what a check printed that the next attempt is told, from its end. */
const max_check_bytes = 8 * 1024;

/** What an agent is told of the attempt before this one. */
function previousAttempt(verify_log: string, { failure }: PriorFailure): PreviousAttempt {
  return failure.error_kind === "verify"
    ? { failure, check_output: readLogEnd(verify_log, max_check_bytes)?.text }
    : { failure };
}
