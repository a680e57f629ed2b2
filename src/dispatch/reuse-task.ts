import { resolve } from "node:path";
import { messageOf } from "#errors";
import type { Success } from "#events";
import {
  type ContentHasher,
  differences,
  hasDeclaredInputs,
  type KeyContext,
  keyWithOutputs,
  type NamedPath,
  productsOf,
  reuseKey,
} from "#reuse";
import type { Task } from "#tasks";
import { type EarlierSuccess, earlierSuccesses } from "#traces";
import type { AttemptContext } from "./attempt-context.ts";
import type { Plan } from "./plan.ts";
import { createJob, keyContextOf, keyInputOf, type PreparedTask, prepareTask } from "./prepare-task.ts";
import { redactAttempt } from "./redact-attempt.ts";
import { resolveContext } from "./resolve-context.ts";
import { verify } from "./verify.ts";

/**
 * The successes of earlier runs that a plan's tasks may reuse, newest first; none without `--reuse`. A resumed run does not
 * reuse for tasks that it had started or was asked to repeat.
 */
export function findEarlierSuccesses(
  { config, trace_dir, tasks, resumed }: Plan,
  { warn, hasher, run_id }: { warn: (message: string) => void; hasher: ContentHasher; run_id?: string },
): Map<string, EarlierSuccess[]> {
  if (!config.reuse) return new Map();
  const isOpen = (task_id: string): boolean =>
    resumed === undefined ||
    (!resumed.reused.has(task_id) &&
      !resumed.repeated.has(task_id) &&
      (resumed.history.newest_attempt.get(task_id) ?? 0) === 0);
  const wanted = tasks.filter(({ task_id }) => isOpen(task_id)).map(({ task_id }) => task_id);
  const { successes, damaged_runs, written } = earlierSuccesses(trace_dir, new Set(wanted), run_id);
  hasher.leaveOut(written);
  if (damaged_runs.length > 0) warn(damagedJournalsWarning(damaged_runs));
  return successes;
}

/** What comparing a task with its earlier successes found. */
export type Comparison =
  | { type: "never_ran" }
  | {
      type: "same";
      success: EarlierSuccess;
      output: unknown;
      left: EarlierSuccess["left"];
      appended: readonly NamedPath[];
      /** The key covers no file that the task reads. */
      is_blind: boolean;
    }
  | {
      type: "changed";
      /** The newest run in which the task succeeded. */
      since: string;
      /** Each change as a clause. */
      changed: string[];
      /** Files that its command created then and names again. */
      products: readonly string[];
    };

/** Compares a task with its earlier successes. */
export async function compareWithEarlierSuccesses(
  plan: Plan,
  prepared: PreparedTask,
  earlier: readonly EarlierSuccess[],
  about: KeyContext,
): Promise<Comparison> {
  const agent = plan.agents.get(prepared.task.agent);
  const { key, appended } = await reuseKey(agent, keyInputOf(prepared), about);
  let newest: Comparison = { type: "never_ran" };
  for (const success of earlier) {
    const now = await keyWithOutputs(key, success.left, about);
    const changed = differences(now, success);
    if (changed.length === 0) {
      try {
        const left = currentOutputs(success, now);
        const is_blind = !hasDeclaredInputs(agent, key);
        return { type: "same", success, output: success.output(), left, appended, is_blind };
      } catch (error) {
        changed.push(`its output cannot be read: ${messageOf(error)}`);
      }
    }
    if (newest.type === "never_ran")
      newest = { type: "changed", since: success.from, changed, products: productsOf(key, success) };
  }
  return newest;
}

/** Reuses successes of earlier runs during a run. */
export interface Reuse {
  /** See `ScheduleOptions`. */
  reuse(i: number, signal: AbortSignal): Promise<Success | undefined>;
  /** Warns of reused tasks whose inputs dispatch could not see. */
  warn(): void;
}

/** Looks for earlier successes of a run's tasks; undefined where there are none, or without `--reuse`. */
export function createReuse(context: AttemptContext): Reuse | undefined {
  const { plan, folder, warn, hasher } = context;
  const earlier = findEarlierSuccesses(plan, { warn, hasher, run_id: folder.run_id });
  if (earlier.size === 0) return undefined;
  const blind: string[] = [];
  return {
    async reuse(i, signal) {
      const task = plan.tasks[i];
      const successes = earlier.get(task?.task_id ?? "");
      if (task === undefined || successes === undefined) return undefined;
      return reuseTask(context, task, successes, signal, () => blind.push(task.task_id));
    },
    warn() {
      if (blind.length > 0) warn(blindWarning(blind));
    },
  };
}

