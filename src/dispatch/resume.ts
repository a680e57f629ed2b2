import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { agentsByName, agentsOf } from "#catalog";
import { DispatchError, messageOf } from "#errors";
import { findRun, lockRun, type RunHistory, replayRun } from "#traces";
import { type Plan, type PlanOptions, plan } from "./plan.ts";

/** The run to resume, and changes to its options. */
export interface ResumeOptions extends Pick<PlanOptions, "cwd" | "env" | "flags" | "config" | "vars"> {
  trace_dir: string;
  /** The id of the run or its beginning; default: the newest. */
  run?: string;
  /** Tasks to run again although they succeeded, with all tasks that depend on them. */
  repeat?: readonly string[];
  onWarning?(message: string): void;
}

/**
 * Reads what a run has done and plans the rest; successes stay as they are. The plan holds the run's lock, which `runPlan`
 * releases. Throws a `DispatchError` if the run is still running or cannot be resumed.
 */
export async function planResume(options: ResumeOptions): Promise<Plan> {
  const { onWarning = () => {} } = options;
  const folder = findRun(options.trace_dir, options.run);
  const lock = lockRun(folder, onWarning);
  try {
    const history = replayRun(folder);
    if (history.skipped_lines > 0) {
      onWarning(
        `Damaged lines of the journal were skipped: ${history.skipped_lines}. The work that they recorded is repeated.`,
      );
    }
    const { started } = history;
    const { trace_dir: _, ...stored } = history.options.at(-1) ?? started.options;
    const planned = await plan({
      text: readTasks(folder.tasks_file),
      file: folder.tasks_file,
      workspace_path: started.workspace_path,
      vars: { ...history.vars, ...options.vars },
      // These options passed the schema when the run stored them.
      stored_config: { ...stored, trace_dir: dirname(folder.path) } as NonNullable<PlanOptions["stored_config"]>,
      select: started.tasks.map(({ task_id }) => task_id),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: options.env }),
      ...(options.flags === undefined ? {} : { flags: options.flags }),
      ...(options.config === undefined ? {} : { config: options.config }),
    });
    const repeated = repeatedTasks(planned, options.repeat ?? []);
    const reused = reusedTasks(history, repeated);
    return { ...planned, resumed: { history, reused, repeated, other_agents: otherAgents(history, planned), lock } };
  } catch (error) {
    lock?.release();
    throw error;
  }
}

/** Agents whose adapter differs from that of an earlier start. */
function otherAgents(history: RunHistory, { agents }: Plan): Set<string> {
  const others = new Set<string>();
  for (const { agents: configured } of history.options) {
    // A configuration that passed its schema when the run stored it.
    const before = agentsByName(agentsOf((configured ?? {}) as Plan["config"]["agents"]));
    for (const [name, { adapter }] of agents) if (before.get(name)?.adapter !== adapter) others.add(name);
  }
  return others;
}

function readTasks(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new DispatchError("not_found", `The run's task file cannot be read: ${messageOf(error)}.`, { cause: error });
  }
}

/** The tasks to repeat, with all tasks that depend on them. */
function repeatedTasks({ graph }: Plan, repeat: readonly string[]): Set<string> {
  const again = new Set<number>();
  for (const task_id of repeat) {
    const i = graph.index.get(task_id);
    if (i === undefined) throw new DispatchError("usage", `--task ${task_id}: the run has no such task.`);
    again.add(i);
  }
  // Iteration over a set includes what is added meanwhile.
  for (const i of again) for (const dependent of graph.dependents[i] ?? []) again.add(dependent);
  return new Set([...again].map((i) => graph.task_ids[i] ?? ""));
}

/** Every success in the journal, except the tasks to repeat. */
function reusedTasks({ tasks }: RunHistory, repeated: ReadonlySet<string>): Set<string> {
  const reused = new Set<string>();
  for (const [task_id, fold] of tasks) {
    if (fold.outcome?.status === "success" && !repeated.has(task_id)) reused.add(task_id);
  }
  return reused;
}
