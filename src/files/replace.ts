import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeFileSync } from "node:fs";

/** Returns a path beside `path` for a new version of the file, ending in `.DIGITS.tmp`. */
export const temporaryPath = (path: string): string => `${path}.${Math.floor(Math.random() * 2 ** 40)}.tmp`;

/**
 * Writes a file by rename, so that readers see the old or the new content, never a part. If it throws, the old file is
 * unchanged. With `is_synced`, the content is on disk before the rename.
 */
export function replaceFile(
  path: string,
  content: string | Uint8Array,
  { mode = 0o600, is_synced = false }: { mode?: number; is_synced?: boolean } = {},
): void {
  const next = temporaryPath(path);
  // Fails if the path exists, so that a planted link is not followed.
  const file = openSync(next, "wx", mode);
  try {
    try {
      // writeFileSync retries short writes, which a full disk may cause.
      writeFileSync(file, content);
      if (is_synced) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(next, path);
  } catch (error) {
    try {
      unlinkSync(next);
    } catch {
      // The first error is the one to report.
    }
    throw error;
  }
}
