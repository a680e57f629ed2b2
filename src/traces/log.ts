import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { systemCode } from "#errors";

/** The end of a log. */
export interface LogEnd {
  /** Bytes that are not UTF-8 become U+FFFD. */
  text: string;
  /** The whole file's size. */
  bytes: number;
  /** Whether something stands before `text`. */
  cut: boolean;
}

/** Reads the last `max_bytes` of a log; undefined where there is none that can be read. */
export function readLogEnd(path: string, max_bytes: number): LogEnd | undefined {
  let file: number;
  try {
    // A task may have put anything in its place: a FIFO would block here.
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    // A log that was removed, or that its owner took away, is no reason to fail what else can be told.
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
    // A cut inside a character leaves up to three of its bytes at the start.
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
