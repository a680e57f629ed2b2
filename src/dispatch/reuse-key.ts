import { resolve } from "node:path";
import type { AttemptLeft, ReuseKey } from "#events";
import type { Task } from "#tasks";
import { type ContentHasher, incomparable, shortHash } from "./content-hash.ts";
import { type NamedPath, namedPaths, nameOf, stringsOf } from "./named-paths.ts";
import type { Plan } from "./plan.ts";
import type { PreparedTask } from "./prepare-task.ts";
import { version } from "./version.ts";

/** A key, and what the task may make: it names that, and it is not there, or its command line writes it. */
export interface KeyNow {
  key: ReuseKey;
  may_make: readonly NamedPath[];
}

/** In place of a hash for a folder that a task has made: what others put there is not the task's. */
const folder_made = "folder";

/** Makes a task's key as things stand now. */
export async function reuseKey(plan: Plan, prepared: PreparedTask, hasher: ContentHasher): Promise<KeyNow> {
  // Without its secrets: another token is no other task.
  const { task, description, resolved, upstream_results, given } = prepared;
  const { input, values = {} } = prepared.shown;
  const { workspace_path } = plan;
  const agent = plan.agents.get(task.agent);
  const { adapter = "", settings = {}, code_fields = [], output_fields = [] } = agent ?? {};
  // What is built in does what this version does.
  const made_by = { name: agent?.name, adapter, settings, ...(adapter === "builtin" ? { version } : {}) };
  const key: Record<string, string> = { agent: hashOf(made_by), workspace: hashOf(workspace_path) };
  const put = (part: string, value: unknown, is_given: boolean): void => {
    if (is_given) key[part] = hashOf(value);
  };
  const { redactor } = plan;
  put("description", description, description !== "");
  put("input_data", { input, values }, true);
  put("verify", resolved.verify, resolved.verify.length > 0);
  put("output_schema", task.output_schema, task.output_schema !== undefined);
  put("cwd", resolved.cwd, resolved.cwd !== undefined);
  if (Object.keys(resolved.env).length > 0) put("env", await redactor.redactValue(resolved.env), true);
  for (const [name, item] of Object.entries(given?.pre_gathered_context ?? {})) key[`context ${name}`] = contextHash(item);
  for (const [task_id, output] of Object.entries(upstream_results)) key[`output ${task_id}`] = hashOf(output);

  const strings = stringsOf(input, { code_fields, output_fields });
  const cwd = resolve(workspace_path, resolved.cwd ?? ".");
  const other = [...strings.other, ...Object.values(values)];
  const { there, absent, written } = namedPaths({ code: strings.code, other }, { cwd, workspace_path, hasher });
  for (const { path, name } of there) {
    const found = await hasher.hash(path);
    if (found !== undefined) key[`file ${name}`] = found;
  }
  return { key, may_make: [...absent, ...written] };
}

/**
 * What a success has left: the files that its agent says it changed, with all that it named where there are any, and what
 * it named that was not there before, or that it wrote.
 */
export async function leftBy(
  { key, may_make }: KeyNow,
  files_changed: readonly string[],
  { workspace_path, cwd, hasher }: { workspace_path: string; cwd: string; hasher: ContentHasher },
): Promise<AttemptLeft["files"]> {
  const left: Record<string, string | null> = {};
  const see = async (path: string): Promise<void> => {
    left[nameOf(path, workspace_path)] = (await hasher.hash(path)) ?? null;
  };
  for (const file of files_changed) await see(resolve(cwd, file));
  if (files_changed.length > 0) {
    const named = Object.keys(key).filter((part) => part.startsWith("file "));
    for (const part of named) await see(resolve(workspace_path, part.slice("file ".length)));
  }
  for (const { path, name } of may_make) {
    const kind = hasher.kind(path);
    if (kind === "folder") left[name] = folder_made;
    else if (kind === "file") await see(path);
  }
  return left;
}

/** Whether nothing says what a command reads: that it reads what it did cannot be seen. */
export const isBlind = (plan: Plan, { agent }: Task, key: ReuseKey): boolean =>
  plan.agents.get(agent)?.adapter === "command" && !Object.keys(key).some((part) => /^(?:file|context) /.test(part));

/** Whether an earlier success stands for a task: what is otherwise now, in words; nothing where it does. */
export function differences(now: ReuseKey, then: { key: ReuseKey; left: AttemptLeft["files"] }): string[] {
  const expected: Record<string, string> = { ...then.key };
  for (const [name, found] of Object.entries(then.left)) {
    if (found === null) delete expected[`file ${name}`];
    else expected[`file ${name}`] = found;
  }
  const parts = new Set([...Object.keys(expected), ...Object.keys(now)]);
  const changed: string[] = [];
  for (const part of parts) {
    // Its own change of what it was given to read: that the file is as it left it is seen by the file's own part.
    if (expected[part] === folder_made && now[part] !== undefined) continue;
    if (part.startsWith("context file:") && part.slice("context file:".length) in then.left) continue;
    const is_same = expected[part] === now[part] && now[part] !== incomparable;
    if (!is_same) changed.push(inWords(part, expected[part], now[part]));
  }
  return changed;
}

/** The files of a success that a key of now does not name: whether they stand as they were left. */
export async function withLeft(
  now: ReuseKey,
  left: AttemptLeft["files"],
  { workspace_path, hasher }: { workspace_path: string; hasher: ContentHasher },
): Promise<ReuseKey> {
  const key: Record<string, string> = { ...now };
  for (const name of Object.keys(left)) {
    if (`file ${name}` in key) continue;
    const found = await hasher.hash(resolve(workspace_path, name));
    if (found !== undefined) key[`file ${name}`] = found;
  }
  return key;
}

function inWords(part: string, then: string | undefined, now: string | undefined): string {
  const [kind = "", ...rest] = part.split(" ");
  const name = rest.join(" ");
  const how = then === undefined ? "is new" : now === undefined ? "is gone" : "has changed";
  switch (kind) {
    case "file":
      if (now === incomparable || then === incomparable) return `${name} holds too much to be compared`;
      return `${name} ${how}`;
    case "context":
      return `the context ${name} ${how}`;
    case "output":
      return `the output of ${name} ${how}`;
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
