import { readFileSync, readSync } from "node:fs";
import { NotRegularFileError, withOpenFile } from "./open.ts";
import { decodeTail } from "./utf8.ts";

/** The end of a file. */
export interface FileEnd {
  /** Begins at a whole character; bytes that are not UTF-8 become U+FFFD. */
  text: string;
  /** Size of the whole file. */
  bytes: number;
}

/** Reads the last `max_bytes` of a file. Throws system errors, and a `NotRegularFileError` for anything but a regular file. */
export function readFileEnd(path: string, max_bytes: number): FileEnd {
  return withOpenFile(path, (file, stat) => {
    if (!stat.isFile()) throw new NotRegularFileError("it is not a regular file");
    const bytes = stat.size;
    if (bytes === 0) return { text: "", bytes };
    if (bytes <= max_bytes) return { text: readFileSync(file, "utf8"), bytes };
    const buffer = Buffer.alloc(max_bytes);
    const read = readSync(file, buffer, 0, max_bytes, bytes - max_bytes);
    return { text: decodeTail(buffer.subarray(0, read)), bytes };
  });
}
