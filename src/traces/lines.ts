import { closeSync, openSync, readSync } from "node:fs";
import { DispatchError, messageOf, systemCode } from "#errors";
import type { RunFolder } from "./run-folder.ts";

const chunk_bytes = 1024 * 1024;

/** A line's position in its file, in bytes and without the line break. */
export interface LineRange {
  at: number;
  bytes: number;
}

/**
 * Reads a run's journal line by line, in chunks of 1 MiB, until `onLine` returns false. Skips empty lines. Throws a
 * `DispatchError` if the journal cannot be read.
 */
export function readLines(
  folder: RunFolder,
  onLine: (line: string, range: LineRange) => unknown,
): { bytes: number; ends_in_newline: boolean } {
  let file: number;
  try {
    file = openSync(folder.journal, "r");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw unreadableJournal(folder, error);
    throw new DispatchError("not_found", `The run ${folder.run_id} has no journal.`, { cause: error });
  }
  try {
    const chunk = Buffer.allocUnsafe(chunk_bytes);
    let open: Buffer[] = [];
    let bytes = 0;
    /** Start of the current line. */
    let at = 0;
    let last = 10;
    for (;;) {
      const read = readChunk(folder, file, chunk, bytes);
      if (read === 0) break;
      last = chunk[read - 1] ?? last;
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1 && end < read; end = chunk.indexOf(10, from)) {
        const piece = chunk.subarray(from, end);
        const line = open.length === 0 ? piece.toString("utf8") : Buffer.concat([...open, piece]).toString("utf8");
        open = [];
        if (line !== "" && onLine(line, { at, bytes: bytes + end - at }) === false) {
          return { bytes: bytes + read, ends_in_newline: true };
        }
        from = end + 1;
        at = bytes + from;
      }
      if (from < read) open.push(Buffer.from(chunk.subarray(from, read)));
      bytes += read;
    }
    const rest = Buffer.concat(open).toString("utf8");
    if (rest !== "") onLine(rest, { at, bytes: bytes - at });
    return { bytes, ends_in_newline: last === 10 };
  } finally {
    closeSync(file);
  }
}

function readChunk(folder: RunFolder, file: number, chunk: Buffer, at: number): number {
  try {
    return readSync(file, chunk, 0, chunk.length, at);
  } catch (error) {
    throw unreadableJournal(folder, error);
  }
}

const unreadableJournal = (folder: RunFolder, error: unknown): DispatchError =>
  new DispatchError("not_found", `The journal of the run ${folder.run_id} cannot be read: ${messageOf(error)}.`, {
    cause: error,
  });

/** Reads the line at a position that `readLines` gave. */
export function readLine(path: string, { at, bytes }: LineRange): string {
  const file = openSync(path, "r");
  try {
    const line = Buffer.alloc(bytes);
    let done = 0;
    while (done < bytes) {
      const read = readSync(file, line, done, bytes - done, at + done);
      if (read === 0) break;
      done += read;
    }
    return line.toString("utf8", 0, done);
  } finally {
    closeSync(file);
  }
}
