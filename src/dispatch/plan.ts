import { accessSync, constants, lstatSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Agent, agents } from "#agents";
import {
  type Config,
  type ConfigInput,
  type ConfigName,
  config_file,
  configFromEnvironment,
  configFromFlags,
  configFromOptions,
  type Layer,
  mergeConfig,
  readConfigFile,
  variableOf,
} from "#config";
import { DispatchError, messageOf, type Problem } from "#errors";
import { chainLengths, createGraph, type Graph, type GraphNode, leadsTo, withDependencies } from "#graph";
import { type LoadedFile, loadConfigFile, loadTaskFile, suggest, type Task } from "#tasks";
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
  const layers = await configLayers(cwd, env, options);
  const loaded = await loadTaskFile(file, text, { agents: by_name, vars: options.vars ?? {}, env });
  if ("problems" in loaded) throw badInput([...layers.problems, ...loaded.problems]);

  const { findings } = loaded;
  const workspace_path = resolve(cwd, options.workspace_path ?? loaded.workspace_path ?? ".");
  const config = mergeConfig(layers.file, loaded.config, layers.env, layers.flags, layers.options);
  const trace_dir = resolve(cwd, config.trace_dir);
  const problems = [
    ...layers.problems,
    ...checkWorkspace(workspace_path, options, findings),
    ...checkTraceDir(trace_dir, layers, loaded),
    ...checkSelection(loaded.positions, options.select),
  ];
  const whole = checkGraph(loaded);
  if (findings.count > 0) problems.push(...(await loaded.place()));
  if (whole === undefined || problems.length > 0) throw badInput(problems, findings.count - findings.kept.length);

  const { tasks, graph } =
    options.select === undefined ? { tasks: loaded.tasks, graph: whole } : select(loaded, whole, options.select);
  const earlier = earlierDurations(trace_dir);
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
    agents: by_name,
    duration,
    chain: chainLengths(graph, duration),
    measured: known.length === tasks.length,
  };
}

function badInput(problems: readonly Problem[], unlisted = 0): DispatchError {
  const count = problems.length + unlisted;
  const message = `The input has ${count === 1 ? "a problem" : `${count} problems`}.`;
  return new DispatchError("bad_input", message, { problems, unlisted });
}

/** What is configured outside the task file, and what is wrong with it. */
interface Layers {
  file: ConfigInput;
  env: ConfigInput;
  flags: ConfigInput;
  options: ConfigInput;
  problems: readonly Problem[];
}

async function configLayers(
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
  options: PlanOptions,
): Promise<Layers> {
  const from_env = configFromEnvironment(env);
  const from_flags = configFromFlags(options.flags ?? {});
  const from_options = configFromOptions(options.config ?? {});
  const read = await readLayer(cwd);
  const problems = [...read.problems, ...from_env.problems, ...from_flags.problems, ...from_options.problems];
  return {
    file: read.values,
    env: from_env.values,
    flags: from_flags.values,
    options: from_options.values,
    problems,
  };
}

async function readLayer(cwd: string): Promise<Layer> {
  const found = readConfigFile(cwd);
  if (found === undefined) return { values: {}, problems: [] };
  if ("problem" in found) return { values: {}, problems: [found.problem] };
  const read = await loadConfigFile(found.file, found.text);
  return "config" in read ? { values: read.config, problems: [] } : { values: {}, problems: read.problems };
}

function checkWorkspace(workspace_path: string, options: PlanOptions, findings: LoadedFile["findings"]): Problem[] {
  if (isFolder(workspace_path)) return [];
  const message = `The workspace ${workspace_path} is not a folder.`;
  const advice = "Name one that exists.";
  if (options.workspace_path !== undefined) return [{ file: "--workspace", message, advice }];
  findings.add({ path: ["workspace_path"], message, advice });
  return [];
}

/** Whether a run's folder could be made, as far as that can be seen without making it; the place is where it was named. */
function checkTraceDir(trace_dir: string, layers: Layers, { config, findings }: LoadedFile): Problem[] {
  let why: string | undefined;
  let path = trace_dir;
  // What does not exist yet is made; what it is made in must be a folder that can be written.
  while (!exists(path) && dirname(path) !== path) path = dirname(path);
  if (!isFolder(path)) why = `${path} is not a folder`;
  else {
    try {
      accessSync(path, constants.W_OK | constants.X_OK);
    } catch (error) {
      why = messageOf(error);
    }
  }
  if (why === undefined) return [];
  const message = `The trace directory ${trace_dir} cannot be written: ${why}.`;
  const advice = "Name another one with --trace-dir.";
  const place = (file: string): Problem[] => [{ file, message, advice }];
  if (layers.options.trace_dir !== undefined) return place("options.config.trace_dir");
  if (layers.flags.trace_dir !== undefined) return place("--trace-dir");
  if (layers.env.trace_dir !== undefined) return place(variableOf("trace_dir"));
  if (config.trace_dir === undefined) return place(layers.file.trace_dir === undefined ? trace_dir : config_file);
  findings.add({ path: ["config", "trace_dir"], message, advice });
  return [];
}

