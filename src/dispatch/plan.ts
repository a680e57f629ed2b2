import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Agent } from "#agents";
import { agentsByName, agentsOf } from "#catalog";
import { type Config, type ConfigInput, type ConfigName, type ContextInput, config_file, mergeConfig } from "#config";
import { DispatchError, type Problem } from "#errors";
import { chainLengths, type Graph } from "#graph";
import { createRedactor, knownSecrets, no_redactor, type Redactor } from "#secrets";
import { type Finding, type LoadedFile, loadTaskFile, type Task } from "#tasks";
import type { RunHistory, RunLock } from "#traces";
import { autoAgent } from "./auto-agent.ts";
import { checkAgents, checkBudgets } from "./check-agents.ts";
import { checkGraph, checkSelection, select } from "./check-graph.ts";
import { checkSecrets } from "./check-secrets.ts";
import { checkTraceDir, checkWorkspace, readConfigSources } from "./config-sources.ts";

/** A task file and everything that is set beside it. */
export interface PlanOptions {
  /** The task file's text. */
  text: string;
  /** Its name in messages; `<stdin>` if it has none. */
  file?: string;
  /** The working directory; absolute. Default: the process's. */
  cwd?: string;
  /** Default: the process's. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Values for `${NAME}`; they win over the file's. */
  vars?: Readonly<Record<string, string>>;
  /** Wins over the file's `config` and the environment. */
  config?: ConfigInput;
  /** The same from the command line: text where a flag takes a value. */
  flags?: Readonly<Partial<Record<ConfigName, string | boolean>>>;
  /** What the command line says of context; wins over every `config.context`. */
  context?: ContextInput;
  /** Wins over the file's `workspace_path`; relative to the working directory. */
  workspace_path?: string;
  /** Only these tasks and what they depend on. */
  select?: readonly string[];
  /** What a run that is taken up again had in force, in place of all that is configured; flags win over it. */
  stored_config?: ConfigInput;
}

/** A task file that can be run: every check has passed. */
export interface Plan {
  text: string;
  tasks: readonly Task[];
  graph: Graph;
  config: Config;
  /** Absolute. */
  workspace_path: string;
  trace_dir: string;
  correlation_id: string | undefined;
  user_prompt: string | undefined;
  variables: LoadedFile["variables"];
  /** The names that the task file looks up. */
  referenced_names: ReadonlySet<string>;
  /** Values that were given beside the file. */
  vars: Readonly<Record<string, string>>;
  rag_queries: readonly string[];
  /** Where a task stands in the file's list. */
  position(task_id: string): number;
  /** Findings as problems, with their places in the file. */
  place(findings: readonly Finding[]): Promise<Problem[]>;
  agents: ReadonlyMap<string, Agent>;
  /** Stands before everything that leaves. */
  redactor: Redactor;
  /** Expected milliseconds of each task, by index: from an earlier run, else one unit for each. */
  duration(task: number): number;
  /** The longest chain of work that starts with each task, in the unit of `duration`. */
  chain: readonly number[];
  /** Whether `duration` is milliseconds that were measured, for each of the tasks. */
  measured: boolean;
  /** The run that is taken up again. */
  resumed?: Resumed;
}

/** A run that is taken up again. */
export interface Resumed {
  history: RunHistory;
  /** Tasks that had succeeded, and are not run again. */
  reused: ReadonlySet<string>;
  /** Agents behind which another program stands than before: they know nothing of its sessions. */
  other_agents: ReadonlySet<string>;
  /** Tasks that are run again because somebody has said so. */
  repeated: ReadonlySet<string>;
  lock: RunLock | undefined;
}

