import { resolve } from "node:path";
import type { AttemptLeft, ReuseKey } from "#events";
import type { ContentHasher } from "./content-hash.ts";
import { type NamedPath, relativeName } from "./named-paths.ts";

/** In place of a hash for a folder that a task has made, and for what was in it then: others may write there too. */
const made_folder = "folder";
const made_in_folder = "file";

/** In place of a hash for what was changed while a task ran that names it, and nobody says by whom: it equals nothing. */
export const changed_during_run = "changed";

/** Most files of such a folder that are looked for later. */
const max_in_folder = 200;

/** Whether something stood for no more than being there. */
export const isMark = (hash: string | null | undefined): boolean => hash === made_folder || hash === made_in_folder;

/** What a task has made in this run so far, as far as anybody says so. An attempt that failed may have made some of it. */
export interface ProducedFiles {
  /** What its agent says; absolute. */
  files_changed: Set<string>;
  /** What it named and was not there before, or it wrote; by path. */
  paths: Map<string, NamedPath>;
}

/** Where files are looked at, and seen from where they are told. */
interface Place {
  workspace_path: string;
  hasher: ContentHasher;
}

/**
 * What a success has left: the files that its agent says it changed, with all that it named where there are any, and what
 * it named that was not there before, or that it wrote. What a command named and was changed meanwhile may have been changed
 * by it, or by somebody else after it had read it.
 */
export async function snapshotOutputs(
  key: ReuseKey,
  made: ProducedFiles,
  { workspace_path, hasher }: Place,
): Promise<AttemptLeft["files"]> {
  const left: Record<string, string | null> = {};
  const see = async (path: string): Promise<void> => {
    left[relativeName(path, workspace_path)] = (await hasher.hash(path)) ?? null;
  };
  for (const part of Object.keys(key)) {
    if (!part.startsWith("file ")) continue;
    const name = part.slice("file ".length);
    const path = resolve(workspace_path, name);
    if (made.files_changed.size > 0) await see(path);
    else if ((await hasher.hash(path)) !== key[part]) left[name] = changed_during_run;
  }
  for (const file of made.files_changed) await see(file);
  for (const { path, name } of made.paths.values()) {
    const kind = hasher.kind(path);
    if (kind === "file") await see(path);
    if (kind !== "folder") continue;
    left[name] = made_folder;
    const files = await hasher.files(path);
    if (files.length > max_in_folder) continue;
    for (const file of files) left[relativeName(file, workspace_path)] ??= made_in_folder;
  }
  return left;
}

/** A key of now with the files of a success that it does not name, as they stand. */
export async function withOutputs(
  now: ReuseKey,
  left: AttemptLeft["files"],
  { workspace_path, hasher }: Place,
): Promise<ReuseKey> {
  const key: Record<string, string> = { ...now };
  for (const [name, then] of Object.entries(left)) {
    const part = `file ${name}`;
    if (part in key) continue;
    const path = resolve(workspace_path, name);
    const found = isMark(then) ? hasher.kind(path) : await hasher.hash(path);
    if (found !== undefined) key[part] = found;
  }
  return key;
}

/** Of what a task names now, what an earlier success of the same command had made: it stood nowhere before. */
export function productsOf(now: ReuseKey, then: { key: ReuseKey; left: AttemptLeft["files"] }): string[] {
  if (now["input_data"] !== then.key["input_data"]) return [];
  return Object.keys(then.left).filter((name) => `file ${name}` in now && !(`file ${name}` in then.key));
}
