import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats } from "node:fs";

/** The path is a folder, a FIFO, a device or a socket. */
export class NotRegularFileError extends Error {}

/** Options for opening a file. */
export interface OpenOptions {
  /** Whether a link at the end of the path is followed (default) or refused with ELOOP. */
  follows_link?: boolean;
}

/** Opens a file for reading. Unlike a plain open, does not wait for the writer of a FIFO. Throws system errors. */
export function openForReading(path: string, { follows_link = true }: OpenOptions = {}): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | (follows_link ? 0 : constants.O_NOFOLLOW));
}

/** Opens a file for reading, calls `work` and closes the file. Throws system errors. */
export function withOpenFile<Value>(
  path: string,
  work: (file: number, stat: Stats) => Value,
  options: OpenOptions = {},
): Value {
  const file = openForReading(path, options);
  try {
    return work(file, fstatSync(file));
  } finally {
    closeSync(file);
  }
}

/** The content of a regular file, or why it was not read. */
export type WholeFile = { type: "whole"; bytes: Buffer; stat: Stats } | { type: "not_regular" } | { type: "too_large" };

/** Reads a regular file of at most `max_bytes`. Throws system errors. */
export function readWholeFile(path: string, max_bytes: number, options: OpenOptions = {}): WholeFile {
  return withOpenFile(
    path,
    (file, stat): WholeFile => {
      if (!stat.isFile()) return { type: "not_regular" };
      if (stat.size > max_bytes) return { type: "too_large" };
      return { type: "whole", bytes: readFileSync(file), stat };
    },
    options,
  );
}
