import type * as z from "zod";
import { type ConfigInput, config_schema } from "#config";
import type { Problem } from "#errors";
import { createFindings, type FindingList } from "./findings.ts";
import { createInterpolator, interpolateStrings, type OutputReference, type Variables } from "./interpolate.ts";
import { parseJson } from "./json.ts";
import { suggest } from "./names.ts";
import { compileOutputSchema } from "./output-schema.ts";
import { type Path, placeFindings } from "./places.ts";
import { type TaskInput, task_file_schema, task_id_pattern, task_schema } from "./schema.ts";
import { mayHoldReference } from "./template.ts";

/** What the task file must know of an agent. */
export interface AgentInput {
  /** What it is called wherever its tasks are reported, whichever of its names the file uses. */
  name: string;
  /** Checks `input_data`. */
  input: z.ZodType;
  /** Keys of `input_data` that hold a command line: values never become part of those. */
  code_fields: readonly string[];
}

/** What a task file is read with. */
export interface LoadContext {
  /** By each name that a task may use. */
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
  outputs: OutputReference[];
  /** For each task the positions of what it waits for; whole only where nothing is wrong. */
  dependencies: readonly (readonly number[])[];
  /** What is wrong; whoever finds more adds it. */
  findings: FindingList;
  /** The findings as problems, with lines and columns, in the order of the text. */
  place(): Promise<Problem[]>;
}

/** Reads a task file. Problems that keep it from being read at all come back alone. */
export async function loadTaskFile(
  file: string,
  text: string,
  context: LoadContext,
): Promise<LoadedFile | { problems: Problem[] }> {
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  const parsed = await parseJson(file, json);
  if ("problems" in parsed) return parsed;
  const loaded = await readValue(parsed.value, json.includes("${"), context);
  return { ...loaded, place: () => placeFindings(file, json, loaded.findings.kept) };
}

/** Reads a configuration file: the same keys as the task file's `config`. */
export async function loadConfigFile(file: string, text: string): Promise<{ config: ConfigInput } | { problems: Problem[] }> {
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  const parsed = await parseJson(file, json);
  if ("problems" in parsed) return parsed;
  const checked = config_schema.safeParse(parsed.value, { reportInput: true });
  if (checked.success) return { config: checked.data };
  const findings = createFindings();
  findings.addIssues(checked.error.issues, [], { root: "the configuration" });
  return { problems: await placeFindings(file, json, findings.kept) };
}

/** What reading a task needs to know of the file around it. */
interface FileContext extends LoadContext {
  variables: Variables;
  has_references: boolean;
  ids: ReadonlyMap<string, number>;
  findings: FindingList;
  interpolate: ReturnType<typeof createInterpolator>;
  dependencies: (readonly number[])[];
  parsing: Parsing;
}

/** How zod reads: it can compile a schema first, which takes some milliseconds and pays for large files only. */
interface Parsing {
  reportInput: true;
  jitless: boolean;
}

/** From so many tasks on, compiling their schema pays. */
const many_tasks = 500;

async function readValue(value: unknown, has_references: boolean, context: LoadContext): Promise<Omit<LoadedFile, "place">> {
  const findings = createFindings();
  const vars = isObject(value) && isObject(value["vars"]) ? value["vars"] : {};
  const variables: Variables = (name) => {
    const found = own(context.vars, name) ?? own(vars, name) ?? own(context.env, name);
    return typeof found === "string" ? found : undefined;
  };
  const raw_tasks = isObject(value) && Array.isArray(value["tasks"]) ? (value["tasks"] as unknown[]) : [];
  const envelope = readEnvelope(value, has_references, variables, findings);
  const parsing: Parsing = { reportInput: true, jitless: raw_tasks.length < many_tasks };
  const ids = readIds(raw_tasks, has_references, variables, findings);
  const outputs: OutputReference[] = [];
  const dependencies: (readonly number[])[] = [];
  const interpolate = createInterpolator({ variables, isTask: (task_id) => ids.has(task_id), findings, outputs });
  const file: FileContext = { ...context, variables, has_references, ids, findings, interpolate, dependencies, parsing };
  const tasks: Task[] = [];
  for (let i = 0; i < raw_tasks.length && !findings.is_enough; i++) {
    const task = readTask(raw_tasks[i], i, file);
    if (task !== undefined) tasks.push(task);
  }
  await checkOutputSchemas(tasks, ids, findings);
  return {
    tasks,
    positions: ids,
    user_prompt: envelope?.user_prompt,
    workspace_path: envelope?.workspace_path,
    correlation_id: envelope?.correlation_id,
    config: envelope?.config ?? {},
    variables,
    outputs,
    dependencies,
    findings,
  };
}