/** Reads and checks a task file. Throws a `DispatchError` (`bad_input`) with every problem. */
export async function plan(options: PlanOptions): Promise<Plan> {
  const { text, file = "<stdin>", cwd = process.cwd(), env = process.env } = options;
  const { vars = {} } = options;
  const layers = await readConfigSources({ cwd, env, flags: options.flags ?? {}, options: options.config ?? {} });
  let agents: ReadonlyMap<string, Agent> = new Map();
  const loaded = await loadTaskFile(file, text, {
    agents(own) {
      const { agents: configured } = mergeConfig(
        ...(options.stored_config === undefined ? [layers.file, own] : [options.stored_config]),
        layers.options,
      );
      agents = agentsByName(agentsOf(configured));
      return agents;
    },
    is_unsure: layers.problems.some((problem) => problem.file === config_file),
    route: (task) => autoAgent(task, agents.values()),
    vars,
    env,
  });
  if ("problems" in loaded) throw badInput([...layers.problems, ...loaded.problems]);

  const workspace_path = resolve(cwd, options.workspace_path ?? loaded.workspace_path ?? ".");
  const set = options.stored_config === undefined ? [layers.file, loaded.config, layers.env] : [options.stored_config];
  const config = mergeConfig(...set, layers.flags, layers.options, { context: options.context });
  const trace_dir = resolve(cwd, config.trace_dir);
  const checker = config.redact ? createRedactor(knownSecrets(process.env, env)) : no_redactor;
  const secrets = await checkSecrets({ file, text, loaded, vars, env }, checker);
  // Nothing else is said of a text that holds a secret: it might be quoted.
  if (secrets.length > 0) throw badInput(secrets);
  // What is handed over as a credential is one, wherever it came from.
  const redactor = config.redact && options.vars !== undefined ? createRedactor(knownSecrets(process.env, env, vars)) : checker;

  const { findings } = loaded;
  const problems = [
    ...layers.problems,
    ...checkWorkspace(workspace_path, options.workspace_path !== undefined, findings),
    ...checkTraceDir(trace_dir, layers, loaded),
    ...checkSelection(loaded.positions, options.select),
  ];
  const whole = checkGraph(loaded);
  checkAgents(loaded, agents, { env, cwd: workspace_path });
  checkBudgets(loaded, agents, config.budget_usd);
  if (findings.count > 0) problems.push(...(await loaded.place()));
  if (whole === undefined || problems.length > 0)
    throw badInput(await redactor.redactValue(problems), findings.count - findings.kept.length);

  await redactProse(loaded, text, redactor);
  const { tasks, graph } =
    options.select === undefined ? { tasks: loaded.tasks, graph: whole } : select(loaded, whole, options.select);
  // Where nothing was ever run there is nothing to read, and no need to load what reads it.
  const earlier = existsSync(trace_dir) ? (await import("#traces")).earlierDurations(trace_dir) : new Map<string, number>();
  // A task that was never measured counts as long as the average of those that were.
  const known = earlier.size === 0 ? [] : tasks.map(({ task_id }) => earlier.get(task_id)).filter((ms) => ms !== undefined);
  const usual = known.length === 0 ? 1 : Math.max(1, known.reduce((sum, ms) => sum + ms, 0) / known.length);
  const duration = (i: number): number => (known.length === 0 ? usual : (earlier.get(tasks[i]?.task_id ?? "") ?? usual));
  return {
    text,
    tasks,
    graph,
    config,
    workspace_path,
    trace_dir,
    correlation_id: loaded.correlation_id,
    user_prompt: loaded.user_prompt,
    variables: loaded.variables,
    referenced_names: loaded.names,
    vars: options.vars ?? {},
    rag_queries: loaded.rag_queries,
    position: (task_id) => loaded.positions.get(task_id) ?? 0,
    place(found) {
      for (const finding of found) findings.add(finding);
      return loaded.place();
    },
    agents,
    redactor,
    duration,
    chain: chainLengths(graph, duration),
    measured: known.length === tasks.length,
  };
}

/** What is shown to people, and said to agents, before anything is run; a secret can only come from a variable. */
async function redactProse(loaded: LoadedFile, text: string, redactor: Redactor): Promise<void> {
  if (!text.includes("${")) return;
  const { user_prompt, correlation_id, tasks } = loaded;
  Object.assign(loaded, await redactor.redactValue({ user_prompt, correlation_id }));
  const descriptions = tasks.map(({ description }) => description);
  const shown = await redactor.redactValue(descriptions);
  if (shown === descriptions) return;
  for (const [i, task] of tasks.entries()) task.description = shown[i] ?? task.description;
}

function badInput(problems: readonly Problem[], unlisted = 0): DispatchError {
  const count = problems.length + unlisted;
  const message = `The input has ${count === 1 ? "a problem" : `${count} problems`}.`;
  return new DispatchError("bad_input", message, { problems, unlisted });
}
