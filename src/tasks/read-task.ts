import type * as z from "zod";
import type { ConfigInput } from "#config";
import { suggest } from "#errors";
import type { FindingList } from "./findings.ts";
import { type createInterpolator, interpolateStrings, type Variables } from "./interpolate.ts";
import type { Path } from "./places.ts";
import { requirementProblem } from "./requirements.ts";
import { type TaskInput, task_id_pattern, task_schema } from "./schema.ts";
import { mayHoldReference } from "./template.ts";

/** An agent, as far as reading a task file needs it. */
export interface AgentInput {
  /** The agent's main name, used in reports even if the file uses an alias. */
  name: string;
  /** Checks `input_data`. */
  input: z.ZodType;
  /** Keys of `input_data` that contain a command line; values never become part of it. */
  shell_fields: readonly string[];
}

/** Everything that reading a task file depends on. */
export interface LoadContext {
  /** Returns the agents by every name that a task may use, including those in the file's own `config`. */
  agents(own: ConfigInput): ReadonlyMap<string, AgentInput>;
  /** Another source of configuration could not be read, so an unknown agent may be configured there. */
  is_config_incomplete: boolean;
  /** Chooses the agent of a task that names `auto`. */
  route: Router;
  /** Variables from the command line; they override the file's `vars`. */
  vars: Readonly<Record<string, string>>;
  /** The environment, which the file's `vars` override. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Returns the name of the agent for a task, or why there is none. */
export type Router = (
  task: Pick<TaskInput, "description" | "input_data">,
) => { agent: string } | { problem: string; advice: string };

/** A task that passed every check that needs no other task. */
export interface Task extends TaskInput {
  /** The task as written, if some of its strings are resolved only when it starts. */
  unresolved?: Readonly<Record<string, unknown>>;
}

/** The parts of the file that reading a task depends on. */
export interface FileContext {
  agents: ReadonlyMap<string, AgentInput>;
  /** Whether the agent is configured with errors, which are reported at their own place. */
  isMisconfigured(agent: string): boolean;
  route: Router;
  variables: Variables;
  has_references: boolean;
  ids: ReadonlyMap<string, number>;
  findings: FindingList;
  interpolate: ReturnType<typeof createInterpolator>;
  dependencies: (readonly number[])[];
  parsing: Parsing;
}

/** Options for zod. Compiling a schema first (`jitless: false`) takes milliseconds and pays only for large files. */
export interface Parsing {
  reportInput: true;
  jitless: boolean;
}

/** Reads one task and makes every check that needs no other task. Returns undefined if the task is invalid. */
export function readTask(raw: unknown, i: number, file: FileContext): Task | undefined {
  const { findings, has_references, variables } = file;
  if (!isObject(raw)) {
    const parsed = task_schema.safeParse(raw, { reportInput: true });
    findings.addIssues(parsed.error?.issues ?? [], ["tasks", i]);
    return undefined;
  }
  let value: Readonly<Record<string, unknown>> = raw;
  let is_late = false;
  if (has_references) {
    const resolve = (text: unknown): unknown =>
      typeof text === "string" && mayHoldReference(text)
        ? interpolateStrings(text, [], { variables, findings: undefined })
        : text;
    const task_id = resolve(raw["task_id"]);
    const shell_fields = file.agents.get(String(resolve(raw["agent"])))?.shell_fields ?? [];
    ({ value, is_late } = file.interpolate({ raw, position: i, task_id: validTaskId(task_id), shell_fields }));
  }
  const parsed = task_schema.safeParse(value, file.parsing);
  if (!parsed.success) {
    reportTask(value, i, parsed.error.issues, file);
    return undefined;
  }
  const task: Task = parsed.data;
  if (is_late) task.unresolved = raw;
  file.dependencies.push(checkDependencies(task, i, file));
  checkRequirements(task, i, file);
  checkAgent(task, i, file);
  return task;
}

/** Reports the issues of an invalid task, and checks its other fields too, so that all problems are listed at once. */
function reportTask(
  value: Readonly<Record<string, unknown>>,
  i: number,
  issues: readonly z.core.$ZodIssue[],
  file: FileContext,
): void {
  const { agent, input_data, dependencies, context_requirements } = task_schema.shape;
  const id = validTaskId(value["task_id"]);
  const shell_fields = file.agents.get(String(value["agent"]))?.shell_fields ?? [];
  file.findings.addIssues(issues, ["tasks", i], { task_id: id, shell_fields });
  const names = dependencies.safeParse(value["dependencies"]).data;
  if (names !== undefined && id !== undefined) checkDependencies({ task_id: id, dependencies: names }, i, file);
  const requirements = context_requirements.safeParse(value["context_requirements"]).data;
  checkRequirements({ task_id: id, context_requirements: requirements }, i, file);
  const agent_name = agent.safeParse(value["agent"]).data;
  const input = input_data.safeParse(value["input_data"]).data;
  // A misplaced key is reported already; reporting it as missing in `input_data` would repeat that.
  const is_misplaced = shell_fields.some((key) => Object.hasOwn(value, key));
  if (agent_name === undefined || input === undefined || is_misplaced) return;
  const description = typeof value["description"] === "string" ? value["description"] : "";
  checkAgent({ task_id: id, agent: agent_name, description, input_data: input }, i, file);
}

/** Returns the id if it is valid, so that it can precede a message. */
export const validTaskId = (value: unknown): string | undefined =>
  typeof value === "string" && value.length <= 128 && task_id_pattern.test(value) ? value : undefined;

/** Bounds the time for suggestions: in a large file only the first mistakes get one. */
const max_comparisons = 2_000_000;

/** Reports unknown and duplicate dependencies. Returns the positions of the others. */
function checkDependencies(
  { task_id, dependencies }: Pick<Task, "task_id" | "dependencies">,
  i: number,
  { ids, findings }: FileContext,
): readonly number[] {
  if (dependencies.length === 0) return none;
  const positions: number[] = [];
  const seen = dependencies.length > 8 ? new Set<number>() : undefined;
  for (let at = 0; at < dependencies.length; at++) {
    const dependency = dependencies[at] as string;
    const position = ids.get(dependency);
    const path = (): Path => ["tasks", i, "dependencies", at];
    if (position === undefined) {
      const names = ids.size * findings.count < max_comparisons ? [...ids.keys()] : [];
      const advice = suggest(dependency, names, "Add a task with this id, or remove the dependency.");
      findings.add({
        path: path(),
        task_id,
        message: `Task ${task_id} depends on unknown task ${dependency}.`,
        advice,
      });
    } else if (seen === undefined ? positions.includes(position) : seen.has(position)) {
      const message = `Invalid input format: duplicate dependency ${JSON.stringify(dependency)}.`;
      findings.add({ path: path(), task_id, message, advice: "List each dependency once." });
    } else {
      seen?.add(position);
      positions.push(position);
    }
  }
  return positions;
}

const none: readonly never[] = Object.freeze([]);

function checkRequirements(
  { task_id, context_requirements = none }: RequirementFields,
  i: number,
  { findings }: FileContext,
): void {
  for (let at = 0; at < context_requirements.length; at++) {
    const problem = requirementProblem(context_requirements[at] as string);
    if (problem === undefined) continue;
    const message = `Invalid input format: context requirement ${problem.what}.`;
    findings.add({ path: ["tasks", i, "context_requirements", at], task_id, message, advice: problem.advice });
  }
}

interface RequirementFields {
  task_id: string | undefined;
  context_requirements?: readonly string[] | undefined;
}

function checkAgent(
  task: { task_id: string | undefined; agent: string; description: string; input_data: Record<string, unknown> },
  i: number,
  { agents, isMisconfigured, route, findings, parsing }: FileContext,
): void {
  const { task_id, input_data } = task;
  if (task.agent === "auto" && !agents.has("auto")) {
    const routed = route(task);
    if ("problem" in routed) {
      const { problem, advice } = routed;
      findings.add({ path: ["tasks", i, "agent"], task_id, message: `Invalid input format: agent "auto" ${problem}.`, advice });
      return;
    }
    task.agent = routed.agent;
  }
  const { agent } = task;
  const known = agents.get(agent);
  if (known === undefined) {
    if (isMisconfigured(agent)) return;
    const message = `Invalid input format: unknown agent ${JSON.stringify(agent)}.`;
    const names = new Set(Array.from(agents.values(), ({ name }) => name));
    findings.add({ path: ["tasks", i, "agent"], task_id, message, advice: suggest(agent, [...names]) });
    return;
  }
  task.agent = known.name;
  const parsed = known.input.safeParse(input_data, parsing);
  if (!parsed.success) findings.addIssues(parsed.error.issues, ["tasks", i, "input_data"], { task_id });
}

/** Whether a value is an object, not a list or null. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
