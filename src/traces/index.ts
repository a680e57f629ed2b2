/**
 * Room `traces`: the files in `<trace_dir>/<run_id>/`. The journal alone decides what happened; a trace per task, the
 * index and the result are derived from it. The folder also holds the logs, inputs and prompts of attempts.
 */
export { contextReduction } from "./context-totals.ts";
export { type EarlierSuccess, earlierSuccesses } from "./earlier.ts";
export { type Journal, journalLine, openJournal, parseJournalLine } from "./journal.ts";
export { type LogEnd, readLogEnd } from "./log.ts";
export { earlierDurations, findRun, noRunsError, type RecordedRun, readRun } from "./read.ts";
export { type Recording, type RecordOptions, recordNew, recordResumed } from "./record.ts";
export { type RunHistory, replayRun } from "./replay.ts";
export { hasUnknownCost } from "./result.ts";
export {
  createRunFolder,
  createRunId,
  freezeContext,
  listRuns,
  type RunFolder,
  runFolder,
} from "./run-folder.ts";
export { lockRun, type RunLock } from "./run-lock.ts";
export { type RunSummary, summarizeRun } from "./summary.ts";
export { type AttemptTrace, type TaskReducer, type TaskTrace, traceOf } from "./task-trace.ts";
