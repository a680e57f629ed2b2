import { resolve } from "node:path";
import type { AgentEvent, Job, LogScanned } from "#agents";
import { messageOf } from "#errors";
import { type AttemptOutcome, detailsOf, type Failure, stoppedOutcome } from "#events";
import { type CurrentKey, type ProducedFiles, reuseKey, snapshotOutputs } from "#reuse";
import type { AttemptRequest } from "#scheduler";
import { compileOutputSchema, isTooDeep, type Task } from "#tasks";
import type { AttemptContext, Step } from "./attempt-context.ts";
import { createJob, keyContextOf, keyInputOf, prepareTask, type ReadyJob } from "./prepare-task.ts";
import { redactAttempt } from "./redact-attempt.ts";
import { resolveContext } from "./resolve-context.ts";
import { underTimeout } from "./under-timeout.ts";
import { verify } from "./verify.ts";

/** Runs one attempt to its end: input, agent, output schema, verify commands, masking. Never rejects. */
export async function runAttempt(
  context: AttemptContext,
  task: Task,
  request: AttemptRequest,
  signal: AbortSignal,
): Promise<AttemptOutcome> {
  const { plan } = context;
  try {
    const step = await startJob(context, task, request, signal);
    if (step.type === "ended") return await plan.redactor.redactValue(step.outcome);
    const started = step.value;
    const { outcome: raw, scanned } = await runJob(context, task, started, signal);
    const { shown_input } = started;
    const about = { folder: context.folder, task_id: task.task_id, attempt: request.attempt, shown_input, scanned };
    const outcome = await redactAttempt(about, raw, plan.redactor);
    const produced = noteProduced(context, started, raw.files_changed);
    if (outcome.status === "success") await publishProduced(context, started, produced);
    return outcome;
  } catch (error) {
    return internalError(await plan.redactor.redact(messageOf(error)));
  }
}

const internalError = (why: string): Failure => ({
  status: "error",
  error_kind: "internal",
  error: `The attempt could not be run: ${why}.`,
});

/** A job that is ready to run, with its reuse key: the workspace as it is before the attempt. */
interface StartedJob extends ReadyJob {
  current: CurrentKey;
}

async function startJob(
  context: AttemptContext,
  task: Task,
  request: AttemptRequest,
  signal: AbortSignal,
): Promise<Step<StartedJob>> {
  const { plan, publish } = context;
  const { task_id, agent } = task;
  const resolved = await resolveContext(context, task_id, signal);
  if (resolved.type === "ended") return resolved;
  const step = await prepareTask(context, task, resolved.value);
  if (step.type === "ended") return step;
  const prepared = step.value;
  const current = await reuseKey(plan.agents.get(agent), keyInputOf(prepared), keyContextOf(context));
  const ready = createJob(context, prepared, request);
  const given = resolved.value === undefined ? {} : { context: resolved.value.given };
  publish({ type: "attempt.input", task_id, attempt: request.attempt, ...prepared.shown, ...given, key: current.key });
  return { type: "ready", value: { ...ready, current } };
}

/** How an agent's turn ended, and what it found in its log. */
interface EndedJob {
  outcome: AttemptOutcome;
  scanned?: LogScanned | undefined;
}

/** Runs the agent and checks its output. Never rejects: the files of the attempt must still be masked. */
async function runJob(
  context: AttemptContext,
  task: Task,
  { job, resolved }: StartedJob,
  signal: AbortSignal,
): Promise<EndedJob> {
  const seconds = task.timeout_seconds ?? context.plan.config.timeout_seconds;
  try {
    const ended = await underTimeout(seconds, signal, (limited) => runAgent(context, task, job, limited));
    const { outcome, scanned } = ended;
    if (outcome.status !== "success") return ended;
    const misfit = await checkOutput(task, outcome.output);
    if (misfit !== undefined) return { outcome: { ...detailsOf(outcome), ...misfit }, scanned };
    const commands = { commands: resolved.verify, written: task.verify };
    const { failed, warnings } = await verify(context, job, commands, seconds, signal, outcome.output);
    const all = [...(outcome.warnings ?? []), ...warnings];
    const attached = { ...detailsOf(outcome), ...(all.length === 0 ? {} : { warnings: all }) };
    return { outcome: failed === undefined ? { ...outcome, ...attached } : { ...attached, ...failed }, scanned };
  } catch (error) {
    return { outcome: internalError(messageOf(error)) };
  }
}

async function runAgent(context: AttemptContext, task: Task, job: Job, signal: AbortSignal): Promise<EndedJob> {
  if (signal.aborted) return { outcome: stoppedOutcome(signal.reason) };
  const agent = context.plan.agents.get(task.agent);
  if (agent === undefined) throw new Error(`there is no agent ${task.agent}`);
  const running = agent.run(job, signal);
  let scanned: LogScanned | undefined;
  for (;;) {
    const next = await running.next();
    if (next.done === true) return { outcome: next.value, scanned };
    if (next.value.type === "log.scanned") {
      scanned = next.value;
      continue;
    }
    const event = await context.plan.redactor.redactValue(withoutDeepInput(next.value));
    context.publish({ ...event, task_id: job.task_id, attempt: job.attempt });
  }
}

type JournaledEvent = Exclude<AgentEvent, LogScanned>;

/** An event without its tool's input, if that is nested more deeply than a journal can hold. */
function withoutDeepInput(event: JournaledEvent): JournaledEvent {
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

/** Adds the files that this attempt may have written to those of the task's earlier attempts, failed ones included. */
function noteProduced(
  { plan, produced }: AttemptContext,
  { job, current }: StartedJob,
  files_changed: readonly string[] = [],
): ProducedFiles {
  const { task_id, cwd } = job;
  const files = produced.get(task_id) ?? { files_changed: new Set(), paths: new Map() };
  produced.set(task_id, files);
  const earlier = plan.resumed?.history.tasks.get(task_id)?.attempts ?? [];
  for (const attempt of earlier) for (const file of attempt.files_changed) files.files_changed.add(resolve(cwd, file));
  for (const file of files_changed) files.files_changed.add(resolve(cwd, file));
  for (const named of current.may_create) files.paths.set(named.path, named);
  return files;
}

/** Publishes what a success left on disk, for later runs to see whether it is still there. */
async function publishProduced(context: AttemptContext, { job, current }: StartedJob, produced: ProducedFiles): Promise<void> {
  const { plan, hasher, publish } = context;
  const { task_id, attempt, workspace_path } = job;
  const files = await plan.redactor.redactValue(await snapshotOutputs(current.key, produced, { workspace_path, hasher }));
  if (Object.keys(files).length > 0) publish({ type: "attempt.left", task_id, attempt, files });
}
