import { closeSync, openSync, readSync } from "node:fs";
import { DispatchError, messageOf, systemCode } from "#errors";
import type { RunFolder } from "./run-folder.ts";

const chunk_bytes = 1024 * 1024;

/** Where a line stands in its file; bytes, without the line's end. */
export interface LinePlace {
  at: number;
  bytes: number;
}

/**
 * Reads a run's journal line by line, in pieces. Throws a `DispatchError` where it cannot be read.
 * Empty lines are passed over.
 */
export function readLines(
  folder: RunFolder,
  take: (line: string, place: LinePlace) => void,
): { bytes: number; ends_in_newline: boolean } {
  let file: number;
  try {
    file = openSync(folder.journal, "r");
  } catch (error) {
    const what = systemCode(error) === "ENOENT" ? "has no journal" : `has a journal that cannot be read: ${messageOf(error)}`;
    throw new DispatchError("not_found", `The run ${folder.run_id} ${what}.`, { cause: error });
  }
  try {
    const chunk = Buffer.allocUnsafe(chunk_bytes);
    let open: Buffer[] = [];
    let bytes = 0;
    /** Where the line begins that is being read. */
    let at = 0;
    let last = 10;
    for (;;) {
      const read = readSync(file, chunk, 0, chunk.length, bytes);
      if (read === 0) break;
      last = chunk[read - 1] ?? last;
      let from = 0;
      for (let end = chunk.indexOf(10); end !== -1 && end < read; end = chunk.indexOf(10, from)) {
        const piece = chunk.subarray(from, end);
        const line = open.length === 0 ? piece.toString("utf8") : Buffer.concat([...open, piece]).toString("utf8");
        open = [];
        if (line !== "") take(line, { at, bytes: bytes + end - at });
        from = end + 1;
        at = bytes + from;
      }
      if (from < read) open.push(Buffer.from(chunk.subarray(from, read)));
      bytes += read;
    }
    const rest = Buffer.concat(open).toString("utf8");
    if (rest !== "") take(rest, { at, bytes: bytes - at });
    return { bytes, ends_in_newline: last === 10 };
  } finally {
    closeSync(file);
  }
}

/** Reads one line again. */
export function readLine(path: string, { at, bytes }: LinePlace): string {
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
