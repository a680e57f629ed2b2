import { resolve } from "node:path";
import type { Agent } from "#agents";
import type { AttemptLeft, ReuseKey } from "#events";
import type { Redactor } from "#secrets";
import { type ContentHasher, incomparable, shortHash } from "./content-hash.ts";
import { type NamedPath, namedPaths, namedVariables, relativeName, stringsOf } from "./named-paths.ts";
import { changed_during_run, comparesExistence } from "./produced-files.ts";

/** A key, and the paths that the task may write. */
export interface CurrentKey {
  key: ReuseKey;
  /** Named by the task and absent, or written by its command line. */
  may_create: readonly NamedPath[];
  appended: readonly NamedPath[];
}

/** What all keys of a run are made with. */
export interface KeyContext {
  workspace_path: string;
  redactor: Redactor;
  hasher: ContentHasher;
  inherited_env: Readonly<Record<string, string | undefined>>;
  /** Of dispatch: a built-in agent does what this version does. */
  version: string;
}

/** A task whose references have their values. Secrets are masked: another token does not make another task. */
export interface KeyInput {
  description: string;
  output_schema?: unknown;
  resolved: { cwd?: string | undefined; env: Readonly<Record<string, string>> };
  shown: { input: Readonly<Record<string, unknown>>; values?: Readonly<Record<string, string>> };
  upstream_results: Readonly<Record<string, unknown>>;
  upstream_failures: Readonly<Record<string, unknown>>;
  context: Readonly<Record<string, unknown>>;
}

/**
 * Computes a task's key from the workspace as it is now. Its `verify` commands are not part of it: they do not change how
 * the work is done, and a reuse runs them again.
 */
export async function reuseKey(agent: Agent | undefined, task: KeyInput, about: KeyContext): Promise<CurrentKey> {
  const { description, output_schema, resolved, upstream_results, upstream_failures, context } = task;
  const { input, values = {} } = task.shown;
  const { workspace_path, redactor, hasher, inherited_env } = about;
  const { settings = {}, shell_fields = [], output_fields = [], read_fields } = agent ?? {};
  const key: Record<string, string> = { ...(await agentParts(agent, about)) };
  const put = (part: string, value: unknown, is_given: boolean): void => {
    if (is_given) key[part] = hashOf(value);
  };
  put("description", description, description !== "");
  put("input_data", { input, values }, true);
  put("output_schema", output_schema, output_schema !== undefined);
  put("cwd", resolved.cwd, resolved.cwd !== undefined);
  if (Object.keys(resolved.env).length > 0) put("env", await redactor.redactValue(resolved.env), true);
  for (const [name, item] of Object.entries(context)) key[`context ${name}`] = contextHash(item);
  for (const [task_id, output] of Object.entries(upstream_results)) key[`output ${task_id}`] = hashOf(output);
  for (const [task_id, failure] of Object.entries(upstream_failures)) key[`failure ${task_id}`] = hashOf(failure);

  const strings = stringsOf(input, { shell_fields, output_fields });
  for (const [name, value] of Object.entries(namedVariables(strings.code, inherited_env))) {
    if (!Object.hasOwn(resolved.env, name)) put(`variable ${name}`, await redactor.redactValue({ [name]: value }), true);
  }
  const cwd = resolve(workspace_path, resolved.cwd ?? ".");
  for (const [name, found] of await ownScripts(settings, cwd, about)) key[`program ${name}`] = found;
  const named =
    read_fields === undefined
      ? // A command is its command line; its description is for people.
        [...strings.other, ...Object.values(values), ...(shell_fields.length > 0 ? [] : [description])]
      : stringsOf(Object.fromEntries(read_fields.map((field) => [field, input[field]])), { shell_fields: [] }).other;
  const { existing, absent, written, appended, is_cut } = namedPaths(
    { code: strings.code, other: named },
    { cwd: read_fields === undefined ? cwd : workspace_path, workspace_path, hasher },
  );
  if (is_cut) key["names"] = incomparable;
  const read = [...existing, ...filesOf(context, workspace_path)];
  for (const { path, name } of read) {
    const found = `file ${name}` in key ? undefined : await hasher.hash(path);
    if (found !== undefined) key[`file ${name}`] = found;
  }
  return { key, may_create: [...absent, ...written], appended };
}

