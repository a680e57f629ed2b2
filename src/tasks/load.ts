import type * as z from "zod";
import { type ConfigInput, config_schema } from "#config";
import type { Problem } from "#errors";
import { findingsOf, suggest } from "./findings.ts";
import { interpolateStrings, interpolateTask, type Variables } from "./interpolate.ts";
import { deepProblem, findRefused, parseJson } from "./json.ts";
import { compileOutputSchema } from "./output-schema.ts";
import { type Finding, placeFindings } from "./places.ts";
import { type TaskInput, task_file_schema, task_schema } from "./schema.ts";

/** What the task file must know of an agent. */
export interface AgentInput {
  /** Checks `input_data`. */
  input: z.ZodType;
  /** Keys of `input_data` that hold a command line: values never become part of those. */
  code_fields: readonly string[];
}

/** What a task file is read with. */
export interface LoadContext {
  /** By the name that a task may use. */
  agents: ReadonlyMap<string, AgentInput>;
  /** Set on the command line; they win over the file's. */
  vars: Readonly<Record<string, string>>;
  /** The environment, which the file's `vars` win over. */
  env: Readonly<Record<string, string | undefined>>;
}

/** A task that has passed every check of its own. */
export interface Task extends TaskInput {
  /** The task as written, if some of its strings get their values only when it starts. */
  late?: Readonly<Record<string, unknown>>;
}

/** What a task file says, as far as it could be read. */
export interface LoadedFile {
  tasks: Task[];
  /** Where each task stands in the file's list, those included that did not pass. */
  positions: ReadonlyMap<string, number>;
  user_prompt: string | undefined;
  workspace_path: string | undefined;
  correlation_id: string | undefined;
  config: ConfigInput;
  variables: Variables;
  /** References to outputs; whoever knows the graph checks that they look upstream. */
  outputs: { task_id: string; upstream: string; path: Finding["path"]; written: string }[];
  /** What is wrong, in no order; places are still paths. */
  findings: Finding[];
  /** Gives findings their lines and columns, in the order of the text. */
  place(findings: readonly Finding[]): Promise<Problem[]>;
}

/** Reads a task file. Problems that keep it from being read at all come back alone. */
export async function loadTaskFile(
  file: string,
  text: string,
  context: LoadContext,
): Promise<LoadedFile | { problems: Problem[] }> {
  const parsed = await parseJson(file, text);
  if ("problems" in parsed) return parsed;
  const refused = findRefused(parsed.value);
  if (refused?.type === "too_deep") return { problems: [deepProblem(file, text)] };
  const place = async (findings: readonly Finding[]): Promise<Problem[]> => {
    const problems = await placeFindings(file, text, findings);
    return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
  };
  if (refused !== undefined) {
    const message = 'Invalid input format: the key "__proto__" is not allowed.';
    return { problems: await place([{ path: refused.path, at_key: true, message, advice: "Rename it." }]) };
  }
  const loaded = await readValue(parsed.value, text.includes("${"), context);
  return { ...loaded, place };
}

/** Reads a configuration file: the same keys as the task file's `config`. */
export async function loadConfigFile(file: string, text: string): Promise<{ config: ConfigInput } | { problems: Problem[] }> {
  const parsed = await parseJson(file, text);
  if ("problems" in parsed) return parsed;
  const checked = config_schema.safeParse(parsed.value, { reportInput: true });
  if (checked.success) return { config: checked.data };
  const findings = findingsOf(checked.error.issues, [], undefined, "the configuration");
  return { problems: await placeFindings(file, text, findings) };
}

async function readValue(value: unknown, has_references: boolean, context: LoadContext): Promise<Omit<LoadedFile, "place">> {
  const raw_tasks = isObject(value) && Array.isArray(value["tasks"]) ? (value["tasks"] as unknown[]) : undefined;
  // The list is checked for what it is and how long it is; what stands in it, task by task.
  const shell = raw_tasks === undefined || raw_tasks.length === 0 ? value : { ...(value as object), tasks: [probe] };
  const vars = isObject(value) && isObject(value["vars"]) ? value["vars"] : {};
  const variables: Variables = (name) => {
    const found = context.vars[name] ?? (Object.hasOwn(vars, name) ? vars[name] : context.env[name]);
    return typeof found === "string" ? found : undefined;
  };
  const findings: Finding[] = [];
  const settled = has_references && isObject(shell) ? settleEnvelope(shell, variables, findings) : shell;
  const envelope = task_file_schema.safeParse(settled, { reportInput: true });
  if (!envelope.success) findings.push(...findingsOf(envelope.error.issues, [], undefined, "the task file"));

  const ids = new Map<string, number>();
  raw_tasks?.forEach((raw, i) => {
    const task_id = isObject(raw) ? raw["task_id"] : undefined;
    if (typeof task_id !== "string") return;
    const first = ids.get(task_id);
    if (first === undefined) ids.set(task_id, i);
    else {
      const message = `Invalid input format: the task_id ${JSON.stringify(task_id)} is already taken by tasks[${first}].`;
      findings.push({ path: ["tasks", i, "task_id"], task_id, message, advice: "Give each task an id of its own." });
    }
  });
  const tasks: Task[] = [];
  const outputs: LoadedFile["outputs"] = [];
  for (const [i, raw] of (raw_tasks ?? []).entries()) {
    const task = readTask(raw, i, has_references, { ...context, variables, ids }, findings, outputs);
    if (task !== undefined) tasks.push(task);
  }
  await checkOutputSchemas(tasks, ids, findings);
  const data = envelope.data;
  return {
    tasks,
    positions: ids,
    user_prompt: data?.user_prompt,
    workspace_path: data?.workspace_path,
    correlation_id: data?.correlation_id,
    config: data?.config ?? {},
    variables,
    outputs,
    findings,
  };
}

