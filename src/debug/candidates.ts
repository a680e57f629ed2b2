import type { Budget } from "./budget.ts";
import type { FailingTest, ResolvedError } from "./clues.ts";
import { importsOf } from "./imports.ts";
import { languageOf } from "./languages.ts";
import { isPeripheralPath, isTestPath } from "./path-kinds.ts";
import type { Workspace } from "./workspace.ts";

/** A file that may hold the cause, and how it came to be looked at. */
export interface CandidateFile {
  path: string;
  /** Steps of imports from a failing test or a frame's file; 0 for what is named itself. */
  distance: number;
  /** The user named it. */
  is_named: boolean;
}

/** How far imports are followed, and how many files are read. */
export interface Reach {
  distance: number;
  files: number;
}

/** The files to look at: those named, those on the stack, and what these and the failing tests import; `unread` could not be asked for imports in time. */
export async function candidateFiles(known: {
  named: readonly string[];
  errors: readonly ResolvedError[];
  tests: readonly FailingTest[];
  /** Where a search has found the errors' texts. */
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
  // First what is near: a queue keeps the order of distance.
  let unread = 0;
  for (let i = 0; i < queue.length && candidates.size < reach.files; i++) {
    const one = queue[i] as CandidateFile; // within the queue
    if (one.distance >= reach.distance) continue;
    if (!workspace.is_read(one.path)) {
      // Others get their turn: git's answers arrive meanwhile, and its children are ended in time.
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
