import { statSync } from "node:fs";
import picomatch from "picomatch";
import type { KeyResult } from "./gather-keys.ts";

/** Keys that are checked again when a task with upstream tasks starts. */
export const may_change = /^(?:file|rag):/;

/** Whether a key may by now have another result than the gathered one. */
export function isStale(key: string, found: KeyResult | undefined): boolean {
  // For `rag:`, opening the index finds out whether anything has changed.
  if (found === undefined || "missing" in found || key.startsWith("rag:")) return true;
  const path = key.slice("file:".length);
  // A glob may match more files, and a file found by its name may now also exist at the exact path.
  const was_searched = found.items.some(({ metadata }) => metadata["matches"] !== undefined);
  if (was_searched || picomatch.scan(path).isGlob) return true;
  return found.items.some(({ stamp }) => {
    if (stamp === undefined) return false;
    const stat = statSync(stamp.path, { throwIfNoEntry: false });
    return stat === undefined || stat.size !== stamp.size || stat.mtimeMs !== stamp.mtime_ms || stat.ino !== stamp.inode;
  });
}

/** Whether a key that was gathered again has the same contents. */
export function isUnchanged(now: KeyResult | undefined, before: KeyResult | undefined): boolean {
  if (now === undefined || before === undefined || "missing" in now || "missing" in before) return false;
  return now.items.length === before.items.length && now.items.every(({ hash }, i) => hash === before.items[i]?.hash);
}
