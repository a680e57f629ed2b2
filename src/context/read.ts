import { isUtf8 } from "node:buffer";
import { closeSync, constants, fstatSync, openSync, readlinkSync, readSync } from "node:fs";
import { messageOf, systemCode } from "#errors";
import type { Redactor } from "#secrets";

/** Most that is read of a file: no budget holds more, and a file may have any size. */
export const max_bytes = 1024 * 1024;

/** A file as it was when it was read; what differs later has changed. */
export interface FileStamp {
  /** Absolute. */
  path: string;
  size: number;
  mtime_ms: number;
  inode: number;
}

/** What a file holds, or why that cannot be had. */
export type ReadFile =
  | { type: "text"; text: string; bytes: number; is_cut: boolean; notes: string[]; stamp: FileStamp }
  | { type: "binary"; bytes: number; stamp: FileStamp }
  | { type: "unreadable"; why: string };

/**
 * Reads a file of the workspace, whatever it turns out to be. `path` has passed the workspace's checks. At once: a file is
 * small, and five calls that wait for their turn take ten times as long as five that do not.
 */
export function readText(path: string, most = max_bytes): ReadFile {
  try {
    // It is its real path; a link that was put in its place since is not followed, and a FIFO does not block.
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    try {
      return readOpen(file, path, most);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    return { type: "unreadable", why: whyNot(error) };
  }
}

function readOpen(file: number, path: string, most: number): ReadFile {
  // A folder on the way may have become a link since the checks.
  if (leadsElsewhere(file, path)) return { type: "unreadable", why: "it was moved while it was looked at" };
  const before = fstatSync(file);
  if (before.isDirectory()) return { type: "unreadable", why: "it is a folder; name it as structure:" };
  if (!before.isFile()) return { type: "unreadable", why: "it is not a regular file" };
  const buffer = Buffer.allocUnsafe(Math.min(before.size, most) + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(file, buffer, length, buffer.length - length, length);
    if (count === 0) break;
    length += count;
  }
  const after = fstatSync(file);
  const has_changed = after.size !== before.size || after.mtimeMs !== before.mtimeMs || length < Math.min(before.size, most);
  const stamp = { path, size: after.size, mtime_ms: after.mtimeMs, inode: after.ino };
  const kept = buffer.subarray(0, Math.min(length, most));
  if (isBinary(kept)) return { type: "binary", bytes: after.size, stamp };
  const is_cut = after.size > most;
  const whole = is_cut ? withoutHalfCharacter(kept) : kept;
  const notes = has_changed ? ["it changed while it was read"] : [];
  if (!isUtf8(whole)) notes.push("it is not valid UTF-8; what could not be read stands as U+FFFD");
  const text = whole.toString("utf8").replace(/^\ufeff/, "");
  return { type: "text", text, bytes: after.size, is_cut, notes, stamp };
}

/** The same for what is given to tasks: the cut goes through no secret, half of which would not be known for one. */
export async function readShown(path: string, redactor: Redactor): Promise<ReadFile> {
  const read = readText(path, max_bytes + redactor.max_length);
  if (read.type !== "text" || read.bytes <= max_bytes) return read;
  const start = withoutHalfCharacter(Buffer.from(read.text).subarray(0, max_bytes)).toString("utf8");
  const from = Math.max(0, start.length - redactor.max_length);
  const crossing = (await redactor.find(read.text.slice(from))).find(
    (secret) => from + secret.start < start.length && from + secret.end > start.length,
  );
  return { ...read, text: crossing === undefined ? start : start.slice(0, from + crossing.start), is_cut: true };
}

/** Why a path cannot be read, in words that go behind a colon. */
export function whyNot(error: unknown): string {
  switch (systemCode(error)) {
    case "ENOENT":
    case "ENOTDIR":
    // Longer than any name can be.
    case "ENAMETOOLONG":
      return "there is no such file";
    case "ELOOP":
      return "it is a link that leads nowhere";
    case "ENXIO":
      return "it is not a regular file";
    default:
      return `it cannot be read: ${messageOf(error)}`;
  }
}

/** As git tells: a NUL byte near the beginning; and what is for the most part no UTF-8. */
export function isBinary(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 8000);
  if (start.includes(0)) return true;
  if (isUtf8(start)) return false;
  const text = start.toString("utf8");
  return (text.match(/\ufffd/g) ?? []).length > text.length * 0.3;
}

/** Whether an open file is not where its path says; only Linux can tell. */
function leadsElsewhere(descriptor: number, path: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`) !== path;
  } catch {
    // Without /proc the other checks have to do.
    return false;
  }
}

/** A cut inside a character leaves up to three of its bytes at the end. */
function withoutHalfCharacter(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const needs = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needs > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
