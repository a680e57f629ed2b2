import { resolve } from "node:path";
import { messageOf } from "#errors";
import type { Success } from "#events";
import type { Task } from "#tasks";
import { type EarlierSuccess, earlierSuccesses } from "#traces";
import type { AttemptContext } from "../attempt-context.ts";
import type { Plan } from "../plan.ts";
import { createJob, type PreparedTask, prepareTask } from "../prepare-task.ts";
import { redactAttempt } from "../redact-attempt.ts";
import { resolveContext } from "../resolve-context.ts";
import { verify } from "../verify.ts";
import type { ContentHasher } from "./content-hash.ts";
import { differences, hasNoDeclaredInputs, type KeyContext, reuseKey } from "./key.ts";
import type { NamedPath } from "./named-paths.ts";
import { productsOf, withOutputs } from "./produced-files.ts";

/**
 * The successes of earlier runs that may stand for a plan's tasks, newest first; without `--reuse` there are none. What a
 * run that is taken up again had begun, or is told to repeat, is run.
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

/** How a task is otherwise than it was in the newest run that it had succeeded in. */
export interface Changed {
  since: string;
  /** In words. */
  changed: string[];
  /** What its command made then and names again. */
  products: readonly string[];
}

/** What an earlier success says of a task: that it stands for it, or what is otherwise than in the newest. */
export type Comparison =
  | {
      success: EarlierSuccess;
      output: unknown;
      left: EarlierSuccess["left"];
      appended: readonly NamedPath[];
      is_blind: boolean;
    }
  | Changed
  | undefined;

/** Compares a task with its earlier successes; undefined where it has none. */
export async function compareWithEarlierSuccesses(
  plan: Plan,
  prepared: PreparedTask,
  earlier: readonly EarlierSuccess[],
  around: KeyContext,
): Promise<Comparison> {
  const { key, appended } = await reuseKey(plan, prepared, around);
  let newest: Changed | undefined;
  for (const success of earlier) {
    const now = await withOutputs(key, success.left, { workspace_path: plan.workspace_path, hasher: around.hasher });
    const changed = differences(now, success);
    if (changed.length === 0) {
      try {
        const left = currentOutputs(success, now);
        return { success, output: success.output(), left, appended, is_blind: hasNoDeclaredInputs(plan, prepared.task, key) };
      } catch (error) {
        changed.push(`its output cannot be read: ${messageOf(error)}`);
      }
    }
    newest ??= { since: success.from, changed, products: productsOf(key, success) };
  }
  return newest;
}

/** The tasks of a run that were done in earlier runs. */
export interface Reuse {
  /** See `ScheduleOptions`. */
  reuse(i: number, signal: AbortSignal): Promise<Success | undefined>;
  /** Says what was taken over that nobody could look into. */
  warn(): void;
}

/** Looks for what earlier runs have done of a run's tasks; undefined where nothing was, or nobody wants it. */
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
      return reuseResult(context, task, successes, signal, () => blind.push(task.task_id));
    },
    warn() {
      if (blind.length > 0) warn(undeclaredInputsWarning(blind));
    },
  };
}

/**
 * Takes over an earlier success where one stands: its key matches, what it left is still there, and its `verify` commands
 * pass now too. Undefined where the task must be run. Never rejects.
 */
async function reuseResult(
  context: AttemptContext,
  task: Task,
  earlier: readonly EarlierSuccess[],
  signal: AbortSignal,
  onBlind: () => void,
): Promise<Success | undefined> {
  const { plan, publish, outputs } = context;
  const { task_id } = task;
  try {
    const given = await resolveContext({ ...context, warn() {} }, task, signal);
    if (given !== undefined && "status" in given) return undefined;
    const prepared = await prepareTask(context, task, given);
    if ("status" in prepared) return undefined;
    const found = await compareWithEarlierSuccesses(plan, prepared, earlier, context);
    if (found === undefined || signal.aborted) return undefined;
    if ("changed" in found) {
      const { since, changed, products } = found;
      publish({ type: "task.changed", task_id, since, changed });
      // What it had made before stands there now, and is still nothing that it reads.
      const paths = products.map((name) => ({ path: resolve(plan.workspace_path, name), name }));
      if (paths.length > 0) {
        context.produced.set(task_id, { files_changed: new Set(), paths: new Map(paths.map((named) => [named.path, named])) });
      }
      return undefined;
    }
    const { success, output, left } = found;
    const failed = overwrittenInput(context, found.appended) ?? (await verifyAgain(context, prepared, output, signal));
    if (signal.aborted) return undefined;
    if (failed !== undefined) {
      publish({ type: "task.changed", task_id, since: success.from, changed: [failed] });
      return undefined;
    }
    publish({ type: "task.reused", task_id, from: success.from, key: success.key, left });
    if (found.is_blind) onBlind();
    outputs.set(task_id, output);
    return { status: "success", output };
  } catch (error) {
    context.warn(`${task_id} is run, because it cannot be compared with earlier runs: ${messageOf(error)}.`);
    return undefined;
  }
}

/** What a task of this run has made that another appended to, in words: what it had appended is not in it. */
function overwrittenInput({ produced }: AttemptContext, appended: readonly NamedPath[]): string | undefined {
  if (appended.length === 0) return undefined;
  for (const [task_id, { paths, files_changed }] of produced) {
    const lost = appended.find(({ path }) => paths.has(path) || files_changed.has(path));
    if (lost !== undefined) return `${lost.name}, which it appends to, was made anew by ${task_id}`;
  }
  return undefined;
}

/** What it had left, where a later task went on with that, as that left it. */
function currentOutputs({ left, later }: EarlierSuccess, now: EarlierSuccess["key"]): EarlierSuccess["left"] {
  const gone_on = Object.entries(later).filter(([name, hash]) => now[`file ${name}`] === (hash ?? undefined));
  return gone_on.length === 0 ? left : { ...left, ...Object.fromEntries(gone_on) };
}

/** Why its checks do not pass any more, in words. What they print stands with attempt 0. */
async function verifyAgain(
  context: AttemptContext,
  prepared: PreparedTask,
  output: unknown,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { task, resolved } = prepared;
  if (resolved.verify.length === 0) return undefined;
  const attempt = 0;
  const ready = createJob(context, prepared, { attempt, previous: undefined, max_usd: undefined });
  const commands = { commands: resolved.verify, written: task.verify };
  const seconds = task.timeout_seconds ?? context.plan.config.timeout_seconds;
  const { failed } = await verify(context, ready.job, commands, seconds, signal, output);
  const about = { folder: context.folder, task_id: task.task_id, attempt, ...ready };
  const shown = await redactAttempt(about, failed ?? { status: "success", output }, context.plan.redactor);
  return shown.status === "success" ? undefined : shown.error.replace(/^The/, "the").replace(/\.$/, "");
}

/** Most tasks or runs that are named in a sentence. */
const max_named = 10;

function listed(names: readonly string[]): string {
  const more = names.length > max_named ? ` and ${names.length - max_named} more` : "";
  return `${names.slice(0, max_named).join(", ")}${more}`;
}

/** What to know of tasks that were taken over blindly. */
const undeclaredInputsWarning = (task_ids: readonly string[]): string =>
  `Taken over, though they name no file that they read, so that a change there goes unseen: ${listed(task_ids)}. Name it in the task or in context_requirements.`;

const damagedJournalsWarning = (run_ids: readonly string[]): string =>
  `The journals of earlier runs are damaged or cannot be read, so what stands there is not taken over: ${listed(run_ids)}.`;
