import {
  closeSync,
  constants,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DispatchError, messageOf, systemCode } from "#errors";
import { createFolders, hideFromGit, replaceFile } from "#files";
import { safeName } from "#tasks";

/** Modes of all files and folders in a trace directory: traces hold prompts and outputs. */
export const private_file = 0o600;
const private_folder = 0o700;

/** Creates a run id, `YYYYMMDDTHHMMSSmmm-xxxxxx` in UTC: ids sort by time. */
export function createRunId(now: Date): string {
  return `${now.toISOString().replaceAll(/[-:.Z]/g, "")}-${Buffer.from(crypto.getRandomValues(new Uint8Array(3))).toString("hex")}`;
}

const run_id_pattern = /^\d{8}T\d{9}-[0-9a-f]{6}$/;

/** The absolute paths of a run's files. */
export interface RunFolder {
  run_id: string;
  path: string;
  tasks_file: string;
  journal: string;
  /** A copy of the journal's first line, without which the journal cannot be read. */
  first_line: string;
  index: string;
  result: string;
  /** The folder of the logs. */
  logs: string;
  trace(task_id: string): string;
  /** An attempt's stdout and stderr, and the log of its verify commands. */
  log(task_id: string, attempt: number, stream: "out" | "err" | "verify"): string;
  /** The task's input, and the file to which an attempt may write its output. */
  input(task_id: string): string;
  output(task_id: string, attempt: number): string;
  /** An attempt's prompt, and the schema of the task's output. */
  prompt(task_id: string, attempt: number): string;
  schema(task_id: string): string;
  /** A packed context, by its hash. */
  context(hash: string): string;
}

/** Returns the paths of a run's files in `trace_dir`. */
export function runFolder(trace_dir: string, run_id: string): RunFolder {
  const path = resolve(trace_dir, run_id);
  return {
    run_id,
    path,
    tasks_file: join(path, "tasks.json"),
    journal: join(path, "journal.ndjson"),
    first_line: join(path, "started.json"),
    index: join(path, "index.json"),
    result: join(path, "result.json"),
    logs: join(path, "logs"),
    trace: (task_id) => `${path}/tasks/${safeName(task_id)}.json`,
    log: (task_id, attempt, stream) => `${path}/logs/${safeName(task_id)}@${attempt}.${stream}`,
    input: (task_id) => `${path}/io/${safeName(task_id)}.input.json`,
    output: (task_id, attempt) => `${path}/io/${safeName(task_id)}@${attempt}.output.json`,
    prompt: (task_id, attempt) => `${path}/io/${safeName(task_id)}@${attempt}.prompt.md`,
    schema: (task_id) => `${path}/io/${safeName(task_id)}.schema.json`,
    context: (hash) => `${path}/context/${hash}.json`,
  };
}

/**
 * Creates a run's folder. It appears by rename, with the task file and the first journal line already synced. Throws a
 * `DispatchError` (`trace_dir`) on failure and then leaves nothing behind.
 */
export function createRunFolder(trace_dir: string, run_id: string, tasks_text: string, first_line: string): RunFolder {
  const folder = runFolder(trace_dir, run_id);
  const parent = dirname(folder.path);
  const hidden = join(parent, `.${run_id}`);
  const created: string[] = [];
  try {
    createFolders(parent, created, private_folder);
    mkdirSync(hidden, { mode: private_folder });
    for (const name of ["tasks", "logs", "io"]) mkdirSync(join(hidden, name), { mode: private_folder });
    writeSynced(join(hidden, "tasks.json"), tasks_text);
    for (const name of ["started.json", "journal.ndjson"]) writeSynced(join(hidden, name), first_line);
    syncFolder(hidden);
    renameSync(hidden, folder.path);
    syncFolder(parent);
  } catch (error) {
    try {
      rmSync(hidden, { recursive: true, force: true });
      // Removes empty folders only: another run may have started there.
      for (const empty of created.reverse()) rmdirSync(empty);
    } catch {
      // The first error is the one to report.
    }
    throw new DispatchError("trace_dir", `The trace directory ${trace_dir} cannot be written: ${messageOf(error)}.`, {
      advice: "Name another one with --trace-dir.",
      cause: error,
    });
  }
  if (created.at(-1) === parent) hideTraces(parent);
  linkLatest(parent, run_id);
  return folder;
}

/** Makes git ignore a trace directory that dispatch created: traces hold prompts and outputs. */
function hideTraces(trace_dir: string): void {
  try {
    hideFromGit(trace_dir);
  } catch {
    // The disk is full, which the run itself will report.
  }
}

/** Points the link `latest` to a run. Failures are ignored: dispatch itself finds the newest run by its name. */
function linkLatest(trace_dir: string, run_id: string): void {
  const link = join(trace_dir, "latest");
  const next = join(trace_dir, `.latest-${run_id}`);
  try {
    symlinkSync(run_id, next);
    renameSync(next, link);
  } catch {
    try {
      unlinkSync(next);
    } catch {
      // The link was never created.
    }
  }
}

/** Returns the ids of the runs in a trace directory, newest first; empty if the directory does not exist. */
export function listRuns(trace_dir: string): string[] {
  try {
    return readdirSync(trace_dir)
      .filter((name) => run_id_pattern.test(name))
      .sort()
      .reverse();
  } catch (error) {
    const code = systemCode(error);
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    throw new DispatchError("trace_dir", `The trace directory ${trace_dir} cannot be read: ${messageOf(error)}.`, {
      cause: error,
    });
  }
}

/** Writes a packed context to the run's folder, named by its hash, and returns the path. Equal contexts share a file. */
export function freezeContext(folder: RunFolder, hash: string, text: string): string {
  const path = folder.context(hash);
  // After a power failure the name may be on disk without its content, so compare sizes.
  if (statSync(path, { throwIfNoEntry: false })?.size === Buffer.byteLength(text)) return path;
  mkdirSync(dirname(path), { recursive: true, mode: private_folder });
  replaceFile(path, text);
  return path;
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, private_file);
  try {
    // writeFileSync retries short writes: on a full disk, write() may take a part and report only the count.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Syncs a folder: a rename is on disk only when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
