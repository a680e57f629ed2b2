import { resolve } from "node:path";
import type { AttemptLeft, ReuseKey } from "#events";
import type { ContentHasher } from "./content-hash.ts";
import { type NamedPath, relativeName } from "./named-paths.ts";

/** Replace the hashes of a folder that a task created and of the files in it: other tasks may write there too. */
const created_folder = "folder";
const file_in_created_folder = "file";

/** Replaces the hash of a named file that changed while the task ran, by the task or by another process. It equals nothing. */
export const changed_during_run = "changed";

/** Most files of a created folder that a later run looks for. */
const max_in_folder = 200;

/** Whether only existence is compared, not content. */
export const comparesExistence = (hash: string | null | undefined): boolean =>
  hash === created_folder || hash === file_in_created_folder;

/** What a task is known to have written in this run so far, its failed attempts included. */
export interface ProducedFiles {
  /** Reported by its agent; absolute. */
  files_changed: Set<string>;
  /** Named by the task and absent before it, or written by its command line; by absolute path. */
  paths: Map<string, NamedPath>;
}

/** How files are hashed and named. */
interface Place {
  workspace_path: string;
  hasher: ContentHasher;
}

/**
 * Hashes what a success left on disk: the files that its agent reported, and the paths that it named and that were absent
 * before, or that it wrote. A file that a command only named and that changed meanwhile is `changed_during_run`: another
 * process may have changed it after the command read it.
 */
export async function snapshotOutputs(
  key: ReuseKey,
  produced: ProducedFiles,
  { workspace_path, hasher }: Place,
): Promise<AttemptLeft["files"]> {
  const left: Record<string, string | null> = {};
  const record = async (path: string): Promise<void> => {
    left[relativeName(path, workspace_path)] = (await hasher.hash(path)) ?? null;
  };
  for (const part of Object.keys(key)) {
    if (!part.startsWith("file ")) continue;
    const name = part.slice("file ".length);
    const path = resolve(workspace_path, name);
    if (produced.files_changed.size > 0) await record(path);
    else if ((await hasher.hash(path)) !== key[part]) left[name] = changed_during_run;
  }
  for (const file of produced.files_changed) await record(file);
  for (const { path, name } of produced.paths.values()) {
    const kind = hasher.kind(path);
    if (kind === "file") await record(path);
    if (kind !== "folder") continue;
    left[name] = created_folder;
    const files = await hasher.files(path);
    if (files.length > max_in_folder) continue;
    for (const file of files) left[relativeName(file, workspace_path)] ??= file_in_created_folder;
  }
  return left;
}

/** Adds to a key the files that an earlier success left and that the task does not name, as they are now. */
export async function keyWithOutputs(
  now: ReuseKey,
  left: AttemptLeft["files"],
  { workspace_path, hasher }: Place,
): Promise<ReuseKey> {
  const key: Record<string, string> = { ...now };
  for (const [name, then] of Object.entries(left)) {
    const part = `file ${name}`;
    if (part in key) continue;
    const path = resolve(workspace_path, name);
    const found = comparesExistence(then) ? hasher.kind(path) : await hasher.hash(path);
    if (found !== undefined) key[part] = found;
  }
  return key;
}

/** The paths that a task names now and that an earlier success of the same command created. */
export function productsOf(now: ReuseKey, then: { key: ReuseKey; left: AttemptLeft["files"] }): string[] {
  if (now["input_data"] !== then.key["input_data"]) return [];
  return Object.keys(then.left).filter((name) => `file ${name}` in now && !(`file ${name}` in then.key));
}
