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
  /** stderr itself, for progress; a terminal or pipe that goes away is no error. */
  readonly messages: NodeJS.WriteStream;
  /** Whether messages are shown at all. */
  readonly shows_notes: boolean;
  /** Whether the reader of stdout has gone away. */
  readonly out_closed: boolean;
}

/** Opens this process's streams; a reader that goes away (`| head -1`) is no error. */
export function openStreams(): Streams {
  const out = openLazily(() => process.stdout);
  const err = openLazily(() => process.stderr);
  let shows_notes: boolean | undefined;
  return {
    out: out.write,
    note(text) {
      shows_notes ??= !isShared();
      if (shows_notes) err.write(text);
    },
    complain: (text) => void err.write(text),
    get messages() {
      return err.open();
    },
    get shows_notes() {
      shows_notes ??= !isShared();
      return shows_notes;
    },
    get out_closed() {
      return out.closed();
    },
  };
}

/** Node makes its standard streams when they are first asked for, which costs a millisecond each. */
function openLazily(stream: () => NodeJS.WriteStream) {
  let opened: NodeJS.WriteStream | undefined;
  let closed = false;
  function open(): NodeJS.WriteStream {
    if (opened !== undefined) return opened;
    opened = stream();
    return opened.on("error", () => {
      closed = true;
    });
  }
  return {
    open,
    closed: () => closed,
    write(text: string): boolean {
      const to = open();
      if (!closed) to.write(text);
      return !closed;
    },
  };
}
