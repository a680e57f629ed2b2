import { systemCode } from "#errors";
import { NotRegularFileError, readFileEnd } from "#files";

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
  try {
    const { text, bytes } = readFileEnd(path, max_bytes);
    return { text, bytes, cut: bytes > max_bytes };
  } catch (error) {
    // A report without this log is better than none; a task may have replaced the log with anything.
    if (systemCode(error) !== undefined || error instanceof NotRegularFileError) return undefined;
    throw error;
  }
}
