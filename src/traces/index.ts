/**
 * Room `traces`: everything that stands in `<trace_dir>/<run_id>/`. The journal, which alone decides what happened, and
 * what is derived from it: a trace per task, the index, the result. Agents' logs and inputs, and reports, stand beside it.
 */
export { contextReduction } from "./context-totals.ts";
export { type EarlierSuccess, earlierSuccesses } from "./earlier.ts";
export { type Journal, journalLine, openJournal, parseJournalLine } from "./journal.ts";
export { type LogEnd, readLogEnd } from "./log.ts";
export { earlierDurations, findRun, noRuns, type RecordedRun, readRun } from "./read.ts";
export { type Recording, type RecordOptions, recordNew, recordResumed } from "./record.ts";
export { type RunHistory, replayRun } from "./replay.ts";
export { hasUnknownCost } from "./result.ts";
export {
  createRunFolder,
  createRunId,
  freezeContext,
  isFolder,
  listRuns,
  type RunFolder,
  runFolder,
  writeWhole,
} from "./run-folder.ts";
export { lockRun, type RunLock } from "./run-lock.ts";
export { type RunSummary, summarizeRun } from "./summary.ts";
export { type AttemptTrace, type TaskReducer, type TaskTrace, traceOf } from "./task-trace.ts";
