import { type ConfigInput, config_schema } from "#config";
import type { Problem } from "#errors";
import { createFindings, type FindingList } from "./findings.ts";
import { createInterpolator, interpolateStrings, type OutputReference, type Variables } from "./interpolate.ts";
import { parseJson } from "./json.ts";
import { compileOutputSchema } from "./output-schema.ts";
import { type Finding, placeFindings } from "./places.ts";
import { type FileContext, isObject, type LoadContext, type Parsing, readTask, type Task, validTaskId } from "./read-task.ts";
import { task_file_schema } from "./schema.ts";
import { mayHoldReference } from "./template.ts";

/** The content of a task file, as far as it is valid. */
export interface LoadedFile {
  tasks: Task[];
  /** Each task's position in the file, including invalid tasks. */
  positions: ReadonlyMap<string, number>;
  user_prompt: string | undefined;
  workspace_path: string | undefined;
  rag_queries: readonly string[];
  correlation_id: string | undefined;
  config: ConfigInput;
  variables: Variables;
  /** Names of the variables that its strings use. */
  referenced_names: ReadonlySet<string>;
  /** References to outputs. Checking that they name dependencies needs the graph. */
  outputs: OutputReference[];
  /** For each task the positions of its dependencies; complete only if there are no findings. */
  dependencies: readonly (readonly number[])[];
  /** All problems; later checks add to them. */
  findings: FindingList;
  /** The parsed file. */
  raw: unknown;
  /** Converts findings (by default the file's) to problems with lines and columns, in the order of the text. */
  toProblems(findings?: readonly Finding[]): Promise<Problem[]>;
}

/** Reads a task file. Returns only problems if it cannot be parsed. */
export async function loadTaskFile(
  file: string,
  text: string,
  context: LoadContext,
): Promise<LoadedFile | { problems: Problem[] }> {
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  const parsed = await parseJson(file, json, "Write a JSON object with a list of tasks; `dispatch run --help` shows one.");
  if ("problems" in parsed) return parsed;
  if (isConfiguration(parsed.value)) {
    const advice = "Pass a task file; dispatch reads dispatch.config.json from the working directory by itself.";
    return { problems: [{ file, message: "Invalid input format: this is a configuration, not a task file.", advice }] };
  }
  const loaded = await readParsed(parsed.value, json.includes("${"), context);
  const toProblems = (findings = loaded.findings.kept): Promise<Problem[]> => placeFindings(file, json, findings);
  return { ...loaded, raw: parsed.value, toProblems };
}

/** Whether a file without `tasks` is a valid configuration. */
const isConfiguration = (value: unknown): boolean =>
  isObject(value) && !("tasks" in value) && Object.keys(value).length > 0 && config_schema.safeParse(value).success;

/** Reads a configuration file: the same keys as the task file's `config`. */
export async function loadConfigFile(file: string, text: string): Promise<{ config: ConfigInput } | { problems: Problem[] }> {
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  const parsed = await parseJson(file, json, "Write {} or remove the file; `dispatch init` creates one.");
  if ("problems" in parsed) return parsed;
  const checked = config_schema.safeParse(parsed.value, { reportInput: true });
  if (checked.success) return { config: checked.data };
  const findings = createFindings();
  findings.addIssues(checked.error.issues, [], { root: "the configuration" });
  return { problems: await placeFindings(file, json, findings.kept) };
}

/** Number of tasks from which compiling their schema pays. */
const many_tasks = 500;

