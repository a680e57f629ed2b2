import { resolve } from "node:path";
import type { Agent } from "#agents";
import type { AttemptLeft, ReuseKey } from "#events";
import type { Task } from "#tasks";
import type { Plan } from "../plan.ts";
import type { PreparedTask } from "../prepare-task.ts";
import { version } from "../version.ts";
import { type ContentHasher, incomparable, shortHash } from "./content-hash.ts";
import { type NamedPath, namedPaths, namedVariables, relativeName, stringsOf } from "./named-paths.ts";
import { changed_during_run, isMark } from "./produced-files.ts";

/** A key, and what the task may make: it names that, and it is not there, or its command line writes it. */
export interface CurrentKey {
  key: ReuseKey;
  may_make: readonly NamedPath[];
  /** What it appends to. */
  appended: readonly NamedPath[];
}

/** What a key is made from besides the task. */
export interface KeyContext {
  hasher: ContentHasher;
  inherited_env: Readonly<Record<string, string | undefined>>;
}

/**
 * Makes a task's key as things stand now. Its checks are no part of it: they say nothing of how the work is done, and must
 * pass again anyway.
 */
export async function reuseKey(plan: Plan, prepared: PreparedTask, { hasher, inherited_env }: KeyContext): Promise<CurrentKey> {
  // Without its secrets: another token is no other task.
  const { task, description, resolved, upstream_results, upstream_failures, given } = prepared;
  const { input, values = {} } = prepared.shown;
  const { workspace_path, redactor } = plan;
  const agent = plan.agents.get(task.agent);
  const { settings = {}, shell_fields = [], output_fields = [], read_fields } = agent ?? {};
  const key: Record<string, string> = { ...(await sharedPart(plan, agent)) };
  const put = (part: string, value: unknown, is_given: boolean): void => {
    if (is_given) key[part] = hashOf(value);
  };
  put("description", description, description !== "");
  put("input_data", { input, values }, true);
  put("output_schema", task.output_schema, task.output_schema !== undefined);
  put("cwd", resolved.cwd, resolved.cwd !== undefined);
  if (Object.keys(resolved.env).length > 0) put("env", await redactor.redactValue(resolved.env), true);
  for (const [name, item] of Object.entries(given?.pre_gathered_context ?? {})) key[`context ${name}`] = contextHash(item);
  for (const [task_id, output] of Object.entries(upstream_results)) key[`output ${task_id}`] = hashOf(output);
  for (const [task_id, failure] of Object.entries(upstream_failures)) key[`failure ${task_id}`] = hashOf(failure);

  const strings = stringsOf(input, { shell_fields, output_fields });
  for (const [name, value] of Object.entries(namedVariables(strings.code, inherited_env))) {
    if (!Object.hasOwn(resolved.env, name)) put(`variable ${name}`, await redactor.redactValue({ [name]: value }), true);
  }
  const cwd = resolve(workspace_path, resolved.cwd ?? ".");
  for (const [name, found] of await ownProgram(settings, cwd, { workspace_path, hasher })) key[`program ${name}`] = found;
  const named =
    read_fields === undefined
      ? // What a command does stands in its command line; its description is for people.
        [...strings.other, ...Object.values(values), ...(shell_fields.length > 0 ? [] : [description])]
      : stringsOf(Object.fromEntries(read_fields.map((field) => [field, input[field]])), { shell_fields: [] }).other;
  const { there, absent, written, appended, is_cut } = namedPaths(
    { code: strings.code, other: named },
    { cwd: read_fields === undefined ? cwd : workspace_path, workspace_path, hasher },
  );
  if (is_cut) key["names"] = incomparable;
  const read = [...there, ...filesOf(given?.pre_gathered_context ?? {}, workspace_path)];
  for (const { path, name } of read) {
    const found = `file ${name}` in key ? undefined : await hasher.hash(path);
    if (found !== undefined) key[`file ${name}`] = found;
  }
  return { key, may_make: [...absent, ...written], appended };
}

/** The parts that all tasks of an agent share. */
const shared_parts = new WeakMap<Plan, Map<Agent | undefined, ReuseKey>>();

async function sharedPart(plan: Plan, agent: Agent | undefined): Promise<ReuseKey> {
  const of_plan = shared_parts.get(plan) ?? new Map<Agent | undefined, ReuseKey>();
  shared_parts.set(plan, of_plan);
  const before = of_plan.get(agent);
  if (before !== undefined) return before;
  const { name, adapter = "", settings = {} } = agent ?? {};
  // What is built in does what this version does.
  const made_by = { name, adapter, settings, ...(adapter === "builtin" ? { version } : {}) };
  const parts = { agent: hashOf(await plan.redactor.redactValue(made_by)), workspace: hashOf(plan.workspace_path) };
  of_plan.set(agent, parts);
  return parts;
}

