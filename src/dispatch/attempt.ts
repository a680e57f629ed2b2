import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { resolve } from "node:path";
import type { Job, Previous } from "#agents";
import { messageOf, unreachable } from "#errors";
import {
  type AttemptOutcome,
  attachedTo,
  type Cancelled,
  type EventBody,
  type Failure,
  type StopReason,
  stoppedOutcome,
} from "#events";
import type { Supervisor } from "#process";
import type { AttemptOrder } from "#scheduler";
import { type CommandLine, compileOutputSchema, type ResolvedTask, resolveTask, type Task } from "#tasks";
import { type RunFolder, readLogEnd } from "#traces";
import type { RunContext } from "./context.ts";
import { giveContext, withContext } from "./give-context.ts";
import type { Plan } from "./plan.ts";
import { type Printed, redactAttempt } from "./redact-attempt.ts";

/** What every attempt of a run shares. */
export interface AttemptContext {
  plan: Plan;
  folder: RunFolder;
  supervisor: Supervisor;
  publish(event: EventBody): void;
  /** Says something that changes nothing. */
  warn(message: string): void;
  /** Absent where no task is given context. */
  run_context: RunContext | undefined;
  /** The environment as the run began; each look at `process.env` itself asks the system for every variable anew. */
  inherited_env: Readonly<Record<string, string | undefined>>;
  /** The outputs of the tasks that have succeeded, redacted: what a run hands on is what its journal has. */
  outputs: Map<string, unknown>;
}

/** Runs one attempt to its end: input, agent, output schema, verify commands, redaction. Never rejects. */
export async function runAttempt(
  context: AttemptContext,
  task: Task,
  order: AttemptOrder,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { folder, plan, outputs } = context;
  const { task_id } = task;
  const { attempt } = order;
  try {
    const started = await startJob(context, task, order, signal);
    const about = { folder, task_id, attempt };
    const said = "status" in started ? started : await carryOutJob(context, task, started, signal);
    const outcome =
      "status" in started
        ? await plan.redactor.redactValue(said)
        : await redactAttempt({ ...about, ...started }, said, plan.redactor);
    if (outcome.status === "success") outputs.set(task_id, outcome.output);
    return outcome;
  } catch (error) {
    const why = await plan.redactor.redact(messageOf(error));
    return { status: "error", error_kind: "internal", error: `The attempt could not be carried out: ${why}.` };
  }
}

/** Runs the agent and checks what it says, as it says it. Never rejects: what its files hold must still be redacted. */
async function carryOutJob(
  context: AttemptContext,
  task: Task,
  { job, resolved }: StartedJob,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const seconds = task.timeout_seconds ?? context.plan.config.timeout_seconds;
  try {
    const outcome = await underTimeout(seconds, signal, (limited) => runAgent(context, task, job, limited));
    if (outcome.status !== "success") return outcome;
    const misfit = await checkOutput(task, outcome.output);
    if (misfit !== undefined) return { ...attachedTo(outcome), ...misfit };
    const { failed, warnings } = await verify(
      context,
      job,
      { commands: resolved.verify, written: task.verify },
      seconds,
      signal,
      outcome.output,
    );
    const all = [...(outcome.warnings ?? []), ...warnings];
    const carried = { ...attachedTo(outcome), ...(all.length === 0 ? {} : { warnings: all }) };
    if (failed !== undefined) return { ...carried, ...failed };
    return { ...outcome, ...carried };
  } catch (error) {
    return { status: "error", error_kind: "internal", error: `The attempt could not be carried out: ${messageOf(error)}.` };
  }
}

/** A job that is ready to run. */
interface StartedJob {
  job: Job;
  resolved: ResolvedTask;
  /** What the agent has said of its output. */
  printed: Printed | undefined;
  /** The content of the input file without its secrets; undefined where it has none. */
  shown_input: unknown;
}

async function startJob(
  context: AttemptContext,
  task: Task,
  { attempt, previous: failure, most_usd }: AttemptOrder,
  signal: AbortSignal,
): Promise<StartedJob | AttemptOutcome> {
  const { plan, folder, outputs, run_context, warn } = context;
  const { strict } = plan.config.context;
  const to_read = run_context === undefined ? undefined : await giveContext(task, { run_context, strict, warn, signal });
  if (to_read !== undefined && "status" in to_read) return to_read;
  const { redactor } = plan;
  const { task_id } = task;
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
  for (const id of task.dependencies) if (outputs.has(id)) upstream_results[id] = outputs.get(id);
  const files = {
    input: folder.input(task_id),
    output: folder.output(task_id, attempt),
    stdout: folder.log(task_id, attempt, "out"),
    stderr: folder.log(task_id, attempt, "err"),
    prompt: folder.prompt(task_id, attempt),
    schema: folder.schema(task_id),
  };
  const input = withContext(resolved.input_data, to_read);
  writeFileSync(files.input, JSON.stringify({ ...input, upstream_results }), { mode: 0o600 });
  const values = Object.keys(resolved.values).length === 0 ? {} : { values: resolved.values };
  const given = { input: resolved.input_data, ...values };
  const shown = await redactor.redactValue(given);
  const about = to_read === undefined ? {} : { context: to_read.given };
  context.publish({ type: "attempt.input", task_id, attempt, ...shown, ...about });
  const job: Job = {
    task_id,
    attempt,
    description: await redactor.redact(resolved.description),
    input,
    upstream_results,
    output_schema: task.output_schema,
    most_usd,
    previous: failure === undefined ? undefined : previousAttempt(folder.log(task_id, attempt - 1, "verify"), failure),
    cwd: resolve(plan.workspace_path, resolved.cwd ?? "."),
    workspace_path: plan.workspace_path,
    inherited_env: context.inherited_env,
    env: {
      DISPATCH_RUN_ID: folder.run_id,
      DISPATCH_TASK_ID: task_id,
      DISPATCH_ATTEMPT: String(attempt),
      DISPATCH_INPUT_FILE: files.input,
      DISPATCH_OUTPUT_FILE: files.output,
      ...(to_read === undefined ? {} : { DISPATCH_CONTEXT_FILE: to_read.given.file }),
      ...resolved.env,
      ...resolved.values,
    },
    files,
    supervisor: context.supervisor,
    redact: (text) => redactor.redact(text),
    isPrinted(output, text) {
      started.printed = { output, text };
    },
  };
  const started: StartedJob = {
    job,
    resolved,
    printed: undefined,
    shown_input: shown === given ? undefined : { ...withContext(shown.input, to_read), upstream_results },
  };
  return started;
}