/**
 * Reuses an earlier success if its key matches, the files that it left are still there, and its `verify` commands pass now.
 * Undefined where the task must run. Never rejects.
 */
async function reuseTask(
  context: AttemptContext,
  task: Task,
  earlier: readonly EarlierSuccess[],
  signal: AbortSignal,
  onBlind: () => void,
): Promise<Success | undefined> {
  const { plan, publish } = context;
  const { task_id } = task;
  try {
    const resolved = await resolveContext({ ...context, warn() {} }, task_id, signal);
    if (resolved.type === "ended") return undefined;
    const step = await prepareTask(context, task, resolved.value);
    if (step.type === "ended") return undefined;
    const found = await compareWithEarlierSuccesses(plan, step.value, earlier, keyContextOf(context));
    if (found.type === "never_ran" || signal.aborted) return undefined;
    if (found.type === "changed") {
      publish({ type: "task.changed", task_id, since: found.since, changed: found.changed });
      expectProducts(context, task_id, found.products);
      return undefined;
    }
    const { success, output, left } = found;
    const failed = overwrittenFile(context, found.appended) ?? (await verifyAgain(context, step.value, output, signal));
    if (signal.aborted) return undefined;
    if (failed !== undefined) {
      publish({ type: "task.changed", task_id, since: success.from, changed: [failed] });
      return undefined;
    }
    publish({ type: "task.reused", task_id, from: success.from, key: success.key, left });
    if (found.is_blind) onBlind();
    return { status: "success", output };
  } catch (error) {
    context.warn(`${task_id} runs, because it cannot be compared with earlier runs: ${messageOf(error)}.`);
    return undefined;
  }
}

/** Files that the task's command created in an earlier run exist now, but are still outputs and not inputs. */
function expectProducts({ plan, produced }: AttemptContext, task_id: string, products: readonly string[]): void {
  if (products.length === 0) return;
  const paths = products.map((name) => ({ path: resolve(plan.workspace_path, name), name }));
  produced.set(task_id, { files_changed: new Set(), paths: new Map(paths.map((named) => [named.path, named])) });
}

/** A file that the task appended to and that a task of this run wrote from the start, as a clause. */
function overwrittenFile({ produced }: AttemptContext, appended: readonly NamedPath[]): string | undefined {
  if (appended.length === 0) return undefined;
  for (const [task_id, { paths, files_changed }] of produced) {
    const lost = appended.find(({ path }) => paths.has(path) || files_changed.has(path));
    if (lost !== undefined) return `${lost.name}, which it appends to, was written again by ${task_id}`;
  }
  return undefined;
}

/** The files that a success left, in the state in which a later task of its run left them. */
function currentOutputs({ left, later }: EarlierSuccess, now: EarlierSuccess["key"]): EarlierSuccess["left"] {
  const changed_later = Object.entries(later).filter(([name, hash]) => now[`file ${name}`] === (hash ?? undefined));
  return changed_later.length === 0 ? left : { ...left, ...Object.fromEntries(changed_later) };
}

/** Why the `verify` commands do not pass now, as a clause. Their output is in the log of attempt 0. */
async function verifyAgain(
  context: AttemptContext,
  prepared: PreparedTask,
  output: unknown,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { task, resolved } = prepared;
  if (resolved.verify.length === 0) return undefined;
  const attempt = 0;
  const ready = createJob(context, prepared, { attempt, previous: undefined });
  const commands = { commands: resolved.verify, written: task.verify };
  const seconds = task.timeout_seconds ?? context.plan.config.timeout_seconds;
  const { failed } = await verify(context, ready.job, commands, seconds, signal, output);
  const about = { folder: context.folder, task_id: task.task_id, attempt, ...ready };
  const shown = await redactAttempt(about, failed ?? { status: "success", output }, context.plan.redactor);
  return shown.status === "success" ? undefined : shown.error.replace(/^The/, "the").replace(/\.$/, "");
}

/** Most tasks or runs that one message names. */
const max_named = 10;

function listed(names: readonly string[]): string {
  const more = names.length > max_named ? ` and ${names.length - max_named} more` : "";
  return `${names.slice(0, max_named).join(", ")}${more}`;
}

const blindWarning = (task_ids: readonly string[]): string =>
  `Reused without seeing any input file: ${listed(task_ids)}. A change of a file that a task reads but does not name goes unseen. Name it in the task or in context_requirements.`;

const damagedJournalsWarning = (run_ids: readonly string[]): string =>
  `These earlier runs are not reused, because their journals are damaged or cannot be read: ${listed(run_ids)}.`;
