import {
  closeSync,
  constants,
  fdatasync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  type Stats,
  statSync,
  writeSync,
} from "node:fs";
import { crc32 } from "node:zlib";
import { DispatchError, messageOf, systemCode } from "#errors";
import { event_version, type Recorder, type RunEvent, type RunStarted } from "#events";
import type { RunFolder } from "./run-folder.ts";

/**
 * Returns a line of the journal: the event as JSON with a last key `crc`, the CRC-32 of everything before its comma.
 * A torn or foreign line fails the check.
 */
export function journalLine(event: RunEvent): string {
  const body = JSON.stringify(event).slice(0, -1);
  return `${body},"crc":"${crc32(body).toString(16).padStart(8, "0")}"}\n`;
}

const crc_pattern = /,"crc":"([0-9a-f]{8})"\}$/;

/** Returns the event of a line, or `undefined` if the line fails its check. */
export function parseJournalLine(line: string): RunEvent | undefined {
  const match = crc_pattern.exec(line.slice(-18));
  if (match === null) return undefined;
  const body = line.slice(0, -18);
  if (crc32(body).toString(16).padStart(8, "0") !== match[1]) return undefined;
  // A line that passes its check was written by `journalLine`.
  return JSON.parse(`${body}}`) as RunEvent;
}

/**
 * Returns whether an event belongs to this run, and is not a line of another run that got into the journal. The run id is
 * that of `run.started`, because the folder may have been renamed. Throws a `DispatchError` if a newer dispatch wrote it.
 */
export function belongsToRun(event: RunEvent, run_id: string, started: RunEvent | undefined): boolean {
  if (event.run_id !== run_id && started !== undefined && event.run_id !== started.run_id) return false;
  if (event.v <= event_version) return true;
  throw new DispatchError("not_found", `The journal of the run ${run_id} was written by a newer dispatch.`, {
    advice: `Its format is version ${event.v}; this dispatch reads up to version ${event_version}. Update dispatch.`,
  });
}

/** Reads `run.started` from the copy of the journal's first line. Throws a `DispatchError` if that is damaged too. */
export function readRunStarted({ run_id, first_line, journal }: RunFolder): RunEvent & RunStarted {
  let copy = "";
  try {
    copy = readFileSync(first_line, "utf8").trimEnd();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
  const event = parseJournalLine(copy);
  if (event?.type === "run.started" && belongsToRun(event, run_id, undefined)) return event;
  throw new DispatchError("not_found", `The first line of the journal of the run ${run_id} is damaged, and so is its copy.`, {
    advice: `The run cannot be read or resumed: ${journal}`,
  });
}

/** The journal of a run in progress. */
export interface Journal extends Recorder {
  /** Why writing failed; undefined while it works. */
  readonly failure: string | undefined;
  /** Writes pending events, syncs and closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a journal for appending. `onFailure` is called once, when a write or sync fails. Throws a `DispatchError` if the
 * journal cannot be opened.
 */
export function openJournal(
  path: string,
  first: { bytes: number; seq: number; is_torn?: boolean },
  onFailure: (error: string) => void,
): Journal {
  const file = openToAppend(path, first);
  const opened = fstatSync(file);
  let pending: string[] = [];
  /** Bytes of complete lines in the file. */
  let size = first.bytes + (first.is_torn === true ? 1 : 0);
  let appended = first.seq;
  let written = first.seq;
  let synced = first.seq;
  let failure: string | undefined;
  let syncing = false;
  let scheduled = false;
  let waiting: { seq: number; resolve: (seq: number) => void; reject: (error: Error) => void }[] = [];

  function fail(error: unknown): void {
    if (failure !== undefined) return;
    failure = messageOf(error);
    pending = [];
    for (const { reject } of waiting.splice(0)) reject(new Error(failure));
    onFailure(failure);
  }

  /** Writes all events of one turn of the event loop at once. */
  function flush(): void {
    scheduled = false;
    if (failure !== undefined || pending.length === 0) return;
    const bytes = Buffer.from(pending.join(""));
    pending = [];
    try {
      let done = 0;
      while (done < bytes.length) done += writeSync(file, bytes, done);
      size += bytes.length;
      written = appended;
    } catch (error) {
      try {
        // Readers skip a torn line, but usually it can be cut off.
        ftruncateSync(file, size);
      } catch {
        // The torn line stays.
      }
      fail(error);
    }
  }

  /** Runs one sync for all callers that wait when it starts; callers that arrive meanwhile share the next. */
  function syncWaiting(): void {
    if (syncing || waiting.length === 0) return;
    flush();
    if (failure !== undefined) return;
    syncing = true;
    const synced_to = written;
    fdatasync(file, (error) => {
      syncing = false;
      if (error !== null) return fail(error);
      if (!isSameFile(path, opened)) return fail(new Error(`${path} has been moved or removed`));
      synced = synced_to;
      const later: typeof waiting = [];
      const now: typeof waiting = [];
      for (const one of waiting) (one.seq <= synced_to ? now : later).push(one);
      waiting = later;
      for (const { resolve } of now) resolve(synced);
      syncWaiting();
    });
  }

  return {
    get failure() {
      return failure;
    },
    append(event) {
      if (failure !== undefined) return;
      try {
        pending.push(journalLine(event));
      } catch (error) {
        // The event is longer than a string can be. A run whose journal has a gap must stop.
        return fail(error);
      }
      appended = event.seq;
      if (scheduled) return;
      scheduled = true;
      setImmediate(flush);
    },
    sync() {
      if (failure !== undefined) return Promise.reject(new Error(failure));
      return new Promise((resolve, reject) => {
        waiting.push({ seq: appended, resolve, reject });
        // Wait a turn, so that ends of the same turn share the sync.
        if (!syncing) setImmediate(syncWaiting);
      });
    },
    async close() {
      flush();
      if (failure === undefined) await this.sync().catch(() => {});
      closeSync(file);
    },
  };
}

/** Opens the journal before anything runs, so that an error is reported at once. Ends a torn last line. */
function openToAppend(path: string, { is_torn = false }: { is_torn?: boolean }): number {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
    if (is_torn) writeSync(file, "\n");
    return file;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    throw new DispatchError("trace_dir", `The journal ${path} cannot be written: ${messageOf(error)}.`, {
      advice: "Nothing was run. Fix that, then resume the run.",
      cause: error,
    });
  }
}

/** Returns whether the path still leads to the opened file: writes to a removed file succeed, but are lost. */
function isSameFile(path: string, opened: Stats): boolean {
  try {
    const current = statSync(path);
    return current.ino === opened.ino && current.dev === opened.dev;
  } catch {
    return false;
  }
}
