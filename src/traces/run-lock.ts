import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DispatchError, messageOf, systemCode } from "#errors";
import { loadSqlite } from "#files";
import { private_file, type RunFolder } from "./run-folder.ts";

/** The exclusive right to work on a run. */
export interface RunLock {
  release(): void;
}

/** SQLITE_BUSY: another process holds the lock. */
const busy = 5;

/**
 * Locks a run until the lock is released or this process dies. The lock is an exclusive SQLite transaction on a file in the
 * run's folder, which the system ends with the process. Throws a `DispatchError` if another process holds the lock;
 * returns undefined, after a warning, if the file system has no locks.
 */
export function lockRun(folder: RunFolder, onWarning: (message: string) => void): RunLock | undefined {
  const { DatabaseSync } = loadSqlite();
  try {
    const path = join(folder.path, "owner.lock");
    createLockFile(path);
    const database = new DatabaseSync(path);
    try {
      // Two processes that lock at the same moment may both be refused; the timeout makes SQLite try again.
      database.exec("PRAGMA busy_timeout = 300; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => void (database.isOpen && database.close()) };
  } catch (error) {
    if (typeof error === "object" && error !== null && "errcode" in error && (Number(error.errcode) & 0xff) === busy) {
      throw new DispatchError("in_use", `The run ${folder.run_id} is still running.`, {
        advice: "Wait for its end, or stop the dispatch that runs it.",
      });
    }
    onWarning(`The run cannot be locked, so do not resume it a second time meanwhile: ${messageOf(error)}.`);
    return undefined;
  }
}

/** Creates the lock file if it is missing. An existing one is not opened: closing it would drop this process's locks on it. */
function createLockFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", private_file));
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}
