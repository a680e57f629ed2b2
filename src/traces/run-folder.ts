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

/** Modes of everything under a trace directory: traces hold what agents saw and said. */
export const private_file = 0o600;
const private_folder = 0o700;

/** `YYYYMMDDTHHMMSSmmm-xxxxxx`, UTC: names sort by time. */
export function createRunId(now: Date): string {
  return `${now.toISOString().replaceAll(/[-:.Z]/g, "")}-${Buffer.from(crypto.getRandomValues(new Uint8Array(3))).toString("hex")}`;
}

const run_id_pattern = /^\d{8}T\d{9}-[0-9a-f]{6}$/;

/** The paths of a run's files; all absolute. */
export interface RunFolder {
  run_id: string;
  path: string;
  tasks_file: string;
  journal: string;
  /** The journal's first line once more: without it nobody knows what the run was. */
  first_line: string;
  index: string;
  result: string;
  /** The folder of all that attempts print. */
  logs: string;
  trace(task_id: string): string;
  /** What attempt `attempt` printed, and what its verify commands did. */
  log(task_id: string, attempt: number, stream: "out" | "err" | "verify"): string;
  /** The task's input, and where an attempt may leave its output. */
  input(task_id: string): string;
  output(task_id: string, attempt: number): string;
  /** What an agent was told, and what its output must fit. */
  prompt(task_id: string, attempt: number): string;
  schema(task_id: string): string;
  /** What tasks were given to read, by the hash of it. */
  context(hash: string): string;
}

/** Names the files of a run in `trace_dir`. */
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
    trace: (task_id) => `${path}/tasks/${task_id}.json`,
    log: (task_id, attempt, stream) => `${path}/logs/${task_id}@${attempt}.${stream}`,
    input: (task_id) => `${path}/io/${task_id}.input.json`,
    output: (task_id, attempt) => `${path}/io/${task_id}@${attempt}.output.json`,
    prompt: (task_id, attempt) => `${path}/io/${task_id}@${attempt}.prompt.md`,
    schema: (task_id) => `${path}/io/${task_id}.schema.json`,
    context: (hash) => `${path}/context/${hash}.json`,
  };
}

/**
 * Makes a run's folder, which appears by rename with the task file and the first journal line already on disk.
 * Throws a `DispatchError` (`trace_dir`) where it cannot, and leaves nothing behind then.
 */
export function createRunFolder(trace_dir: string, run_id: string, tasks_text: string, first_line: string): RunFolder {
  const folder = runFolder(trace_dir, run_id);
  const parent = dirname(folder.path);
  const hidden = join(parent, `.${run_id}`);
  const made: string[] = [];
  try {
    makeFolders(parent, made);
    mkdirSync(hidden, { mode: private_folder });
    for (const room of ["tasks", "logs", "io"]) mkdirSync(join(hidden, room), { mode: private_folder });
    writeSynced(join(hidden, "tasks.json"), tasks_text);
    for (const name of ["started.json", "journal.ndjson"]) writeSynced(join(hidden, name), first_line);
    syncFolder(hidden);
    renameSync(hidden, folder.path);
    syncFolder(parent);
  } catch (error) {
    try {
      rmSync(hidden, { recursive: true, force: true });
      // Only what is still empty: another run may have begun there.
      for (const empty of made.reverse()) rmdirSync(empty);
    } catch {
      // What could not be written can hardly be removed; the first error is the one to tell.
    }
    throw new DispatchError("trace_dir", `The trace directory ${trace_dir} cannot be written: ${messageOf(error)}.`, {
      advice: "Name another one with --trace-dir.",
      cause: error,
    });
  }
  if (made.at(-1) === parent) hideFromGit(parent);
  pointLatest(parent, run_id);
  return folder;
}

/** Traces hold what agents saw and said: in a folder that dispatch has made, git does not take them for the project's. */
function hideFromGit(trace_dir: string): void {
  try {
    writeFileSync(join(trace_dir, ".gitignore"), "*\n", { flag: "wx" });
  } catch {
    // Somebody has put one there, or the disk is full, which the run itself will tell.
  }
}

/**
 * Makes a folder and those above it, one by one: Node's own way of doing that never ends below /proc, and says ENOENT of
 * a file system that is read-only. `made` is told of each.
 */
function makeFolders(path: string, made: string[]): void {
  if (isFolder(path)) return;
  if (dirname(path) !== path) makeFolders(dirname(path), made);
  try {
    mkdirSync(path, { mode: private_folder });
    made.push(path);
  } catch (error) {
    // Another dispatch was faster.
    if (systemCode(error) !== "EEXIST" || !isFolder(path)) throw error;
  }
}

/** Whether there is a folder of this name. */
export const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** Points `latest` to a run. A convenience: the newest name decides, so that failing here is no failure. */
function pointLatest(trace_dir: string, run_id: string): void {
  const link = join(trace_dir, "latest");
  const next = join(trace_dir, `.latest-${run_id}`);
  try {
    symlinkSync(run_id, next);
    renameSync(next, link);
  } catch {
    try {
      unlinkSync(next);
    } catch {
      // It was never made.
    }
  }
}

/** The ids of the runs in a trace directory, newest first; none where there is no such directory. */
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

/** Keeps a text in the run's folder under its hash, once; the same text is the same file, and never half of it. */
export function freezeContext(folder: RunFolder, hash: string, text: string): string {
  const path = folder.context(hash);
  // Of a name that was on disk when the power went its content may not have been.
  if (statSync(path, { throwIfNoEntry: false })?.size === Buffer.byteLength(text)) return path;
  mkdirSync(dirname(path), { recursive: true, mode: private_folder });
  writeWhole(path, text);
  return path;
}

function writeSynced(path: string, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, private_file);
  try {
    // All of it: on a full disk one write may take a part and say so only by its count.
    writeFileSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** After a rename the name is on disk only when its folder is. */
function syncFolder(path: string): void {
  const folder = openSync(path, constants.O_RDONLY);
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** Writes a file whole: it is the old one or the new one, never a half. */
export function writeWhole(path: string, text: string, mode: number = private_file): void {
  const next = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(next, text, { mode });
    renameSync(next, path);
  } catch (error) {
    try {
      unlinkSync(next);
    } catch {
      // It was never made.
    }
    throw error;
  }
}
