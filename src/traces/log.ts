import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { systemCode } from "#errors";

/** The end of a log. */
export interface LogEnd {
  /** Bytes that are not UTF-8 become U+FFFD. */
  text: string;
  /** Size of the whole file. */
  bytes: number;
  /** Whether the file has more before `text`. */
  cut: boolean;
}

/** Reads the last `max_bytes` of a log; returns undefined if there is no readable log. */
export function readLogEnd(path: string, max_bytes: number): LogEnd | undefined {
  let file: number;
  try {
    // A task may have replaced the log with anything; opening a FIFO would block without O_NONBLOCK.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // A report without this log is better than none.
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) return undefined;
    const bytes = stat.size;
    const length = Math.min(bytes, max_bytes);
    const buffer = Buffer.alloc(length);
    const read = readSync(file, buffer, 0, length, bytes - length);
    // A cut inside a UTF-8 character leaves up to three of its bytes at the start.
    let start = 0;
    if (length < bytes) while (start < 3 && ((buffer[start] ?? 0) & 0xc0) === 0x80) start++;
    return { text: buffer.toString("utf8", start, read), bytes, cut: length < bytes };
  } catch (error) {
    if (systemCode(error) !== undefined) return undefined;
    throw error;
  } finally {
    closeSync(file);
  }
}
