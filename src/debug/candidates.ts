import type { Budget } from "./budget.ts";
import type { FailingTest, ResolvedError } from "./clues.ts";
import { importsOf } from "./imports.ts";
import { languageOf } from "./languages.ts";
import { isPeripheralPath, isTestPath } from "./path-kinds.ts";
import type { Workspace } from "./workspace.ts";

/** A file that may contain the cause, and how it was reached. */
export interface CandidateFile {
  path: string;
  /** Number of imports between the file and a failing test, a frame's file or a named file; 0 for those files themselves. */
  distance: number;
  /** Whether the user named the file. */
  is_named: boolean;
}

/** Maximum distance over imports, and maximum number of files. */
export interface Reach {
  distance: number;
  files: number;
}

/**
 * Collects the files that the user named, the files on the stack, the failing tests, and the imports of all of these.
 * `unread` counts the files whose imports were not read for lack of time.
 */
export async function candidateFiles(known: {
  named: readonly string[];
  errors: readonly ResolvedError[];
  tests: readonly FailingTest[];
  /** Files in which a search found the errors' texts. */
  found: readonly string[];
  workspace: Workspace;
  reach: Reach;
  budget: Budget;
  signal: AbortSignal;
}): Promise<{ files: CandidateFile[]; unread: number }> {
  const { named, errors, tests, found, workspace, reach, budget, signal } = known;
  const candidates = new Map<string, CandidateFile>();
  const queue: CandidateFile[] = [];
  const add = (path: string, distance: number, is_named = false): void => {
    if (candidates.has(path) || candidates.size >= reach.files || languageOf(path) === undefined) return;
    const one = { path, distance, is_named };
    candidates.set(path, one);
    queue.push(one);
  };
  for (const path of named) add(path, 0, true);
  for (const { frames } of errors) for (const { file } of frames.slice(0, 30)) if (file !== undefined) add(file, 0);
  for (const { file } of tests) add(file, 0);
  for (const path of found) add(path, 1);
  // Breadth-first, so that near files come first.
  let unread = 0;
  for (let i = 0; i < queue.length && candidates.size < reach.files; i++) {
    const one = queue[i] as CandidateFile; // within the queue
    if (one.distance >= reach.distance) continue;
    if (!workspace.is_read(one.path)) {
      // Yield to the event loop, so that git's output is read and its processes are stopped in time.
      if (i % 10 === 9) await new Promise(setImmediate);
      signal.throwIfAborted();
      if (one.distance > 0 && budget.left("read") === 0) {
        unread++;
        continue;
      }
    }
    const source = workspace.text(one.path);
    if (source === undefined) continue;
    for (const { file } of importsOf(source, workspace)) if (!isPeripheralPath(file)) add(file, one.distance + 1);
  }
  return { files: [...candidates.values()].filter((one) => one.is_named || !isTestPath(one.path)), unread };
}
