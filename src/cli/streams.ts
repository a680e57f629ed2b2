import { fstatSync, writeSync } from "node:fs";
import { messageOf, systemCode } from "#errors";

/** Whether stdout and stderr are one file or pipe: then messages would stand between the lines of the result. */
function sharesOneFile(): boolean {
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
  /** The same for a command's last words: a reader who takes his time keeps nothing else waiting. */
  print(text: string): void;
  /** A message for people; dropped where it would mix with the result. */
  note(text: string): void;
  /** Why nothing was done; never dropped. */
  error(text: string): void;
  /** stderr itself, for progress; a terminal or pipe that goes away is no error. */
  readonly messages: NodeJS.WriteStream;
  /** Whether messages are shown at all. */
  readonly shows_notes: boolean;
  /** Whether the reader of stdout has gone away. */
  readonly is_stdout_closed: boolean;
  /** stdout will carry no result: messages have it to themselves. */
  enableNotes(): void;
  /** Waits until all of stdout is written; tells why it could not be, unless its reader left of its own accord. */
  flush(): Promise<string | undefined>;
}

/** Opens this process's streams; a reader that goes away (`| head -1`) is no error. */
export function openStreams(): Streams {
  const out = openLazily(() => process.stdout);
  const err = openLazily(() => process.stderr);
  let shows_notes: boolean | undefined;
  return {
    out: out.write,
    print: (text) => out.writeAtOnce(1, text),
    note(text) {
      shows_notes ??= !sharesOneFile();
      if (shows_notes) err.write(text);
    },
    error: (text) => void err.write(text),
    get messages() {
      return err.open();
    },
    get shows_notes() {
      shows_notes ??= !sharesOneFile();
      return shows_notes;
    },
    get is_stdout_closed() {
      return out.readerLeft();
    },
    enableNotes() {
      shows_notes = true;
    },
    flush: out.flush,
  };
}

/** Node makes its standard streams when they are first asked for, with all that it needs for sockets: three milliseconds. */
function openLazily(stream: () => NodeJS.WriteStream) {
  let opened: NodeJS.WriteStream | undefined;
  let closed = false;
  let reader_left = false;
  let failure: string | undefined;
  let last: Promise<void> | undefined;

  function open(): NodeJS.WriteStream {
    if (opened !== undefined) return opened;
    opened = stream();
    return opened.on("error", fail);
  }

  function fail(error: unknown): void {
    closed = true;
    if (systemCode(error) === "EPIPE") reader_left = true;
    else failure ??= messageOf(error);
  }

  function write(text: string | Uint8Array): boolean {
    const to = open();
    if (closed) return false;
    const { promise, resolve } = Promise.withResolvers<void>();
    last = promise;
    to.write(text, () => resolve());
    return true;
  }

  return {
    open,
    readerLeft: () => reader_left,
    write,
    writeAtOnce(descriptor: number, text: string): void {
      let left: Uint8Array = Buffer.from(text);
      // What stands in the stream's own queue comes first.
      while (opened === undefined && !closed && left.length > 0) {
        try {
          left = left.subarray(writeSync(descriptor, left));
        } catch (error) {
          // Somebody has made it non-blocking, and it is full: the stream knows how to wait.
          if (systemCode(error) === "EAGAIN") break;
          fail(error);
        }
      }
      if (!closed && left.length > 0) write(left);
    },
    async flush() {
      await last;
      // The error event comes a turn after the callback of the write that failed.
      if (last !== undefined) await new Promise((resolve) => setImmediate(resolve));
      return failure;
    },
  };
}
