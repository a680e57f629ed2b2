import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { DispatchError, messageOf, systemCode } from "#errors";
import { private_file, type RunFolder } from "./run-folder.ts";

/** Who holds it is the only one that goes on with a run. */
export interface RunLock {
  release(): void;
}

/** What SQLite says where another holds the lock: its code for a database that is busy. */
const busy = 5;

/**
 * Makes this process the run's one owner until it releases that or dies, however it dies: an exclusive transaction of
 * SQLite on a file in the run's folder is a lock that the system takes back. Throws a `DispatchError` where another
 * owner lives; undefined where a file system knows no locks.
 */
export async function lockRun(folder: RunFolder, onWarning: (message: string) => void): Promise<RunLock | undefined> {
  const { DatabaseSync } = await loadSqlite();
  try {
    const path = join(folder.path, "owner.lock");
    makeLockFile(path);
    const database = new DatabaseSync(path);
    try {
      // Two who come together may each keep the other out: one of them is let in a moment later.
      database.exec("PRAGMA busy_timeout = 300; BEGIN EXCLUSIVE");
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => void (database.isOpen && database.close()) };
  } catch (error) {
    if (typeof error === "object" && error !== null && "errcode" in error && (Number(error.errcode) & 0xff) === busy) {
      throw new DispatchError("in_use", `The run ${folder.run_id} is under way.`, {
        advice: "Wait for its end, or stop the dispatch that runs it.",
      });
    }
    onWarning(`Nothing keeps a second dispatch from going on with this run meanwhile: ${messageOf(error)}.`);
    return undefined;
  }
}

/** Only if it is not there: a process that opens and closes a file loses every lock that it holds on it. */
function makeLockFile(path: string): void {
  try {
    closeSync(openSync(path, "wx", private_file));
  } catch (error) {
    if (systemCode(error) !== "EEXIST") throw error;
  }
}

/** Node 22 says of `node:sqlite` that it is experimental; of that, and of nothing else, the user need not hear. */
async function loadSqlite(): Promise<typeof import("node:sqlite")> {
  const { emitWarning } = process;
  process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
    if (String(warning).includes("SQLite")) return;
    Reflect.apply(emitWarning, process, [warning, ...rest]);
  };
  try {
    return await import("node:sqlite");
  } finally {
    process.emitWarning = emitWarning;
  }
}
