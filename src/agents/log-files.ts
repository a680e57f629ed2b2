import { closeSync, openSync } from "node:fs";

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
