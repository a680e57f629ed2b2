import type { Packed } from "#context";
import { levels } from "#graph";
import { createContentHasher } from "#reuse";
import { contextTasks, gatherFor, type TaskContext } from "./context.ts";
import type { Plan } from "./plan.ts";
import { keyContextOf, prepareTask } from "./prepare-task.ts";
import { compareWithEarlierSuccesses, findEarlierSuccesses } from "./reuse-task.ts";

/** What `--reuse` would do with a task. */
export interface ReuseForecast {
  task_id: string;
  reused: boolean;
  /** The run whose success it would reuse, or the newest run in which it succeeded. */
  from?: string;
  /** Why it would run, each reason as a clause. */
  changed?: string[];
  /** Only a run of its dependencies shows whether it would run. */
  is_open?: true;
  /** Its `verify` commands must pass again first. */
  verifies?: true;
  /** It names no file that it reads: dispatch would not see a change. */
  is_blind?: true;
}

/** Forecasts in the task file's order what `--reuse` would reuse now; runs and writes nothing. */
export async function forecastReuse(
  planned: Plan,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<ReuseForecast[]> {
  const { tasks, graph, trace_dir } = planned;
  const hasher = createContentHasher([trace_dir]);
  const about = keyContextOf({ plan: planned, hasher, inherited_env: { ...planned.env } });
  const earlier = findEarlierSuccesses(planned, { warn, hasher });
  const outputs = new Map<string, unknown>();
  const context = await openContext(planned, signal);
  const forecasts = new Map<string, ReuseForecast>();

  async function forecast(i: number): Promise<ReuseForecast> {
    const task = tasks[i];
    if (task === undefined) throw new Error("there is no such task");
    const { task_id } = task;
    const runs = (changed: string[], more: Partial<ReuseForecast> = {}) => ({ task_id, reused: false, changed, ...more });
    const before = (graph.dependencies[i] ?? []).map((one) => graph.task_ids[one] ?? "");
    const runs_first = before.filter((id) => forecasts.get(id)?.reused === false);
    const candidates = earlier.get(task_id) ?? [];
    if (candidates.length === 0) return runs([never]);
    // Their new outputs may be the same as before.
    if (runs_first.length > 0) return runs([`${runs_first.join(", ")} must run first`], { is_open: true });
    if (context.isPending(task_id)) return runs(["its context is known only when it runs"], { is_open: true });
    const provided = previewed(await context.provide(task_id));
    const step = await prepareTask({ plan: planned, ended: { outputs, failures: new Map() } }, task, provided);
    if (step.type === "ended") return runs([step.outcome.status === "success" ? never : step.outcome.error]);
    const found = await compareWithEarlierSuccesses(planned, step.value, candidates, about);
    if (found.type === "never_ran") return runs([never]);
    if (found.type === "changed") return runs(found.changed, { from: found.since });
    outputs.set(task_id, found.output);
    const verifies = step.value.resolved.verify.length === 0 ? {} : { verifies: true as const };
    const blind = found.is_blind ? { is_blind: true as const } : {};
    return { task_id, reused: true, from: found.success.from, ...verifies, ...blind };
  }

  for (const i of levels(graph).flat()) {
    const made = await forecast(i);
    forecasts.set(made.task_id, made);
  }
  return tasks.flatMap(({ task_id }) => forecasts.get(task_id) ?? []);
}

const never = "no task with this id succeeded in an earlier run";

/** Context as a run would gather it, except what costs money or starts programs. */
async function openContext(planned: Plan, signal: AbortSignal) {
  const { rag = {} } = planned.config.context;
  const asks_others = rag.embeddings !== undefined || rag.mcp !== undefined;
  const wanting = contextTasks(planned);
  const isOfOthers = (requirement: string): boolean => requirement === "auto" || requirement.startsWith("rag:");
  const pending = new Set(
    wanting.filter(({ requirements }) => asks_others && requirements.some(isOfOthers)).map(({ task_id }) => task_id),
  );
  const pool = wanting.length === 0 ? undefined : await gatherFor(planned, signal, { rag: {} });
  return {
    isPending: (task_id: string): boolean => pending.has(task_id),
    provide: async (task_id: string): Promise<Packed | undefined> => pool?.provide(task_id, signal),
  };
}

/** Context as a run would give it, without a file. */
function previewed(packed: Packed | undefined): TaskContext | undefined {
  if (packed === undefined) return undefined;
  const { tokens, missing, filter_ms } = packed;
  const pre_gathered_context = Object.fromEntries(packed.entries);
  return { pre_gathered_context, given: { file: "", keys: [...packed.entries.keys()], tokens, missing, filter_ms } };
}