const own = (values: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** Stands for every task while the rest of the file is checked. */
const probe = { task_id: "probe", agent: "probe" };

/** Reads all but the tasks: their list is checked for what it is and whether it is empty. */
function readEnvelope(value: unknown, has_references: boolean, variables: Variables, findings: FindingList) {
  let envelope = value;
  if (isObject(value)) {
    const { tasks, vars, ...rest } = value;
    const settled = has_references ? interpolateStrings(rest, [], { variables, findings }) : rest;
    const shown = Array.isArray(tasks) && tasks.length > 0 ? [probe] : tasks;
    envelope = { ...settled, ...("tasks" in value ? { tasks: shown } : {}), ...("vars" in value ? { vars } : {}) };
  }
  const parsed = task_file_schema.safeParse(envelope, { reportInput: true, jitless: true });
  if (!parsed.success) findings.addIssues(parsed.error.issues, [], { root: "the task file" });
  return parsed.data;
}

/** The place of each task in the file, by its id. */
function readIds(
  raw_tasks: readonly unknown[],
  has_references: boolean,
  variables: Variables,
  findings: FindingList,
): Map<string, number> {
  const ids = new Map<string, number>();
  for (let i = 0; i < raw_tasks.length && !findings.is_enough; i++) {
    const raw = raw_tasks[i];
    const written = isObject(raw) ? raw["task_id"] : undefined;
    if (typeof written !== "string") continue;
    const is_settled = !has_references || !mayHoldReference(written);
    const task_id = is_settled ? written : interpolateStrings(written, [], { variables, findings: undefined });
    const first = ids.get(task_id);
    if (first === undefined) {
      ids.set(task_id, i);
      continue;
    }
    const message = `Invalid input format: the task_id ${JSON.stringify(task_id)} is already taken by tasks[${first}].`;
    const advice = "Give each task an id of its own.";
    findings.add({ path: ["tasks", i, "task_id"], task_id: soundId(task_id), message, advice });
  }
  return ids;
}

function readTask(raw: unknown, i: number, file: FileContext): Task | undefined {
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
    const code_fields = file.agents.get(String(settle(raw["agent"])))?.code_fields ?? [];
    ({ value, is_late } = file.interpolate({ raw, position: i, task_id: soundId(task_id), code_fields }));
  }
  const parsed = task_schema.safeParse(value, file.parsing);
  if (!parsed.success) {
    reportTask(value, i, parsed.error.issues, file);
    return undefined;
  }
  const task: Task = parsed.data;
  if (is_late) task.late = raw;
  file.dependencies.push(checkDependencies(task, i, file));
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
  const { agent, input_data, dependencies } = task_schema.shape;
  const id = soundId(value["task_id"]);
  const code_fields = file.agents.get(String(value["agent"]))?.code_fields ?? [];
  file.findings.addIssues(issues, ["tasks", i], { task_id: id, code_fields });
  const names = dependencies.safeParse(value["dependencies"]).data;
  if (names !== undefined && id !== undefined) checkDependencies({ task_id: id, dependencies: names }, i, file);
  const agent_name = agent.safeParse(value["agent"]).data;
  const input = input_data.safeParse(value["input_data"]).data;
  // What stands in the wrong place is said already; that it is missing in the right one would be an echo.
  const is_misplaced = code_fields.some((key) => Object.hasOwn(value, key));
  if (agent_name === undefined || input === undefined || is_misplaced) return;
  checkAgent({ task_id: id, agent: agent_name, input_data: input }, i, file);
}

/** The id of a task, if it is one that may stand before a message. */
const soundId = (value: unknown): string | undefined =>
  typeof value === "string" && value.length <= 128 && task_id_pattern.test(value) ? value : undefined;

/** Comparing names costs time: where there are very many of them, only the first mistakes get a suggestion. */
const most_comparisons = 2_000_000;

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
      const names = ids.size * findings.count < most_comparisons ? [...ids.keys()] : [];
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

const none: readonly number[] = Object.freeze([]);

function checkAgent(
  task: { task_id: string | undefined; agent: string; input_data: Record<string, unknown> },
  i: number,
  { agents, findings, parsing }: FileContext,
): void {
  const { task_id, agent, input_data } = task;
  const known = agents.get(agent);
  if (known === undefined) {
    const message = `Invalid input format: unknown agent ${JSON.stringify(agent)}.`;
    const names = new Set(Array.from(agents.values(), ({ name }) => name));
    findings.add({ path: ["tasks", i, "agent"], task_id, message, advice: suggest(agent, [...names]) });
    return;
  }
  task.agent = known.name;
  const parsed = known.input.safeParse(input_data, parsing);
  if (!parsed.success) findings.addIssues(parsed.error.issues, ["tasks", i, "input_data"], { task_id });
}

async function checkOutputSchemas(
  tasks: readonly Task[],
  ids: ReadonlyMap<string, number>,
  findings: FindingList,
): Promise<void> {
  for (const { task_id, output_schema } of tasks) {
    if (output_schema === undefined) continue;
    const compiled = await compileOutputSchema(output_schema);
    if ("check" in compiled) continue;
    const message = `Invalid input format: output_schema is no JSON Schema: ${compiled.problem}.`;
    findings.add({ path: ["tasks", ids.get(task_id) ?? 0, "output_schema"], task_id, message });
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
