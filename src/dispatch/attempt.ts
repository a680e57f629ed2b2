import { resolve } from "node:path";
import type { AgentEvent, Job } from "#agents";
import { messageOf } from "#errors";
import { type AttemptOutcome, attachedTo, type Failure, stoppedOutcome } from "#events";
import type { AttemptRequest } from "#scheduler";
import { compileOutputSchema, isTooDeep, type Task } from "#tasks";
import type { AttemptContext } from "./attempt-context.ts";
import { createJob, prepareTask, type ReadyJob } from "./prepare-task.ts";
import { redactAttempt } from "./redact-attempt.ts";
import { resolveContext } from "./resolve-context.ts";
import { type CurrentKey, reuseKey } from "./reuse/key.ts";
import { type ProducedFiles, snapshotOutputs } from "./reuse/produced-files.ts";
import { underTimeout } from "./under-timeout.ts";
import { verify } from "./verify.ts";

/** Runs one attempt to its end: input, agent, output schema, verify commands, redaction. Never rejects. */
export async function runAttempt(
  context: AttemptContext,
  task: Task,
  order: AttemptRequest,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { folder, plan, outputs } = context;
  const { task_id } = task;
  const { attempt } = order;
  try {
    const started = await startJob(context, task, order, signal);
    const about = { folder, task_id, attempt };
    const said = "status" in started ? started : await runJob(context, task, started, signal);
    const outcome =
      "status" in started
        ? await plan.redactor.redactValue(said)
        : await redactAttempt({ ...about, ...started }, said, plan.redactor);
    const made = "status" in started ? undefined : producedSoFar(context, started, said.files_changed);
    if (outcome.status !== "success") return outcome;
    outputs.set(task_id, outcome.output);
    if (!("status" in started) && made !== undefined) await publishProducedFiles(context, started, made);
    return outcome;
  } catch (error) {
    const why = await plan.redactor.redact(messageOf(error));
    return { status: "error", error_kind: "internal", error: `The attempt could not be carried out: ${why}.` };
  }
}

/** Runs the agent and checks what it says, as it says it. Never rejects: what its files hold must still be redacted. */
async function runJob(
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

/** A job that is ready to run, and by what a later run may know it again. */
interface StartedJob extends ReadyJob {
  known_by: CurrentKey;
}

async function startJob(
  context: AttemptContext,
  task: Task,
  order: AttemptRequest,
  signal: AbortSignal,
): Promise<StartedJob | AttemptOutcome> {
  const given = await resolveContext(context, task, signal);
  if (given !== undefined && "status" in given) return given;
  const prepared = await prepareTask(context, task, given);
  if ("status" in prepared) return prepared;
  const known_by = await reuseKey(context.plan, prepared, context);
  const ready = createJob(context, prepared, order);
  const about = given === undefined ? {} : { context: given.given };
  const { task_id } = task;
  context.publish({ type: "attempt.input", task_id, attempt: order.attempt, ...prepared.shown, ...about, key: known_by.key });
  // Not a copy: the agent is still to say what it has printed.
  return Object.assign(ready, { known_by });
}

/** What a task has made with this attempt: what one that failed had written still stands there. */
function producedSoFar(
  { plan, produced }: AttemptContext,
  { job, known_by }: StartedJob,
  files_changed: readonly string[] = [],
): ProducedFiles {
  const { task_id, cwd } = job;
  const earlier = plan.resumed?.history.tasks.get(task_id)?.attempts ?? [];
  const so_far = produced.get(task_id) ?? { files_changed: new Set(), paths: new Map() };
  produced.set(task_id, so_far);
  for (const attempt of earlier) for (const file of attempt.files_changed) so_far.files_changed.add(resolve(cwd, file));
  for (const file of files_changed) so_far.files_changed.add(resolve(cwd, file));
  for (const named of known_by.may_make) so_far.paths.set(named.path, named);
  return so_far;
}

/** Tells what a success has left on disk, for later runs to see whether it still stands. */
async function publishProducedFiles(
  { plan, hasher, publish }: AttemptContext,
  { job, known_by }: StartedJob,
  made: ProducedFiles,
): Promise<void> {
  const { task_id, attempt, workspace_path } = job;
  const files = await snapshotOutputs(known_by.key, made, { workspace_path, hasher });
  const shown = await plan.redactor.redactValue(files);
  if (Object.keys(shown).length > 0) publish({ type: "attempt.left", task_id, attempt, files: shown });
}

async function runAgent(context: AttemptContext, task: Task, job: Job, signal: AbortSignal): Promise<AttemptOutcome> {
  if (signal.aborted) return stoppedOutcome(signal.reason);
  const agent = context.plan.agents.get(task.agent);
  if (agent === undefined) throw new Error(`There is no agent ${task.agent}`);
  const running = agent.run(job, signal);
  for (;;) {
    const next = await running.next();
    if (next.done === true) return next.value;
    const event = await context.plan.redactor.redactValue(withoutDeepInput(next.value));
    context.publish({ ...event, task_id: job.task_id, attempt: job.attempt });
  }
}

/** An event without the input of its tool, where that is nested more deeply than a journal can carry. */
function withoutDeepInput(event: AgentEvent): AgentEvent {
  if (event.type !== "agent.tool" || !isTooDeep(event.input)) return event;
  const { type, tool } = event;
  return { type, tool };
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