const exists = (path: string): boolean => {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
};

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

/** The graph of all tasks; undefined where there is none. Finds cycles, and outputs of tasks that are not upstream. */
function checkGraph(loaded: LoadedFile): Graph | undefined {
  const { findings, tasks } = loaded;
  // What is wrong with an id or a dependency is said; cycles are looked for among those that are right.
  const made =
    findings.count === 0
      ? createGraph(tasks, { index: loaded.positions, dependencies: loaded.dependencies })
      : createGraph(soundNodes(tasks));
  const graph = "graph" in made ? made.graph : undefined;
  checkOutputs(graph, loaded);
  if ("graph" in made) return graph;
  // The first task of an id is the one whose place is known.
  const by_id = new Map([...tasks].reverse().map((task) => [task.task_id, task]));
  for (const cycle of made.cycles) reportCycle(cycle, by_id, loaded);
  return undefined;
}

function soundNodes(tasks: readonly Task[]): GraphNode[] {
  const by_id = new Map([...tasks].reverse().map((task) => [task.task_id, task]));
  return [...by_id.values()].reverse().map(({ task_id, dependencies }) => ({
    task_id,
    dependencies: [...new Set(dependencies)].filter((dependency) => by_id.has(dependency)),
  }));
}

/** Longest cycle that is shown in full. */
const most_shown = 30;

function reportCycle(cycle: readonly string[], by_id: ReadonlyMap<string, Task>, { positions, findings }: LoadedFile): void {
  const [from = "", to = ""] = cycle;
  const left_out = cycle.length - most_shown;
  const shown =
    left_out <= 0 ? cycle : [...cycle.slice(0, most_shown / 2), `… ${left_out} more …`, ...cycle.slice(-most_shown / 2)];
  findings.add({
    path: ["tasks", positions.get(from) ?? 0, "dependencies", by_id.get(from)?.dependencies.indexOf(to) ?? 0],
    task_id: from,
    message: `Dependency cycle detected: ${shown.join(" -> ")}.`,
    advice: cycle.length === 2 ? "A task cannot wait for itself." : "Remove one of these dependencies.",
  });
}

/** A task may use the outputs of those that it depends on, directly or not, and of no others. */
function checkOutputs(graph: Graph | undefined, { outputs, positions, findings }: LoadedFile): void {
  for (const { task_id, upstream, path, written } of outputs) {
    if (positions.has(upstream)) continue;
    const message = `Invalid input format: ${written} names the unknown task ${upstream}.`;
    const known = findings.count > 20 ? [] : [...positions.keys()];
    findings.add({ path, task_id, message, advice: suggest(upstream, known, "Name a task that this one depends on.") });
  }
  if (graph === undefined || outputs.length === 0) return;
  const pairs = outputs.map(
    ({ task_id, upstream }) => [graph.index.get(task_id ?? "") ?? -1, graph.index.get(upstream) ?? -1] as const,
  );
  const answers = leadsTo(graph, pairs);
  for (const [i, { task_id, upstream, path, written }] of outputs.entries()) {
    const [from, to] = pairs[i] ?? [-1, -1];
    // A task that did not pass its own checks is not in the graph, and nothing is known of it.
    if (from === -1 || to === -1 || answers[i] === true) continue;
    const message = `Invalid input format: ${written} is the output of a task that ${task_id} does not depend on.`;
    const advice =
      task_id === upstream ? "A task cannot use its own output." : `Add ${JSON.stringify(upstream)} to its dependencies.`;
    findings.add({ path, task_id, message, advice });
  }
}

function checkSelection(positions: ReadonlyMap<string, number>, wanted: readonly string[] = []): Problem[] {
  return wanted
    .filter((task_id) => !positions.has(task_id))
    .map((task_id): Problem => {
      const advice = suggest(task_id, [...positions.keys()]);
      return { file: "--select", message: `There is no task ${task_id}.`, ...(advice === undefined ? {} : { advice }) };
    });
}

function select({ tasks }: LoadedFile, whole: Graph, wanted: readonly string[]): { tasks: readonly Task[]; graph: Graph } {
  const start = wanted.map((task_id) => whole.index.get(task_id)).filter((i) => i !== undefined);
  const kept = withDependencies(whole, start);
  const selected = tasks.filter((_, i) => kept.has(i));
  const made = createGraph(selected);
  if ("cycles" in made) throw new Error("A part of a graph without cycles has one");
  return { tasks: selected, graph: made.graph };
}