/** The project's own scripts that an agent's command names; that a program elsewhere is a newer one pays for nothing again. */
async function ownProgram(
  settings: Readonly<Record<string, unknown>>,
  cwd: string,
  about: { workspace_path: string; hasher: ContentHasher },
): Promise<[string, string][]> {
  const { command } = settings;
  if (!Array.isArray(command)) return [];
  const found: [string, string][] = [];
  for (const word of command) {
    const path = resolve(cwd, String(word));
    if (!path.startsWith(`${about.workspace_path}/`) || about.hasher.kind(path) !== "file") continue;
    found.push([relativeName(path, about.workspace_path), (await about.hasher.hash(path)) ?? incomparable]);
  }
  return found;
}

/** The files that context was made of: of a long one only a part or an outline is given, and a change elsewhere counts too. */
function* filesOf(items: Readonly<Record<string, unknown>>, workspace_path: string): Generator<NamedPath> {
  for (const [key, item] of Object.entries(items)) {
    const { type, metadata } = item as { type?: unknown; metadata?: Readonly<Record<string, unknown>> };
    // Of a glob whose files do not all fit, the rest is only counted: they lie below what stands before its first star.
    const place = metadata?.["reduced"] === "left out" ? beforeGlob(key.replace(/^file:/, "")) : metadata?.["path"];
    if (type !== "file" || typeof place !== "string") continue;
    const path = resolve(workspace_path, place);
    yield { path, name: relativeName(path, workspace_path) };
  }
}

const beforeGlob = (glob: string): string =>
  glob.slice(0, glob.slice(0, glob.search(/[*?[{(!]|$/)).lastIndexOf("/") + 1) || ".";

/** Whether nothing says which files a task reads: that those are what they were cannot be seen. */
export const hasNoDeclaredInputs = (plan: Plan, { agent }: Task, key: ReuseKey): boolean =>
  plan.agents.get(agent)?.read_fields === undefined && !Object.keys(key).some((part) => /^(?:file|context) /.test(part));

/** Whether an earlier success stands for a task: what is otherwise now, in words; nothing where it does. */
export function differences(
  now: ReuseKey,
  then: { key: ReuseKey; left: AttemptLeft["files"]; later: AttemptLeft["files"] },
): string[] {
  const expected: Record<string, string> = { ...then.key };
  for (const [name, found] of Object.entries(then.left)) {
    if (found === null) delete expected[`file ${name}`];
    else expected[`file ${name}`] = found;
  }
  const isLater = (part: string): boolean => {
    const later = part.startsWith("file ") ? then.later[part.slice("file ".length)] : undefined;
    return later !== undefined && later === (now[part] ?? null);
  };
  const isSame = (part: string): boolean =>
    (isMark(expected[part]) && now[part] !== undefined) ||
    isLater(part) ||
    (expected[part] === now[part] && now[part] !== incomparable);
  const parts = new Set([...Object.keys(expected), ...Object.keys(now)]);
  const changed: string[] = [];
  for (const part of parts) {
    if (isSame(part)) continue;
    if (part.startsWith("context file:")) {
      const name = part.slice("context file:".length);
      // Its own change of what it was given to read, or one that is told of the file itself.
      if (name in then.left || !isSame(`file ${name}`)) continue;
    }
    changed.push(describeChanges(part, expected[part], now[part]));
  }
  return changed;
}

function describeChanges(part: string, then: string | undefined, now: string | undefined): string {
  const [kind = "", ...rest] = part.split(" ");
  const name = rest.join(" ");
  const how = then === undefined ? "is new" : now === undefined ? "is gone" : "has changed";
  switch (kind) {
    case "file":
      if (then === changed_during_run) return `${name} was changed while it ran`;
      if (now === incomparable || then === incomparable)
        return `${name} cannot be compared: it holds too much, or may not be read`;
      return `${name} ${how}`;
    case "context":
      return `the context ${name} ${how}`;
    case "output":
      return `the output of ${name} ${how}`;
    case "failure":
      return `how ${name} failed ${how}`;
    case "variable":
      return `the variable $${name} ${how}`;
    case "program":
      return `the agent's program ${name} ${how}`;
    case "names":
      return "it names more files than are compared";
    case "agent":
      return "the agent or its settings have changed";
    default:
      return `its ${kind} ${how}`;
  }
}

/** By its keys in order: the order in which a file has them says nothing. */
const hashOf = (value: unknown): string => shortHash(JSON.stringify(value, inOrder) ?? "");

function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] ?? "") > (keys[i] ?? ""))
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return value;
}

/** Items are shared by tasks. */
const context_hashes = new WeakMap<object, string>();

function contextHash(item: unknown): string {
  if (typeof item !== "object" || item === null) return hashOf(item);
  const before = context_hashes.get(item);
  if (before !== undefined) return before;
  const made = hashOf("content" in item ? item.content : item);
  context_hashes.set(item, made);
  return made;
}
