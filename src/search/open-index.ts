import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "#errors";
import { startThread } from "#process";
import type { BuildReport, BuildRequest } from "./builder.ts";
import { headOf, knownHead } from "./history.ts";
import { locateIndex } from "./index-location.ts";
import { isDamage, openStore, retryWhileBusy, type Store, UnusableIndex } from "./store.ts";
import { findChanges, findStale } from "./update.ts";

/** An open index, up to date unless a note says otherwise. */
export interface OpenIndex {
  store: Store;
  /** Notes for the user. */
  notes: string[];
  close(): void;
}

/** Maximum time that a run waits for another run's builder before it uses the index as it is. */
const default_max_wait_ms = 60_000;

/** Options of `openIndex`. */
export interface OpenIndexOptions {
  /** Absolute, without links. */
  root: string;
  /** Returns the files that may be read, relative to the root. Indexed files are checked while this is pending. */
  list: () => Promise<readonly string[]>;
  signal: AbortSignal;
  max_wait_ms?: number;
}

/** Opens the index of a workspace and updates it. Rejects with the signal's reason, or if the index cannot be opened. */
export async function openIndex(options: OpenIndexOptions): Promise<OpenIndex> {
  const location = locateIndex(options.root);
  const notes = location.note === undefined ? [] : [location.note];
  const removeTemporary = (): void => {
    if (location.temporary !== undefined) rmSync(location.temporary, { recursive: true, force: true });
  };
  try {
    const store = await openOrRebuild(location.file, notes, () => openCurrent(location.file, options, notes));
    return {
      store,
      notes,
      close() {
        store.close();
        removeTemporary();
      },
    };
  } catch (error) {
    removeTemporary();
    throw error;
  }
}

/** Opens an index. A damaged one is deleted and rebuilt, once. */
async function openOrRebuild(file: string, notes: string[], open: () => Promise<Store>): Promise<Store> {
  try {
    return await open();
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeIndex(file);
    notes.push(`The rag: index was rebuilt: ${messageOf(error).replace(/\.$/, "")}.`);
    return await open();
  }
}

/** Removes an index with the files that SQLite keeps beside it. */
function removeIndex(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${end}`, { force: true });
}

async function openCurrent(file: string, options: OpenIndexOptions, notes: string[]): Promise<Store> {
  const { root, list, signal } = options;
  const listing = Promise.all([headOf(root, signal), list()]);
  // A rejection is handled at the `await` below.
  listing.catch(() => {});
  let store = await retryWhileBusy(() => openStore(file), signal);
  try {
    const known = store.files();
    const stale = findStale(root, known);
    const [head, files] = await listing;
    const { changed, removed } = findChanges(root, files, known, stale);
    const is_same_history = head === undefined || head === knownHead(store.db);
    if (changed.length === 0 && removed.length === 0 && is_same_history) return store;
    store.close();
    const request: BuildRequest = {
      role: "builder",
      module: builderModule(),
      index_file: file,
      root,
      files,
      head,
      max_wait_ms: options.max_wait_ms ?? default_max_wait_ms,
    };
    const report = await build(request, signal);
    if (report.type === "failed" && report.is_damaged) throw new UnusableIndex(report.why);
    if (report.type === "failed") notes.push(`The rag: index is out of date: ${report.why.replace(/\.$/, "")}.`);
    if (report.type === "busy")
      notes.push("Another run is still updating the rag: index; this run uses it without the update.");
    store = await retryWhileBusy(() => openStore(file), signal);
    return store;
  } catch (error) {
    closeQuietly(store);
    throw error;
  }
}

async function build(request: BuildRequest, signal: AbortSignal): Promise<BuildReport> {
  signal.throwIfAborted();
  const thread = startThread(request.module, request);
  const stop = (): void => void thread.end();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // The thread runs this room's builder.
    return (await thread.next()) as BuildReport;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    await thread.end();
  }
}

function closeQuietly(store: Store): void {
  try {
    store.close();
  } catch {
    // It is already closed.
  }
}

/** Returns the builder's module: beside this one in src/, or a separate file in the package's dist/. */
function builderModule(): string {
  const folder = import.meta.dirname;
  const names = [join(folder, "builder.ts"), ...["", "..", "../.."].map((up) => join(folder, up, "index-builder.cjs"))];
  const found = names.find((name) => existsSync(name));
  if (found === undefined) throw new Error(`index-builder.cjs is missing from the package in ${dirname(folder)}`);
  return found;
}
