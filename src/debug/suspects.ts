import type { Budget } from "./budget.ts";
import { markCalls } from "./call-signals.ts";
import type { CandidateFile } from "./candidates.ts";
import type { FailingTest, ResolvedError } from "./clues.ts";
import { type ChangeCounts, markFiles } from "./file-signals.ts";
import type { Query } from "./query.ts";
import { markFrames, markRaised, type RaisedPlace } from "./stack-signals.ts";
import { type Suspect, type Unit, unitsOf } from "./unit.ts";
import { markWords, queryTerms } from "./word-signals.ts";
import type { Workspace } from "./workspace.ts";

/** Collects the suspects of the candidate files with their signals. */
export function findSuspects(known: {
  candidates: readonly CandidateFile[];
  errors: readonly ResolvedError[];
  tests: readonly FailingTest[];
  query: Query;
  raised: readonly RaisedPlace[];
  counts: ChangeCounts;
  workspace: Workspace;
  budget: Budget;
  signal: AbortSignal;
}): Suspect[] {
  const { candidates, query, workspace, budget, signal } = known;
  const units: Unit[] = [];
  const terms = queryTerms(query);
  const words = new Set(terms.keys());
  let unread = 0;
  for (const candidate of candidates) {
    signal.throwIfAborted();
    const has_time = budget.left(workspace.is_read(candidate.path) ? "weigh" : "read") > 0;
    if (candidate.distance > 0 && !has_time) {
      unread++;
      continue;
    }
    const source = workspace.text(candidate.path);
    if (source !== undefined) units.push(...unitsOf(source, candidate, words));
  }
  if (unread > 0) budget.skip(`${unread} of ${candidates.length} imported files`);
  if (units.length === 0) return [];
  markFrames(units, known.errors);
  markRaised(units, known.raised);
  markWords(units, terms);
  markCalls(units, query, known.tests, workspace);
  markFiles(units, known);
  return units;
}
