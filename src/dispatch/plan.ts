import { statSync } from "node:fs";
import { resolve } from "node:path";
import { type Agent, agents } from "#agents";
import {
  type Config,
  type ConfigInput,
  type ConfigName,
  configFromEnvironment,
  configFromFlags,
  mergeConfig,
  readConfigFile,
} from "#config";
import { DispatchError, type Problem } from "#errors";
import { chainLengths, createGraph, type Graph, withDependencies } from "#graph";
import { type Finding, type LoadedFile, loadConfigFile, loadTaskFile, suggest, type Task } from "#tasks";
import { earlierDurations } from "#traces";

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
  /** Wins over the file's `workspace_path`; relative to the working directory. */
  workspace_path?: string;
  /** Only these tasks and what they depend on. */
  select?: readonly string[];
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
  agents: ReadonlyMap<string, Agent>;
  /** Expected milliseconds of each task, by index: from an earlier run, else one unit for each. */
  duration(task: number): number;
  /** The longest chain of work that starts with each task, in the unit of `duration`. */
  chain: readonly number[];
  /** Whether `duration` is milliseconds that were measured, for each of the tasks. */
  measured: boolean;
}

/** Reads and checks a task file. Throws a `DispatchError` (`bad_input`) with every problem. */
export async function plan(options: PlanOptions): Promise<Plan> {
  const { text, file = "<stdin>", cwd = process.cwd(), env = process.env } = options;
  const by_name = new Map(agents.map((agent) => [agent.name, agent]));
  const problems: Problem[] = [];
  const layers = await configLayers(cwd, env, options, problems);
  const loaded = await loadTaskFile(file, text, { agents: by_name, vars: options.vars ?? {}, env });
  if ("problems" in loaded) throw badInput([...problems, ...loaded.problems]);

  const workspace_path = resolve(cwd, options.workspace_path ?? loaded.workspace_path ?? ".");
  const findings = [...loaded.findings, ...checkGraph(loaded)];
  if (!statSync(workspace_path, { throwIfNoEntry: false })?.isDirectory()) {
    const message = `The workspace ${workspace_path} is not a folder.`;
    if (options.workspace_path !== undefined) problems.push({ file: "--workspace", message });
    else findings.push({ path: ["workspace_path"], message });
  }
  if (findings.length > 0) problems.push(...(await loaded.place(findings)));
  problems.push(...checkSelection(loaded.tasks, options.select));
  if (problems.length > 0) throw badInput(problems);

  const tasks = selectTasks(loaded.tasks, options.select);
  const config = mergeConfig(layers.file, loaded.config, layers.env, layers.flags, options.config ?? {});
  const trace_dir = resolve(cwd, config.trace_dir);
  const graph = graphOf(tasks);
  const earlier = earlierDurations(trace_dir);
  // A task that was never measured counts as long as the average of those that were.
  const known = tasks.map(({ task_id }) => earlier.get(task_id)).filter((ms) => ms !== undefined);
  const usual = known.length === 0 ? 1 : Math.max(1, known.reduce((sum, ms) => sum + ms, 0) / known.length);
  const duration = (i: number): number => earlier.get(tasks[i]?.task_id ?? "") ?? usual;
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
    agents: by_name,
    duration,
    chain: chainLengths(graph, duration),
    measured: known.length === tasks.length,
  };
}

function badInput(problems: readonly Problem[]): DispatchError {
  const count = problems.length === 1 ? "a problem" : `${problems.length} problems`;
  return new DispatchError("bad_input", `The input has ${count}.`, { problems });
}

async function configLayers(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  options: PlanOptions,
  problems: Problem[],
): Promise<{ file: ConfigInput; env: ConfigInput; flags: ConfigInput }> {
  const from_env = configFromEnvironment(env);
  const from_flags = configFromFlags(options.flags ?? {});
  problems.push(...from_env.problems, ...from_flags.problems);
  const layers = { file: {}, env: from_env.values, flags: from_flags.values };
  const found = readConfigFile(cwd);
  if (found === undefined) return layers;
  if ("problem" in found) {
    problems.push(found.problem);
    return layers;
  }
  const read = await loadConfigFile(found.file, found.text);
  if ("config" in read) return { ...layers, file: read.config };
  problems.push(...read.problems);
  return layers;
}

/** Cycles, and references to outputs of tasks that are not upstream. */
function checkGraph(loaded: LoadedFile): Finding[] {
  const findings: Finding[] = [];
  const index = new Map(loaded.tasks.map((task, i) => [task.task_id, i]));
  // What the file says of its dependencies is checked; here only those count that exist.
  const nodes = loaded.tasks.map(({ task_id, dependencies }) => ({
    task_id,
    dependencies: dependencies.filter((id) => index.has(id)),
  }));
  if (index.size < nodes.length) return findings;
  let made = createGraph(nodes);
  for (let found = 0; "cycle" in made && found < max_cycles; found++) {
    const [from = "", to = ""] = made.cycle;
    const position = loaded.positions.get(from) ?? 0;
    const at = loaded.tasks[index.get(from) ?? 0]?.dependencies.indexOf(to) ?? 0;
    findings.push({
      path: ["tasks", position, "dependencies", at],
      task_id: from,
      message: `Dependency cycle detected: ${made.cycle.join(" -> ")}.`,
      advice: "Remove one of these dependencies.",
    });
    const node = nodes[index.get(from) ?? 0];
    if (node !== undefined) node.dependencies = node.dependencies.filter((id) => id !== to);
    made = createGraph(nodes);
  }
  if ("cycle" in made) return findings;
  for (const { task_id, upstream, path, written } of loaded.outputs) {
    const task = index.get(task_id);
    const target = index.get(upstream);
    if (task === undefined || (target === undefined && loaded.positions.has(upstream))) continue;
    if (target === undefined) {
      const message = `Invalid input format: ${written} names the unknown task ${upstream}.`;
      findings.push({ path, task_id, message, advice: suggest(upstream, [...index.keys()]) });
    } else if (task === target || !withDependencies(made.graph, [task]).has(target)) {
      const message = `Invalid input format: ${written} is the output of a task that ${task_id} does not depend on.`;
      findings.push({ path, task_id, message, advice: `Add ${JSON.stringify(upstream)} to its dependencies.` });
    }
  }
  return findings;
}

/** One report names at most so many cycles: each costs a pass over the graph. */
const max_cycles = 20;

function checkSelection(tasks: readonly Task[], select: readonly string[] | undefined): Problem[] {
  const known = tasks.map((task) => task.task_id);
  const missing = (select ?? []).filter((task_id) => !known.includes(task_id));
  return missing.map((task_id) => ({
    file: "--select",
    message: `There is no task ${task_id}.`,
    advice: suggest(task_id, known),
  }));
}

function selectTasks(tasks: readonly Task[], select: readonly string[] | undefined): readonly Task[] {
  if (select === undefined) return tasks;
  const graph = graphOf(tasks);
  const wanted = withDependencies(
    graph,
    select.map((task_id) => graph.index.get(task_id)).filter((i) => i !== undefined),
  );
  return tasks.filter((_, i) => wanted.has(i));
}

function graphOf(tasks: readonly Task[]): Graph {
  const made = createGraph(tasks);
  if ("cycle" in made) throw new Error(`Dependency cycle detected: ${made.cycle.join(" -> ")}`);
  return made.graph;
}
