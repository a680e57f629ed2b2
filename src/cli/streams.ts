import { fstatSync } from "node:fs";

/** Whether stdout and stderr are one file or pipe: then messages would stand between the lines of the result. */
function isShared(): boolean {
  if (process.stdout.isTTY) return false;
  try {
    const out = fstatSync(1);
    const err = fstatSync(2);
    return out.dev === err.dev && out.ino === err.ino;
  } catch {
    return false;
  }
}

/** Where a command writes: its result to stdout, everything else to stderr. */
export interface Streams {
  /** Writes to stdout; false once nobody reads it. */
  out(text: string): boolean;
  /** A message for people; dropped where it would mix with the result. */
  note(text: string): void;
  /** Why nothing was done; never dropped. */
  complain(text: string): void;
  /** Whether messages are shown at all. */
  readonly shows_notes: boolean;
  /** Whether the reader of stdout has gone away. */
  readonly out_closed: boolean;
}

/** Opens this process's streams; a reader that goes away (`| head -1`) is no error. */
export function openStreams(): Streams {
  let out_closed = false;
  let err_closed = false;
  process.stdout.on("error", () => {
    out_closed = true;
  });
  process.stderr.on("error", () => {
    err_closed = true;
  });
  const shows_notes = !isShared();
  const complain = (text: string): void => {
    if (!err_closed) process.stderr.write(text);
  };
  return {
    out(text) {
      if (!out_closed) process.stdout.write(text);
      return !out_closed;
    },
    note(text) {
      if (shows_notes) complain(text);
    },
    complain,
    shows_notes,
    get out_closed() {
      return out_closed;
    },
  };
}