/** The parts that all tasks of an agent share, once for a run. */
const shared_parts = new WeakMap<KeyContext["hasher"], Map<Agent | undefined, ReuseKey>>();

async function agentParts(agent: Agent | undefined, about: KeyContext): Promise<ReuseKey> {
  const { hasher, redactor, workspace_path, version } = about;
  const by_agent = shared_parts.get(hasher) ?? new Map<Agent | undefined, ReuseKey>();
  shared_parts.set(hasher, by_agent);
  const before = by_agent.get(agent);
  if (before !== undefined) return before;
  const { name, adapter = "", settings = {} } = agent ?? {};
  const identity = { name, adapter, settings, ...(adapter === "builtin" ? { version } : {}) };
  const parts = { agent: hashOf(await redactor.redactValue(identity)), workspace: hashOf(workspace_path) };
  by_agent.set(agent, parts);
  return parts;
}

/** Scripts inside the workspace that an agent's configured command names. A newer program elsewhere does not count. */
async function ownScripts(
  settings: Readonly<Record<string, unknown>>,
  cwd: string,
  about: Pick<KeyContext, "workspace_path" | "hasher">,
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

/** The files behind context items. A long file is given in part, but a change anywhere in it counts. */
function* filesOf(items: Readonly<Record<string, unknown>>, workspace_path: string): Generator<NamedPath> {
  for (const [key, item] of Object.entries(items)) {
    const { type, metadata } = item as { type?: unknown; metadata?: Readonly<Record<string, unknown>> };
    // A glob whose files do not all fit lists only some: its folder covers the others.
    const place = metadata?.["reduced"] === "left out" ? beforeGlob(key.replace(/^file:/, "")) : metadata?.["path"];
    if (type !== "file" || typeof place !== "string") continue;
    const path = resolve(workspace_path, place);
    yield { path, name: relativeName(path, workspace_path) };
  }
}

const beforeGlob = (glob: string): string =>
  glob.slice(0, glob.slice(0, glob.search(/[*?[{(!]|$/)).lastIndexOf("/") + 1) || ".";

/** Whether a key covers at least one file that the task reads. Without one, a change of its inputs goes unseen. */
export const hasDeclaredInputs = (agent: Agent | undefined, key: ReuseKey): boolean =>
  agent?.read_fields !== undefined || Object.keys(key).some((part) => /^(?:file|context) /.test(part));

/** What keeps an earlier success from being reused: each change as a clause, none if it still holds. */
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
    (comparesExistence(expected[part]) && now[part] !== undefined) ||
    isLater(part) ||
    (expected[part] === now[part] && now[part] !== incomparable);
  const parts = new Set([...Object.keys(expected), ...Object.keys(now)]);
  const changed: string[] = [];
  for (const part of parts) {
    if (isSame(part)) continue;
    if (part.startsWith("context file:")) {
      const name = part.slice("context file:".length);
      // The task changed the file itself, or the change of the file is listed already.
      if (name in then.left || !isSame(`file ${name}`)) continue;
    }
    changed.push(describeChange(part, expected[part], now[part]));
  }
  return changed;
}

function describeChange(part: string, then: string | undefined, now: string | undefined): string {
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

/** Hashes JSON with sorted keys: their order in the task file does not matter. */
const hashOf = (value: unknown): string => shortHash(JSON.stringify(value, sortKeys) ?? "");

function sortKeys(_: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const keys = Object.keys(value);
  for (let i = 1; i < keys.length; i++) {
    if ((keys[i - 1] ?? "") > (keys[i] ?? ""))
      return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  return value;
}

/** Tasks share context items. */
const context_hashes = new WeakMap<object, string>();

function contextHash(item: unknown): string {
  if (typeof item !== "object" || item === null) return hashOf(item);
  const before = context_hashes.get(item);
  if (before !== undefined) return before;
  const computed = hashOf("content" in item ? item.content : item);
  context_hashes.set(item, computed);
  return computed;
}
