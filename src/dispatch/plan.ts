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

/** A task file and the options beside it. */
export interface PlanOptions {
  /** The task file's text. */
  text: string;
  /** Its name in messages; default: `<stdin>`. */
  file?: string;
  /** The working directory; absolute. Default: the process's. */
  cwd?: string;
  /** Fills in `${NAME}`, and is the environment of commands. Default: the process's. */
  env?: Readonly<Record<string, string | undefined>>;
  /** Values for `${NAME}`; they override the file's `vars`. */
  vars?: Readonly<Record<string, string>>;
  /** Overrides the file's `config` and the environment. */
  config?: ConfigInput;
  /** The same from the command line; text for a flag that takes a value. */
  flags?: Readonly<Partial<Record<ConfigName, string | boolean>>>;
  /** Context flags of the command line; override every `config.context`. */
  context?: ContextInput;
  /** Overrides the file's `workspace_path`; relative to the working directory. */
  workspace_path?: string;
  /** Run only these tasks and what they depend on. */
  select?: readonly string[];
  /** The options that a resumed run stored. They replace all configuration; flags override them. */
  stored_config?: ConfigInput;
}

/** A task file that passed every check and can run. */
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
  /** The names that the task file references. */
  referenced_names: ReadonlySet<string>;
  /** The environment that commands inherit, and agents in part. */
  env: Readonly<Record<string, string | undefined>>;
  /** Values that were given beside the file. */
  vars: Readonly<Record<string, string>>;
  rag_queries: readonly string[];
  /** A task's index in the file's list. */
  position(task_id: string): number;
  /** Turns findings into problems with their places in the file. */
  toProblems(findings: readonly Finding[]): Promise<Problem[]>;
  agents: ReadonlyMap<string, Agent>;
  /** Masks everything that leaves dispatch. */
  redactor: Redactor;
  /** Expected milliseconds of a task, by index: from an earlier run, else 1 for each task. */
  duration(task: number): number;
  /** The longest chain of work that starts with each task, in the unit of `duration`. */
  chain: readonly number[];
  /** Whether every task's `duration` was measured. */
  measured: boolean;
  /** The run to resume. */
  resumed?: Resumed;
}

/** A run to resume. */
export interface Resumed {
  history: RunHistory;
  /** Tasks that succeeded and do not run again. */
  reused: ReadonlySet<string>;
  /** Agents whose adapter changed: they cannot continue its sessions. */
  other_agents: ReadonlySet<string>;
  /** Tasks that run again because the user named them. */
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
    is_config_incomplete: layers.problems.some((problem) => problem.file === config_file),
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
  // No other problem of a text with a secret is reported: it might quote the secret.
  if (secrets.length > 0) throw badInput(secrets);
  // A credential in --var is a secret too.
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
  if (findings.count > 0) problems.push(...(await loaded.toProblems()));
  if (whole === undefined || problems.length > 0)
    throw badInput(await redactor.redactValue(problems), findings.count - findings.kept.length);

  await redactProse(loaded, text, redactor);
  const { tasks, graph } =
    options.select === undefined ? { tasks: loaded.tasks, graph: whole } : select(loaded, whole, options.select);
  // Without a trace directory there are no durations, and the reader is not loaded.
  const earlier = existsSync(trace_dir) ? (await import("#traces")).earlierDurations(trace_dir) : new Map<string, number>();
  // A task that was never measured counts as the average of the measured ones.
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
    referenced_names: loaded.referenced_names,
    env,
    vars: options.vars ?? {},
    rag_queries: loaded.rag_queries,
    position: (task_id) => loaded.positions.get(task_id) ?? 0,
    toProblems(found) {
      for (const finding of found) findings.add(finding);
      return loaded.toProblems();
    },
    agents,
    redactor,
    duration,
    chain: chainLengths(graph, duration),
    measured: known.length === tasks.length,
  };
}

/** Masks descriptions and prompts, in which a secret can come only from a variable. */
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
