import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";

/** Opens a file for a child; a new file is readable by its owner only. */
export type OpenFile = (path: string, flags: "r" | "a") => number;

/** Opens files for `work` and closes them when it returns; a child started by `work` holds its own copies. */
export function withOpenFiles<Value>(work: (open: OpenFile) => Value): Value {
  const opened: number[] = [];
  try {
    return work((path, flags) => {
      const descriptor = openSync(path, flags, 0o600);
      opened.push(descriptor);
      return descriptor;
    });
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}

/** Returns the last `max_bytes` of a file as text, and the file's size. Bytes that are not UTF-8 become U+FFFD. */
export function readEnd(path: string, max_bytes: number): { text: string; bytes: number } {
  // A child may have replaced the file: a FIFO would block here, /dev/zero would never end.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error("it is not a regular file");
    const bytes = stat.size;
    if (bytes === 0) return { text: "", bytes };
    if (bytes <= max_bytes) return { text: readFileSync(descriptor, "utf8"), bytes };
    const buffer = Buffer.alloc(max_bytes);
    const read = readSync(descriptor, buffer, 0, max_bytes, bytes - max_bytes);
    return { text: fromFirstCharacter(buffer.subarray(0, read)), bytes };
  } finally {
    closeSync(descriptor);
  }
}

/** Decodes UTF-8 from the first whole character; a cut inside a character leaves up to three of its bytes. */
export function fromFirstCharacter(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString("utf8", start);
}
