import { fstatSync, writeSync } from "node:fs";
import { messageOf, systemCode } from "#errors";

/** Whether stdout and stderr are the same file or pipe, in which messages would mix with the result. */
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

/** The output of a command: its result goes to stdout, everything else to stderr. */
export interface Streams {
  /** Writes to stdout. Returns false once stdout is closed. */
  out(text: string): boolean;
  /** Writes the last output of a command to stdout, synchronously if possible. */
  print(text: string): void;
  /** Prints a message; drops it if it would mix with the result. */
  note(text: string): void;
  /** Prints an error; never drops it. */
  error(text: string): void;
  /** stderr itself, for progress. A closed terminal or pipe is not an error. */
  readonly messages: NodeJS.WriteStream;
  /** Whether `note` prints messages. */
  readonly shows_notes: boolean;
  /** Whether the reader of stdout has closed it. */
  readonly is_stdout_closed: boolean;
  /** Prints messages from now on: the result goes to a file, so they cannot mix with it. */
  enableNotes(): void;
  /** Waits until all of stdout is written. Resolves with the reason of a failure, except if the reader closed the pipe. */
  flush(): Promise<string | undefined>;
}

/** Opens this process's streams. A closed pipe (`| head -1`) is not an error. */
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
      return out.isClosedByReader();
    },
    enableNotes() {
      shows_notes = true;
    },
    flush: out.flush,
  };
}

/** Opens a stream on first use: Node's standard streams load sockets, which takes 3 ms. */
function openLazily(stream: () => NodeJS.WriteStream) {
  let opened: NodeJS.WriteStream | undefined;
  let closed = false;
  let is_closed_by_reader = false;
  let failure: string | undefined;
  let last: Promise<void> | undefined;

  function open(): NodeJS.WriteStream {
    if (opened !== undefined) return opened;
    opened = stream();
    return opened.on("error", fail);
  }

  function fail(error: unknown): void {
    closed = true;
    if (systemCode(error) === "EPIPE") is_closed_by_reader = true;
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
    isClosedByReader: () => is_closed_by_reader,
    write,
    writeAtOnce(descriptor: number, text: string): void {
      let left: Uint8Array = Buffer.from(text);
      // Once the stream is open, its queue comes first.
      while (opened === undefined && !closed && left.length > 0) {
        try {
          left = left.subarray(writeSync(descriptor, left));
        } catch (error) {
          // Another process has made it non-blocking, and it is full: the stream can wait.
          if (systemCode(error) === "EAGAIN") break;
          fail(error);
        }
      }
      if (!closed && left.length > 0) write(left);
    },
    async flush() {
      await last;
      // The error event follows the callback of a failed write in the next turn.
      if (last !== undefined) await new Promise((resolve) => setImmediate(resolve));
      return failure;
    },
  };
}
