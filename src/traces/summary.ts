import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { RunEvent, RunResult, RunStarted } from "#events";
import { parseJournalLine } from "./journal.ts";
import { readRun } from "./read.ts";
import type { RunFolder } from "./run-folder.ts";

/** A run's entry in a list of runs. */
export interface RunSummary {
  run_id: string;
  correlation_id: string;
  /** ISO 8601, UTC. */
  started_at: string;
  /** False if the run is still running or was killed. */
  finished: boolean;
  status: RunResult["status"];
  summary: RunResult["summary"];
  user_prompt?: string;
}

const block_bytes = 64 * 1024;
const newline = 0x0a;

/**
 * Summarises a run from the first and last line of its journal, so that listing large runs is cheap. Reads the whole
 * journal if the run has no end. Throws a `DispatchError` if the journal cannot be read.
 */
export function summarizeRun(folder: RunFolder): RunSummary {
  const ends = readEnds(folder.journal);
  if (ends !== undefined) return summaryOf(ends.started, ends.result, true);
  const { started, result, finished } = readRun(folder);
  return summaryOf(started, result, finished);
}

function summaryOf(started: RunEvent & RunStarted, { status, summary }: RunResult, finished: boolean): RunSummary {
  const { run_id, correlation_id, time, user_prompt } = started;
  const prompt = user_prompt === undefined ? {} : { user_prompt };
  return { run_id, correlation_id, started_at: time, finished, status, summary, ...prompt };
}

/** Reads the first and the last line of a journal; returns undefined unless they are the start and the end of a run. */
export function readEnds(journal: string): { started: RunEvent & RunStarted; result: RunResult } | undefined {
  let file: number | undefined;
  try {
    file = openSync(journal, "r");
    const size = fstatSync(file).size;
    const started = parseJournalLine(firstLine(file));
    const finished = parseJournalLine(lastLine(file, size));
    if (started?.type !== "run.started" || finished?.type !== "run.finished") return undefined;
    return { started, result: finished.result };
  } catch {
    // `readRun` reports the error.
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function firstLine(file: number): string {
  const blocks: Buffer[] = [];
  for (let at = 0; ; at += block_bytes) {
    const block = Buffer.alloc(block_bytes);
    const read = readSync(file, block, 0, block_bytes, at);
    const end = block.subarray(0, read).indexOf(newline);
    blocks.push(block.subarray(0, end === -1 ? read : end));
    if (end !== -1 || read === 0) return Buffer.concat(blocks).toString();
  }
}

/** Returns the text after the last but one line break: the last line if it is complete, else a text that fails its check. */
function lastLine(file: number, size: number): string {
  const blocks: Buffer[] = [];
  let end = size - 1;
  while (end > 0) {
    const start = Math.max(0, end - block_bytes);
    const block = Buffer.alloc(end - start);
    readSync(file, block, 0, block.length, start);
    const begin = block.lastIndexOf(newline);
    blocks.unshift(block.subarray(begin + 1));
    if (begin !== -1) break;
    end = start;
  }
  return Buffer.concat(blocks).toString();
}
