import { blank } from "./blank.ts";
import type { Budget } from "./budget.ts";
import { type CandidateFile, candidateFiles, type Reach } from "./candidates.ts";
import { type FailingTest, failingTests, type ResolvedError, resolveFrames } from "./clues.ts";
import type { ChangeCounts } from "./file-signals.ts";
import type { Commit, Git } from "./git.ts";
import { outlineOf } from "./outline.ts";
import { makeQuery, type Query } from "./query.ts";
import { createSearch, type Hit, raisedPlaces, type Search } from "./search.ts";
import { findSuspects } from "./suspects.ts";
import { readTraces, type Traces } from "./trace.ts";
import type { Suspect } from "./unit.ts";
import type { Workspace } from "./workspace.ts";

/** How thorough an investigation is. */
export type Depth = "quick" | "standard" | "deep";

/** The suspects, and what was found on the way to them. */
export interface Location {
  traces: Traces;
  errors: ResolvedError[];
  tests: FailingTest[];
  query: Query;
  raised: Hit[];
  commits: Commit[];
  counts: ChangeCounts;
  suspects: Suspect[];
  files_considered: number;
  search: Search;
}

/** The parts of the input that the search for suspects uses. */
export interface Question {
  problem: string;
  affected_files: readonly string[];
  error_traces: readonly string[];
  depth: Depth;
}

const reaches: Readonly<Record<Depth, Reach>> = {
  quick: { distance: 1, files: 40 },
  standard: { distance: 3, files: 250 },
  deep: { distance: 5, files: 500 },
};

/** Number of newest commits whose changes are counted. */
const max_commits: Readonly<Record<Depth, number>> = { quick: 0, standard: 300, deep: 600 };

/** Finds the suspects: reads the traces, resolves their frames, and collects the signals of the definitions near them. */
export async function locate(
  question: Question,
  workspace: Workspace,
  git: Git | undefined,
  budget: Budget,
  signal: AbortSignal,
): Promise<Location> {
  const { depth } = question;
  const traces = readTraces(question.error_traces);
  const errors = resolveFrames(traces.thrown, workspace);
  const tests = failingTests(errors, [...traces.prose, question.problem], workspace);
  // The hypothesis is not part of the query, because the result of the search is used to assess it.
  const query = makeQuery(question.problem, errors, tests, traces.prose, workspace);
  const search = createSearch(workspace, git, budget, signal);
  const named = question.affected_files
    .filter((path) => workspace.text(path) !== undefined)
    .map((path) => workspace.text(path)?.path ?? path);
  const candidatesWith = (found: readonly string[]): ReturnType<typeof candidateFiles> =>
    candidateFiles({ named, errors, tests, found, workspace, reach: reaches[depth], budget, signal });
  const [raised, commits] = await Promise.all([
    depth === "quick" ? [] : raisedPlaces(errors, traces.prose, search),
    git === undefined || depth === "quick" ? [] : git.log(max_commits[depth]),
    // While git runs, read the files that are needed in any case; the workspace keeps them in memory.
    candidatesWith([]).then(({ files }) => readAhead(files, workspace, budget, signal)),
  ]);
  const { files: candidates, unread } = await candidatesWith(raised.map(({ path }) => path));
  if (unread > 0) budget.skip(`the imports of ${unread} files`);
  const counts = countChanges(commits, tests);
  const suspects = findSuspects({ candidates, errors, tests, query, raised, counts, workspace, budget, signal });
  return { traces, errors, tests, query, raised, commits, counts, suspects, files_considered: candidates.length, search };
}

async function readAhead(
  files: readonly CandidateFile[],
  workspace: Workspace,
  budget: Budget,
  signal: AbortSignal,
): Promise<void> {
  for (const [i, { path }] of files.entries()) {
    if (i % 10 === 0) await new Promise(setImmediate);
    signal.throwIfAborted();
    if (budget.left("read") === 0) return;
    const source = workspace.text(path);
    if (source === undefined) continue;
    outlineOf(source);
    blank(source);
  }
}

/** Counts the changes of each file; a change loses half of its weight every 150 commits. */
function countChanges(commits: readonly Commit[], tests: readonly FailingTest[]): ChangeCounts {
  const changes = new Map<string, number>();
  const together = new Map<string, number>();
  const test_files = new Set(tests.map(({ file }) => file));
  commits.forEach(({ files }, age) => {
    // A commit with more than 40 files is not specific to any of them.
    if (files.length > 40) return;
    const weight = 0.5 ** (age / 150);
    const with_test = files.some((file) => test_files.has(file));
    for (const file of files) {
      changes.set(file, (changes.get(file) ?? 0) + weight);
      if (with_test) together.set(file, (together.get(file) ?? 0) + 1);
    }
  });
  return { changes, together };
}
