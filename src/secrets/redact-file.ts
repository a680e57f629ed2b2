import { isAscii, isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { placeholder, type Redactor } from "./redactor.ts";
import type { Match } from "./rules.ts";

/** How much of a file is looked at in one go, beside what a secret may reach beyond it. */
const window_bytes = 256 * 1024;

/** What stands before a match decides whether it is one: the end of a word may look like a token. */
const context_bytes = 64;

/**
 * Redacts a file in place, window by window: one of any size takes a few megabytes of memory. Where nothing is found it is
 * only read; else the new one appears by rename, with every other byte as it was. Resolves to whether it was replaced.
 * Rejects where it cannot be read or the new one cannot be written. What is not a plain file is left alone.
 */
export async function redactFile(path: string, redactor: Redactor): Promise<boolean> {
  // Most logs are empty, and one call tells so.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size === 0 || !stat.isFile()) return false;
  const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  let buffer: Buffer | undefined;
  let copy: Copy | undefined;
  try {
    if (!fstatSync(file).isFile()) return false;
    const overlap = redactor.longest;
    buffer = takeBuffer(window_bytes + overlap + context_bytes);
    /** Where in the file the buffer starts, how much of it is filled, and how far the file has been dealt with. */
    let base = 0;
    let filled = 0;
    let done = 0;
    for (;;) {
      const read = fill(file, buffer, filled, base + filled);
      filled += read.bytes;
      const bytes = buffer.subarray(0, filled);
      /** What starts behind this may go on behind the window. */
      const settled = read.is_end ? filled : Math.max(0, filled - overlap);
      if (redactor.mayHold(bytes.toString("latin1"))) {
        for (const { start, end, name } of await findInBytes(bytes, redactor)) {
          if (base + end <= done || start >= settled) continue;
          copy ??= createCopy(path, file);
          copy.keepUpTo(Math.max(done, base + start));
          copy.put(placeholder(name));
          done = base + end;
          copy.skipTo(done);
        }
      }
      if (read.is_end) break;
      done = Math.max(done, base + settled);
      const keep_from = Math.min(filled, Math.max(0, done - base - context_bytes));
      buffer.copy(buffer, 0, keep_from, filled);
      base += keep_from;
      filled -= keep_from;
      // Others have work to do, too.
      await new Promise((resolve) => setImmediate(resolve));
    }
    copy?.finish();
    return copy !== undefined;
  } catch (error) {
    copy?.discard();
    throw error;
  } finally {
    closeSync(file);
    spare = buffer;
  }
}

/** The buffer of the file before: a new one for each of many logs would cost more than looking at them. */
let spare: Buffer | undefined;

function takeBuffer(bytes: number): Buffer {
  const buffer = spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  spare = undefined;
  return buffer;
}

/** Reads until the buffer is full or the file has ended. */
function fill(file: number, buffer: Buffer, from: number, position: number): { bytes: number; is_end: boolean } {
  let bytes = 0;
  while (from + bytes < buffer.length) {
    const got = readSync(file, buffer, from + bytes, buffer.length - from - bytes, position + bytes);
    if (got === 0) return { bytes, is_end: true };
    bytes += got;
  }
  return { bytes, is_end: false };
}

/** The places of secrets in bytes. They are looked for in text, where that is what the bytes are. */
async function findInBytes(bytes: Buffer, redactor: Redactor): Promise<Match[]> {
  if (isAscii(bytes)) return redactor.find(bytes.toString("latin1"));
  // A window may begin and end inside a character.
  let from = 0;
  while (from < 3 && ((bytes[from] ?? 0) & 0xc0) === 0x80) from++;
  let to = bytes.length;
  for (let back = 1; back <= 3 && back <= to; back++) {
    const byte = bytes[to - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (length > back) to -= back;
    break;
  }
  const whole = bytes.subarray(from, to);
  if (!isUtf8(whole)) return redactor.find(bytes.toString("latin1"));
  const text = whole.toString("utf8");
  let chars = 0;
  let offset = from;
  /** Byte offsets of rising character offsets. */
  const offsetOf = (char: number): number => {
    offset += Buffer.byteLength(text.slice(chars, char));
    chars = char;
    return offset;
  };
  return (await redactor.find(text)).map(({ start, end, name }) => ({ start: offsetOf(start), end: offsetOf(end), name }));
}

/** A file that takes another's place. */
interface Copy {
  /** Copies the original from where it stands up to this offset. */
  keepUpTo(offset: number): void;
  put(text: string): void;
  skipTo(offset: number): void;
  finish(): void;
  discard(): void;
}

function createCopy(path: string, original: number): Copy {
  const next = `${path}.${process.pid}.tmp`;
  const file = openSync(next, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, 0o600);
  const block = Buffer.allocUnsafe(window_bytes);
  let at = 0;

  function write(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
  }

  function keepUpTo(offset: number): void {
    while (at < offset) {
      const read = readSync(original, block, 0, Math.min(block.length, offset - at), at);
      if (read === 0) return;
      write(block.subarray(0, read));
      at += read;
    }
  }

  return {
    keepUpTo,
    put: (text) => write(Buffer.from(text)),
    skipTo(offset) {
      at = offset;
    },
    finish() {
      keepUpTo(Number.POSITIVE_INFINITY);
      closeSync(file);
      renameSync(next, path);
    },
    discard() {
      for (const undo of [() => closeSync(file), () => unlinkSync(next)]) {
        try {
          undo();
        } catch {
          // It was done already; the first error is the one to tell.
        }
      }
    },
  };
}
