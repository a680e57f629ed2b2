import type * as z from "zod";
import type { ConfigInput } from "#config";
import type { FindingList } from "./findings.ts";
import { type createInterpolator, interpolateStrings, type Variables } from "./interpolate.ts";
import { suggest } from "./names.ts";
import type { Path } from "./places.ts";
import { requirementProblem } from "./requirements.ts";
import { type TaskInput, task_id_pattern, task_schema } from "./schema.ts";
import { mayHoldReference } from "./template.ts";

/** What the task file must know of an agent. */
export interface AgentInput {
  /** What it is called wherever its tasks are reported, whichever of its names the file uses. */
  name: string;
  /** Checks `input_data`. */
  input: z.ZodType;
  /** Keys of `input_data` that hold a command line: values never become part of those. */
  shell_fields: readonly string[];
}

/** What a task file is read with. */
export interface LoadContext {
  /** By each name that a task may use, with the agents that the file itself configures. */
  agents(own: ConfigInput): ReadonlyMap<string, AgentInput>;
  /** What is configured outside the file could not be read, so that an agent that is not known may be one. */
  is_unsure: boolean;
  /** Finds the agent of a task that names `auto`. */
  route: Router;
  /** Set on the command line; they win over the file's. */
  vars: Readonly<Record<string, string>>;
  /** The environment, which the file's `vars` win over. */
  env: Readonly<Record<string, string | undefined>>;
}

/** The name of the agent that a task goes to, or why there is none. */
export type Router = (
  task: Pick<TaskInput, "description" | "input_data">,
) => { agent: string } | { problem: string; advice: string };

/** A task that has passed every check of its own. */
export interface Task extends TaskInput {
  /** The task as written, if some of its strings get their values only when it starts. */
  late?: Readonly<Record<string, unknown>>;
}

/** What reading a task needs to know of the file around it. */
export interface FileContext {
  agents: ReadonlyMap<string, AgentInput>;
  /** Whether this agent is configured, but not so that it could be read: that is said at its place. */
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

/** How zod reads: it can compile a schema first, which takes some milliseconds and pays for large files only. */
export interface Parsing {
  reportInput: true;
  jitless: boolean;
}

/** Reads one task and checks all of it that needs no other task; undefined where it did not pass. */
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
    const settle = (text: unknown): unknown =>
      typeof text === "string" && mayHoldReference(text)
        ? interpolateStrings(text, [], { variables, findings: undefined })
        : text;
    const task_id = settle(raw["task_id"]);
    const shell_fields = file.agents.get(String(settle(raw["agent"])))?.shell_fields ?? [];
    ({ value, is_late } = file.interpolate({ raw, position: i, task_id: validTaskId(task_id), shell_fields }));
  }
  const parsed = task_schema.safeParse(value, file.parsing);
  if (!parsed.success) {
    reportTask(value, i, parsed.error.issues, file);
    return undefined;
  }
  const task: Task = parsed.data;
  if (is_late) task.late = raw;
  file.dependencies.push(checkDependencies(task, i, file));
  checkRequirements(task, i, file);
  checkAgent(task, i, file);
  return task;
}

/** A task that did not pass: what can be checked beside that is, so that one look shows all that is wrong. */
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
  // What stands in the wrong place is said already; that it is missing in the right one would be an echo.
  const is_misplaced = shell_fields.some((key) => Object.hasOwn(value, key));
  if (agent_name === undefined || input === undefined || is_misplaced) return;
  const description = typeof value["description"] === "string" ? value["description"] : "";
  checkAgent({ task_id: id, agent: agent_name, description, input_data: input }, i, file);
}

/** The id of a task, if it is one that may stand before a message. */
export const validTaskId = (value: unknown): string | undefined =>
  typeof value === "string" && value.length <= 128 && task_id_pattern.test(value) ? value : undefined;

/** Comparing names costs time: where there are very many of them, only the first mistakes get a suggestion. */
const max_comparisons = 2_000_000;

/** Finds dependencies that do not exist or stand twice; the positions of the others come back. */
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
      const message = `Invalid input format: the dependency ${JSON.stringify(dependency)} stands twice.`;
      findings.add({ path: path(), task_id, message, advice: "Name each dependency once." });
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
    const message = `Invalid input format: the context requirement ${problem.what}.`;
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

/** Whether a value has keys. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