/** Most of what a check printed that the next attempt is told, from its end. */
const most_check_bytes = 8 * 1024;

/** What an agent is told of the attempt before this one. */
function previousAttempt(verify_log: string, failure: Failure | Cancelled): Previous | undefined {
  // Who was turned away before it began has left nothing to go on with, nor anything to learn from.
  if (failure.error_kind === "rate_limited" && failure.session_id === undefined) return undefined;
  return failure.error_kind === "verify"
    ? { failure, check_output: readLogEnd(verify_log, most_check_bytes)?.text }
    : { failure };
}

/** Gives `work` a signal that aborts after `seconds` or with `signal`, whichever is first. */
async function underTimeout<Value>(
  seconds: number,
  signal: AbortSignal,
  work: (limited: AbortSignal) => Promise<Value>,
): Promise<Value> {
  const controller = new AbortController();
  const onAbort = (): void => controller.abort(signal.reason);
  const reason: StopReason = { type: "timeout", seconds };
  const timer = setTimeout(() => controller.abort(reason), seconds * 1000);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

async function runAgent(context: AttemptContext, task: Task, job: Job, signal: AbortSignal): Promise<AttemptOutcome> {
  if (signal.aborted) return stoppedOutcome(signal.reason);
  const agent = context.plan.agents.get(task.agent);
  if (agent === undefined) throw new Error(`There is no agent ${task.agent}`);
  const running = agent.run(job, signal);
  for (;;) {
    const next = await running.next();
    if (next.done === true) return next.value;
    const event = await context.plan.redactor.redactValue(next.value);
    context.publish({ ...event, task_id: job.task_id, attempt: job.attempt });
  }
}

async function checkOutput(task: Task, output: unknown): Promise<Failure | undefined> {
  if (task.output_schema === undefined) return undefined;
  const compiled = await compileOutputSchema(task.output_schema);
  if (!("check" in compiled)) throw new Error(compiled.problem);
  const misfits = compiled.check(output);
  if (misfits.length === 0) return undefined;
  const more = misfits.length > 5 ? `, and ${misfits.length - 5} more` : "";
  return {
    status: "error",
    error_kind: "invalid_output",
    error: `The output does not fit output_schema: ${misfits.slice(0, 5).join("; ")}${more}.`,
  };
}

/** Runs the task's verify commands in order; the first that does not exit 0 fails the attempt. */
async function verify(
  context: AttemptContext,
  job: Job,
  { commands, written }: { commands: readonly CommandLine[]; written: readonly CommandLine[] },
  seconds: number,
  signal: AbortSignal,
  output: unknown,
): Promise<{ failed: AttemptOutcome | undefined; warnings: string[] }> {
  const warnings: string[] = [];
  if (commands.length === 0) return { failed: undefined, warnings };
  writeFileSync(job.files.output, JSON.stringify(output), { mode: 0o600 });
  const log = openSync(context.folder.log(job.task_id, job.attempt, "verify"), "a", 0o600);
  try {
    for (const [i, command] of commands.entries()) {
      // As the task file has it: the names that stand for values in the script itself mean nothing to its author.
      const line = written[i] ?? command;
      const shown = typeof line === "string" ? line : line.join(" ");
      writeSync(log, `$ ${shown}\n`);
      const failed = await underTimeout(seconds, signal, async (limited): Promise<AttemptOutcome | undefined> => {
        if (limited.aborted) return stoppedOutcome(limited.reason);
        const end = await context.supervisor.run(
          { command, cwd: job.cwd, env: { ...job.inherited_env, ...job.env }, stdout: log, stderr: log },
          limited,
        );
        warnings.push(...end.warnings);
        if (end.stopped) {
          const outcome = stoppedOutcome(limited.reason);
          return outcome.error_kind === "timeout"
            ? { ...outcome, error: `The verify command took longer than ${seconds} s: ${shown}` }
            : outcome;
        }
        if (end.type === "exited" && end.exit_code === 0) return undefined;
        return { status: "error", error_kind: "verify", error: `The verify command ${howItEnded(end)}: ${shown}` };
      });
      if (failed !== undefined) return { failed, warnings };
    }
    return { failed: undefined, warnings };
  } finally {
    closeSync(log);
  }
}

function howItEnded(end: Awaited<ReturnType<Supervisor["run"]>>): string {
  switch (end.type) {
    case "exited":
      return `exited with ${end.exit_code}`;
    case "signalled":
      return `was killed by ${end.signal}`;
    case "not_started":
      return `could not be started (${end.message})`;
    default:
      return unreachable(end);
  }
}
