import { isAscii, isUtf8 } from "node:buffer";
import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, unlinkSync, writeSync } from "node:fs";
import { characterEnd, characterStart, openForReading, temporaryPath } from "#files";
import { placeholder, type Redactor } from "./redactor.ts";
import type { Match } from "./rules.ts";

/** How much of a file is searched at once. A window also contains the longest secret that can begin in it. */
const window_bytes = 256 * 1024;

/** Bytes before a window that are searched with it, because the rules look behind: the end of a word can look like a token. */
const context_bytes = 64;

/**
 * Masks the secrets of a file in place. Works window by window, so a file of any size takes a few megabytes of memory. A
 * file without secrets is only read; otherwise the masked copy replaces it by rename, with every other byte unchanged.
 * Resolves to whether the file was replaced. Rejects if it cannot be read or the copy cannot be written. Leaves anything
 * that is not a regular file alone.
 */
export async function redactFile(path: string, redactor: Redactor): Promise<boolean> {
  // Most logs are empty, which one call finds out.
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.size === 0 || !stat.isFile()) return false;
  const file = openForReading(path);
  let buffer: Buffer | undefined;
  let copy: Copy | undefined;
  try {
    if (!fstatSync(file).isFile()) return false;
    const overlap = redactor.max_length;
    buffer = takeBuffer(window_bytes + overlap + context_bytes);
    // The offset of the buffer in the file, how much of it is filled, and the offset up to which the file is finished.
    let base = 0;
    let filled = 0;
    let done = 0;
    for (;;) {
      const read = fill(file, buffer, filled, base + filled);
      filled += read.bytes;
      const bytes = buffer.subarray(0, filled);
      // A match that starts after this offset may extend beyond the window.
      const settled = read.is_end ? filled : Math.max(0, filled - overlap);
      if (redactor.mayHold(bytes.toString("latin1"))) {
        for (const { start, end, name } of await findInBytes(bytes, redactor)) {
          if (base + end <= done || start >= settled) continue;
          copy ??= createCopy(path, file);
          copy.copyUpTo(Math.max(done, base + start));
          copy.write(placeholder(name));
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
      // Lets other work proceed between windows.
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

/** The buffer of the previous file: allocating one for each of many logs would cost more than searching them. */
let spare: Buffer | undefined;

function takeBuffer(bytes: number): Buffer {
  const buffer = spare !== undefined && spare.length >= bytes ? spare : Buffer.allocUnsafeSlow(bytes);
  spare = undefined;
  return buffer;
}

/** Reads until the buffer is full or the file ends. */
function fill(file: number, buffer: Buffer, from: number, position: number): { bytes: number; is_end: boolean } {
  let bytes = 0;
  while (from + bytes < buffer.length) {
    const got = readSync(file, buffer, from + bytes, buffer.length - from - bytes, position + bytes);
    if (got === 0) return { bytes, is_end: true };
    bytes += got;
  }
  return { bytes, is_end: false };
}

/** Returns the byte ranges of secrets. UTF-8 is searched as text, anything else as Latin-1. */
async function findInBytes(bytes: Buffer, redactor: Redactor): Promise<Match[]> {
  if (isAscii(bytes)) return redactor.find(bytes.toString("latin1"));
  // A window can begin and end inside a character.
  const from = characterStart(bytes);
  const whole = bytes.subarray(from, characterEnd(bytes));
  if (!isUtf8(whole)) return redactor.find(bytes.toString("latin1"));
  const text = whole.toString("utf8");
  let chars = 0;
  let offset = from;
  // Converts ascending character offsets to byte offsets.
  const offsetOf = (char: number): number => {
    offset += Buffer.byteLength(text.slice(chars, char));
    chars = char;
    return offset;
  };
  return (await redactor.find(text)).map(({ start, end, name }) => ({ start: offsetOf(start), end: offsetOf(end), name }));
}

/** A masked copy of a file, written in order. */
interface Copy {
  /** Copies the original from the current offset up to this one. */
  copyUpTo(offset: number): void;
  write(text: string): void;
  skipTo(offset: number): void;
  /** Copies the rest and replaces the original. */
  finish(): void;
  discard(): void;
}

function createCopy(path: string, original: number): Copy {
  const next = temporaryPath(path);
  const file = openSync(next, "wx", 0o600);
  const block = Buffer.allocUnsafe(window_bytes);
  let at = 0;

  function writeAll(bytes: Buffer): void {
    for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
  }

  function copyUpTo(offset: number): void {
    while (at < offset) {
      const read = readSync(original, block, 0, Math.min(block.length, offset - at), at);
      if (read === 0) return;
      writeAll(block.subarray(0, read));
      at += read;
    }
  }

  return {
    copyUpTo,
    write: (text) => writeAll(Buffer.from(text)),
    skipTo(offset) {
      at = offset;
    },
    finish() {
      copyUpTo(Number.POSITIVE_INFINITY);
      closeSync(file);
      renameSync(next, path);
    },
    discard() {
      for (const undo of [() => closeSync(file), () => unlinkSync(next)]) {
        try {
          undo();
        } catch {
          // The caller throws the error that led here.
        }
      }
    },
  };
}