async function readParsed(
  value: unknown,
  has_references: boolean,
  context: LoadContext,
): Promise<Omit<LoadedFile, "toProblems" | "raw">> {
  const findings = createFindings();
  const vars = isObject(value) && isObject(value["vars"]) ? value["vars"] : {};
  const referenced_names = new Set<string>();
  const variables: Variables = (name) => {
    referenced_names.add(name);
    const found = ownValue(context.vars, name) ?? ownValue(vars, name) ?? ownValue(context.env, name);
    return typeof found === "string" ? found : undefined;
  };
  const raw_tasks = isObject(value) && Array.isArray(value["tasks"]) ? (value["tasks"] as unknown[]) : [];
  const envelope = readEnvelope(value, has_references, variables, findings);
  const parsing: Parsing = { reportInput: true, jitless: raw_tasks.length < many_tasks };
  const ids = readIds(raw_tasks, has_references, variables, findings);
  const outputs: OutputReference[] = [];
  const dependencies: (readonly number[])[] = [];
  const interpolate = createInterpolator({ variables, isTask: (task_id) => ids.has(task_id), findings, outputs });
  const agents = context.agents(envelope?.config ?? {});
  const { route } = context;
  const written = isObject(value) && isObject(value["config"]) ? value["config"]["agents"] : undefined;
  const isMisconfigured = (name: string): boolean =>
    context.is_config_incomplete || (isObject(written) && Object.hasOwn(written, name));
  const file: FileContext = {
    agents,
    isMisconfigured,
    route,
    variables,
    has_references,
    ids,
    findings,
    interpolate,
    dependencies,
    parsing,
  };
  const tasks: Task[] = [];
  for (let i = 0; i < raw_tasks.length && !findings.is_full; i++) {
    const task = readTask(raw_tasks[i], i, file);
    if (task !== undefined) tasks.push(task);
  }
  await checkOutputSchemas(tasks, ids, findings);
  return {
    tasks,
    positions: ids,
    user_prompt: envelope?.user_prompt,
    workspace_path: envelope?.workspace_path,
    rag_queries: envelope?.rag_queries ?? [],
    correlation_id: envelope?.correlation_id,
    config: envelope?.config ?? {},
    variables,
    referenced_names,
    outputs,
    dependencies,
    findings,
  };
}

const ownValue = (values: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(values, name) ? values[name] : undefined;

/** Replaces the tasks while the rest of the file is checked. */
const placeholder_task = { task_id: "probe", agent: "probe" };

/** Reads everything except the tasks. Of `tasks` it checks only that it is a list and not empty. */
function readEnvelope(value: unknown, has_references: boolean, variables: Variables, findings: FindingList) {
  let envelope = value;
  if (isObject(value)) {
    const { tasks, vars, ...rest } = value;
    const resolved = has_references ? interpolateStrings(rest, [], { variables, findings }) : rest;
    const placeholder = Array.isArray(tasks) && tasks.length > 0 ? [placeholder_task] : tasks;
    envelope = { ...resolved, ...("tasks" in value ? { tasks: placeholder } : {}), ...("vars" in value ? { vars } : {}) };
  }
  const parsed = task_file_schema.safeParse(envelope, { reportInput: true, jitless: true });
  if (!parsed.success) findings.addIssues(parsed.error.issues, [], { root: "the task file" });
  return parsed.data;
}

/** Maps each task's id to its position; reports duplicate ids. */
function readIds(
  raw_tasks: readonly unknown[],
  has_references: boolean,
  variables: Variables,
  findings: FindingList,
): Map<string, number> {
  const ids = new Map<string, number>();
  for (let i = 0; i < raw_tasks.length && !findings.is_full; i++) {
    const raw = raw_tasks[i];
    const written = isObject(raw) ? raw["task_id"] : undefined;
    if (typeof written !== "string") continue;
    const is_plain = !has_references || !mayHoldReference(written);
    const task_id = is_plain ? written : interpolateStrings(written, [], { variables, findings: undefined });
    const first = ids.get(task_id);
    if (first === undefined) {
      ids.set(task_id, i);
      continue;
    }
    const message = `Invalid input format: duplicate task_id ${JSON.stringify(task_id)}, already used by tasks[${first}].`;
    const advice = "Give each task a unique id.";
    findings.add({ path: ["tasks", i, "task_id"], task_id: validTaskId(task_id), message, advice });
  }
  return ids;
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
    const message = `Invalid input format: output_schema is not a valid JSON Schema: ${compiled.problem}.`;
    findings.add({ path: ["tasks", ids.get(task_id) ?? 0, "output_schema"], task_id, message });
  }
}
