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
 * A line of the journal: the event as JSON with a last key `crc`, the CRC-32 of all that stands before its comma.
 * A torn or foreign line does not pass the check.
 */
export function journalLine(event: RunEvent): string {
  const body = JSON.stringify(event).slice(0, -1);
  return `${body},"crc":"${crc32(body).toString(16).padStart(8, "0")}"}\n`;
}

const tail = /,"crc":"([0-9a-f]{8})"\}$/;

/** The event of a line, or `undefined` where its check does not hold. */
export function parseJournalLine(line: string): RunEvent | undefined {
  const match = tail.exec(line.slice(-18));
  if (match === null) return undefined;
  const body = line.slice(0, -18);
  if (crc32(body).toString(16).padStart(8, "0") !== match[1]) return undefined;
  // What passes its check is what `journalLine` wrote.
  return JSON.parse(`${body}}`) as RunEvent;
}

/**
 * Whether an event is one of this run, and not of another whose lines have come into its journal; a run's folder may have
 * been given another name. Throws a `DispatchError` where a newer dispatch has written it.
 */
export function isOwnEvent(event: RunEvent, run_id: string, started: RunEvent | undefined): boolean {
  if (event.run_id !== run_id && started !== undefined && event.run_id !== started.run_id) return false;
  if (event.v <= event_version) return true;
  throw new DispatchError("not_found", `The journal of the run ${run_id} was written by a newer dispatch.`, {
    advice: `Its format is ${event.v}, and this dispatch knows ${event_version}: update it.`,
  });
}

/** What a run was, from the copy of its journal's first line. Throws a `DispatchError` where that is damaged too. */
export function readStarted({ run_id, first_line, journal }: RunFolder): RunEvent & RunStarted {
  let copy = "";
  try {
    copy = readFileSync(first_line, "utf8").trimEnd();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
  const event = parseJournalLine(copy);
  if (event?.type === "run.started" && isOwnEvent(event, run_id, undefined)) return event;
  throw new DispatchError("not_found", `The journal of the run ${run_id} does not say what the run was.`, {
    advice: `Its first line is damaged: ${journal}`,
  });
}

/** The journal of a run that is under way. */
export interface Journal extends Recorder {
  /** Why it cannot be written, once that is so. */
  readonly failure: string | undefined;
  /** Writes what is left and closes the file. */
  close(): Promise<void>;
}

/**
 * Opens a journal to append to; `onFailure` is called once, when a write or sync fails. Throws a `DispatchError` where it
 * cannot be opened.
 */
export function openJournal(
  path: string,
  first: { bytes: number; seq: number; is_torn?: boolean },
  onFailure: (error: string) => void,
): Journal {
  const file = openToAppend(path, first);
  const opened = fstatSync(file);
  let pending: string[] = [];
  /** Bytes of whole lines in the file. */
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

  /** One write for all that came up in the same turn of the event loop. */
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
        // A torn line would be skipped anyway, but the file can often be left whole.
        ftruncateSync(file, size);
      } catch {
        // Then it stays torn.
      }
      fail(error);
    }
  }

  /** One sync for all who wait when it begins; those who come meanwhile share the next. */
  function syncWaiting(): void {
    if (syncing || waiting.length === 0) return;
    flush();
    if (failure !== undefined) return;
    syncing = true;
    const upto = written;
    fdatasync(file, (error) => {
      syncing = false;
      if (error !== null) return fail(error);
      if (!isUnchanged(path, opened)) return fail(new Error(`${path} has been moved or removed`));
      synced = upto;
      const later: typeof waiting = [];
      const now: typeof waiting = [];
      for (const one of waiting) (one.seq <= upto ? now : later).push(one);
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
        // Longer than a string can be: a run whose journal has a hole in it must not go on.
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
        // Ends that come up in the same turn are written before the sync begins.
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

/** Nothing has been run yet: whoever asked for it is told at once. What is torn gets an end of its own line. */
function openToAppend(path: string, { is_torn = false }: { is_torn?: boolean }): number {
  let file: number | undefined;
  try {
    file = openSync(path, constants.O_WRONLY | constants.O_APPEND);
    if (is_torn) writeSync(file, "\n");
    return file;
  } catch (error) {
    if (file !== undefined) closeSync(file);
    throw new DispatchError("trace_dir", `The journal ${path} cannot be written: ${messageOf(error)}.`, {
      advice: "Nothing was run. Mend that, then resume the run.",
      cause: error,
    });
  }
}

/** Whether the path still leads to the file: one that was removed takes writes to the end, and nobody could read them. */
function isUnchanged(path: string, opened: Stats): boolean {
  try {
    const there = statSync(path);
    return there.ino === opened.ino && there.dev === opened.dev;
  } catch {
    return false;
  }
}