/** Stands for every task while the rest of the file is checked. */
const probe = { task_id: "probe", agent: "probe" };

function settleEnvelope(shell: Record<string, unknown>, variables: Variables, findings: Finding[]): Record<string, unknown> {
  const { tasks, vars, ...rest } = shell;
  const settled = interpolateStrings(rest, [], variables);
  findings.push(...settled.findings);
  return { ...(settled.value as object), tasks, ...(vars === undefined ? {} : { vars }) };
}

interface TaskContext extends LoadContext {
  variables: Variables;
  ids: ReadonlyMap<string, number>;
}

function readTask(
  raw: unknown,
  i: number,
  has_references: boolean,
  context: TaskContext,
  findings: Finding[],
  outputs: LoadedFile["outputs"],
): Task | undefined {
  const base = ["tasks", i];
  const task_id = isObject(raw) && typeof raw["task_id"] === "string" ? raw["task_id"] : undefined;
  let value = raw;
  let is_late = false;
  if (has_references && isObject(raw)) {
    const code_fields = context.agents.get(String(raw["agent"]))?.code_fields ?? [];
    const isTask = (id: string): boolean => context.ids.has(id);
    const interpolated = interpolateTask(raw, base, { variables: context.variables, isTask, code_fields });
    ({ value, is_late } = interpolated);
    findings.push(...interpolated.findings);
    for (const { task_id: upstream, path, written } of interpolated.outputs) {
      outputs.push({ task_id: task_id ?? "", upstream, path, written });
    }
  }
  const parsed = task_schema.safeParse(value, { reportInput: true });
  if (!parsed.success) {
    findings.push(...findingsOf(parsed.error.issues, base, task_id, `tasks[${i}]`));
    return undefined;
  }
  const task: Task = parsed.data;
  if (is_late && isObject(raw)) task.late = raw;
  checkDependencies(task, i, context.ids, findings);
  checkAgent(task, i, context.agents, findings);
  return task;
}

function checkDependencies(task: Task, i: number, ids: ReadonlyMap<string, number>, findings: Finding[]): void {
  const { task_id, dependencies } = task;
  if (dependencies.length === 0) return;
  const seen = new Set<string>();
  dependencies.forEach((dependency, at) => {
    const path = ["tasks", i, "dependencies", at];
    if (seen.has(dependency)) {
      const message = `Invalid input format: the dependency ${JSON.stringify(dependency)} stands twice.`;
      findings.push({ path, task_id, message, advice: "Name each dependency once." });
    } else if (dependency !== task_id && !ids.has(dependency)) {
      const message = `Task ${task_id} depends on unknown task ${dependency}.`;
      findings.push({ path, task_id, message, advice: suggest(dependency, [...ids.keys()]) });
    }
    seen.add(dependency);
  });
}

function checkAgent(task: Task, i: number, agents: LoadContext["agents"], findings: Finding[]): void {
  const { task_id, agent, input_data } = task;
  const known = agents.get(agent);
  if (known === undefined) {
    const message = `Invalid input format: unknown agent ${JSON.stringify(agent)}.`;
    findings.push({ path: ["tasks", i, "agent"], task_id, message, advice: suggest(agent, [...agents.keys()]) });
    return;
  }
  const parsed = known.input.safeParse(input_data, { reportInput: true });
  if (!parsed.success) findings.push(...findingsOf(parsed.error.issues, ["tasks", i, "input_data"], task_id));
}

async function checkOutputSchemas(
  tasks: readonly Task[],
  ids: ReadonlyMap<string, number>,
  findings: Finding[],
): Promise<void> {
  for (const { task_id, output_schema } of tasks) {
    if (output_schema === undefined) continue;
    const compiled = await compileOutputSchema(output_schema);
    if ("check" in compiled) continue;
    const message = `Invalid input format: output_schema is no JSON Schema: ${compiled.problem}.`;
    findings.push({ path: ["tasks", ids.get(task_id) ?? 0, "output_schema"], task_id, message });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
