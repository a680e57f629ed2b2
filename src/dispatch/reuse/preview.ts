import type { Packed } from "#context";
import { levels } from "#graph";
import { contextTasks, gatherFor, type TaskContext } from "../context.ts";
import type { Plan } from "../plan.ts";
import { prepareTask } from "../prepare-task.ts";
import { createContentHasher } from "./content-hash.ts";
import { compareWithEarlierSuccesses, findEarlierSuccesses } from "./reuse-result.ts";

/** What `--reuse` would do with a task. */
export interface ReuseForecast {
  task_id: string;
  reused: boolean;
  /** The run that its success would come from, or the newest in which it had succeeded. */
  from?: string;
  /** Why it would be run, in words. */
  changed?: string[];
  /** Whether it would be run is seen only when what it depends on has run. */
  is_open?: true;
  /** Its checks must pass again first. */
  verifies?: true;
  /** It names no file that it reads, so that nobody sees whether those have changed. */
  is_blind?: true;
}

/** Says what `--reuse` would take over as things stand, in the task file's order; runs and writes nothing. */
export async function forecastReuse(
  planned: Plan,
  signal: AbortSignal,
  warn: (message: string) => void,
): Promise<ReuseForecast[]> {
  const { tasks, graph, trace_dir } = planned;
  const hasher = createContentHasher([trace_dir]);
  const around = { hasher, inherited_env: { ...process.env } };
  const earlier = findEarlierSuccesses(planned, { warn, hasher });
  const outputs = new Map<string, unknown>();
  const { rag = {} } = planned.config.context;
  const asks_others = rag.embeddings !== undefined || rag.mcp !== undefined;
  const wanting = contextTasks(planned);
  const of_others = new Set(
    wanting.filter(({ requirements }) => asks_others && requirements.some(isContextPending)).map(({ task_id }) => task_id),
  );
  // Who takes money or starts programs is not asked before a run.
  const pool = wanting.length === 0 ? undefined : await gatherFor(planned, signal, { rag: {} });
  const forecasts = new Map<string, ReuseForecast>();

  async function look(i: number): Promise<ReuseForecast> {
    const task = tasks[i];
    if (task === undefined) throw new Error("There is no such task");
    const { task_id } = task;
    const before = (graph.dependencies[i] ?? []).map((one) => graph.task_ids[one] ?? "");
    const runs_first = before.filter((id) => forecasts.get(id)?.reused === false);
    const candidates = earlier.get(task_id) ?? [];
    if (candidates.length === 0) return { task_id, reused: false, changed: [never] };
    // What it will be given is known only when those have run; it may still be the same.
    if (runs_first.length > 0) return { task_id, reused: false, changed: [mustRun(runs_first)], is_open: true };
    if (of_others.has(task_id))
      return { task_id, reused: false, changed: ["what its context is shows only when it runs"], is_open: true };
    const prepared = await prepareTask(
      { plan: planned, outputs, failures: new Map() },
      task,
      previewed(await pool?.provide(task_id, signal)),
    );
    if ("status" in prepared) return { task_id, reused: false, changed: [prepared.error] };
    const found = await compareWithEarlierSuccesses(planned, prepared, candidates, around);
    if (found === undefined) return { task_id, reused: false, changed: [never] };
    if ("changed" in found) return { task_id, reused: false, from: found.since, changed: found.changed };
    outputs.set(task_id, found.output);
    const verifies = prepared.resolved.verify.length === 0 ? {} : { verifies: true as const };
    const blind = found.is_blind ? { is_blind: true as const } : {};
    return { task_id, reused: true, from: found.success.from, ...verifies, ...blind };
  }

  for (const i of levels(graph).flat()) {
    const forecast = await look(i);
    forecasts.set(forecast.task_id, forecast);
  }
  return tasks.flatMap(({ task_id }) => forecasts.get(task_id) ?? []);
}

const never = "no task of this name has succeeded in an earlier run";

const mustRun = (task_ids: readonly string[]): string => `${task_ids.join(", ")} must run first`;

const isContextPending = (requirement: string): boolean => requirement === "auto" || requirement.startsWith("rag:");

/** Context as a run would give it, without a file. */
function previewed(packed: Packed | undefined): TaskContext | undefined {
  if (packed === undefined) return undefined;
  const { tokens, missing, filter_ms } = packed;
  const pre_gathered_context = Object.fromEntries(packed.entries);
  return { pre_gathered_context, given: { file: "", keys: [...packed.entries.keys()], tokens, missing, filter_ms } };
}
