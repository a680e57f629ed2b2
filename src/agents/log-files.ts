import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";

/** Opens a file for a child; what it makes is its owner's alone. */
export type Open = (path: string, flags: "r" | "a") => number;

/** Opens files for `work` and closes them when that has returned: a child that it has started has copies of its own. */
export function withOpenFiles<Value>(work: (open: Open) => Value): Value {
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

/** The last `most` bytes of a file as text, and how many bytes it has. Bytes that are not UTF-8 become U+FFFD. */
export function readEnd(path: string, most: number): { text: string; bytes: number } {
  // A child may have put anything in its place: a FIFO would block here, /dev/zero would never end.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error("it is not a regular file");
    const bytes = stat.size;
    if (bytes === 0) return { text: "", bytes };
    if (bytes <= most) return { text: readFileSync(descriptor, "utf8"), bytes };
    const buffer = Buffer.alloc(most);
    const read = readSync(descriptor, buffer, 0, most, bytes - most);
    return { text: fromFirstCharacter(buffer.subarray(0, read)), bytes };
  } finally {
    closeSync(descriptor);
  }
}

/** A cut inside a character leaves up to three of its bytes at the start. */
export function fromFirstCharacter(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return bytes.toString("utf8", start);
}
