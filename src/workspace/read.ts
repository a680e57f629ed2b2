import { isUtf8 } from "node:buffer";
import { fstatSync, readlinkSync, readSync, type Stats } from "node:fs";
import { messageOf, systemCode } from "#errors";
import { characterEnd, withOpenFile } from "#files";
import type { Redactor } from "#secrets";

/** Maximum number of bytes that are read of a file: no budget fits more. */
export const max_bytes = 1024 * 1024;

/** The state of a file when it was read, for detecting later changes. */
export interface FileStamp {
  /** Absolute. */
  path: string;
  size: number;
  mtime_ms: number;
  inode: number;
}

/** The content of a file, or why it cannot be read. */
export type ReadFile =
  | { type: "text"; text: string; bytes: number; is_cut: boolean; notes: string[]; stamp: FileStamp }
  | { type: "binary"; bytes: number; stamp: FileStamp }
  | { type: "unreadable"; why: string };

/**
 * Reads up to `limit` bytes of a file of the workspace. `path` must have passed the workspace's checks. Synchronous, because
 * files are small and five asynchronous calls take ten times as long as five synchronous ones.
 */
export function readText(path: string, limit = max_bytes): ReadFile {
  try {
    // `path` is a real path: a link that has replaced the file since is not followed.
    return withOpenFile(path, (file, stat) => readOpenFile(file, stat, path, limit), { follows_link: false });
  } catch (error) {
    return { type: "unreadable", why: describeReadError(error) };
  }
}

function readOpenFile(file: number, before: Stats, path: string, limit: number): ReadFile {
  // A parent folder may have been replaced by a link since the checks.
  if (hasMoved(file, path)) return { type: "unreadable", why: "it was moved while being read" };
  if (before.isDirectory()) return { type: "unreadable", why: "it is a folder; use a structure: key" };
  if (!before.isFile()) return { type: "unreadable", why: "not a regular file" };
  const buffer = Buffer.allocUnsafe(Math.min(before.size, limit) + 1);
  let length = 0;
  while (length < buffer.length) {
    const count = readSync(file, buffer, length, buffer.length - length, length);
    if (count === 0) break;
    length += count;
  }
  const after = fstatSync(file);
  const has_changed = after.size !== before.size || after.mtimeMs !== before.mtimeMs || length < Math.min(before.size, limit);
  const stamp = { path, size: after.size, mtime_ms: after.mtimeMs, inode: after.ino };
  const kept = buffer.subarray(0, Math.min(length, limit));
  if (isBinary(kept)) return { type: "binary", bytes: after.size, stamp };
  const is_cut = after.size > limit;
  const whole = is_cut ? kept.subarray(0, characterEnd(kept)) : kept;
  const notes = has_changed ? ["changed while being read"] : [];
  if (!isUtf8(whole)) notes.push("not valid UTF-8; invalid bytes are shown as U+FFFD");
  const text = whole.toString("utf8").replace(/^\ufeff/, "");
  return { type: "text", text, bytes: after.size, is_cut, notes, stamp };
}

/** Reads a file for a task. Unlike `readText`, never cuts through a secret, half of which would not be recognized. */
export async function readShown(path: string, redactor: Redactor): Promise<ReadFile> {
  const read = readText(path, max_bytes + redactor.max_length);
  if (read.type !== "text" || read.bytes <= max_bytes) return read;
  const bytes = Buffer.from(read.text).subarray(0, max_bytes);
  const start = bytes.toString("utf8", 0, characterEnd(bytes));
  const from = Math.max(0, start.length - redactor.max_length);
  const crossing = (await redactor.find(read.text.slice(from))).find(
    (secret) => from + secret.start < start.length && from + secret.end > start.length,
  );
  return { ...read, text: crossing === undefined ? start : start.slice(0, from + crossing.start), is_cut: true };
}

/** Whether an error means that a file does not exist. A name that is too long for the system cannot exist. */
export const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR", "ENAMETOOLONG"].includes(systemCode(error) ?? "");

/** Describes why a path cannot be read, as a phrase that follows a colon. */
export function describeReadError(error: unknown): string {
  if (isAbsent(error)) return "no such file";
  switch (systemCode(error)) {
    case "ELOOP":
      return "broken link";
    case "ENXIO":
      return "not a regular file";
    default:
      return `cannot be read: ${messageOf(error)}`;
  }
}

/** Whether a file is binary: git's test, a NUL byte near the beginning; or a beginning that is mostly not UTF-8. */
export function isBinary(bytes: Buffer): boolean {
  const start = bytes.subarray(0, 8000);
  if (start.includes(0)) return true;
  if (isUtf8(start)) return false;
  const text = start.toString("utf8");
  return (text.match(/\ufffd/g) ?? []).length > text.length * 0.3;
}

/** Whether an open file is no longer at its path. Detected on Linux only. */
function hasMoved(descriptor: number, path: string): boolean {
  if (process.platform !== "linux") return false;
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`) !== path;
  } catch {
    // Without /proc the other checks must suffice.
    return false;
  }
}
