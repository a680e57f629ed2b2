import { existsSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "#errors";
import { startThread } from "#process";
import type { BuildOrder, BuildReport } from "./builder.ts";
import { headOf, knownHead } from "./history.ts";
import { findPlace } from "./place.ts";
import { isDamage, openStore, type Store, UnusableIndex, whenFree } from "./store.ts";
import { findChanges, findStale } from "./update.ts";

/** An index that has been brought up to date as far as that was possible. */
export interface OpenIndex {
  store: Store;
  /** What the user should know of it. */
  notes: string[];
  close(): void;
}

/** How long a run waits for another one's builder before it uses what there is, in milliseconds. */
const patience_ms = 60_000;

/** Options of `openIndex`. */
export interface OpenIndexOptions {
  /** Absolute, without links. */
  root: string;
  /** What may be read, relative to it; what the index knows is looked at while this is asked for. */
  list: () => Promise<readonly string[]>;
  signal: AbortSignal;
  patience_ms?: number;
}

/** Opens the index of a workspace and lets it be updated where files have changed. Rejects with the signal's reason, or where there can be none. */
export async function openIndex(options: OpenIndexOptions): Promise<OpenIndex> {
  const place = findPlace(options.root);
  const notes = place.note === undefined ? [] : [place.note];
  const clear = (): void => {
    if (place.temporary !== undefined) rmSync(place.temporary, { recursive: true, force: true });
  };
  try {
    const store = await rebuildIndex(place.file, notes, () => openCurrent(place.file, options, notes));
    return {
      store,
      notes,
      close() {
        store.close();
        clear();
      },
    };
  } catch (error) {
    clear();
    throw error;
  }
}

/** A damaged index is thrown away and made anew, once. */
async function rebuildIndex(file: string, notes: string[], open: () => Promise<Store>): Promise<Store> {
  try {
    return await open();
  } catch (error) {
    if (!isDamage(error)) throw error;
    removeIndex(file);
    notes.push(`The index for rag: was built anew: ${messageOf(error).replace(/\.$/, "")}.`);
    return await open();
  }
}

/** Removes an index with all that SQLite keeps beside it. */
function removeIndex(file: string): void {
  for (const end of ["", "-wal", "-shm", "-journal"]) rmSync(`${file}${end}`, { force: true });
}

async function openCurrent(file: string, options: OpenIndexOptions, notes: string[]): Promise<Store> {
  const { root, list, signal } = options;
  const asking = Promise.all([headOf(root, signal), list()]);
  // That it failed is heard where it is waited for.
  asking.catch(() => {});
  let store = await whenFree(() => openStore(file), signal);
  try {
    const known = store.files();
    const stale = findStale(root, known);
    const [head, files] = await asking;
    const { changed, gone } = findChanges(root, files, known, stale);
    const is_same_history = head === undefined || head === knownHead(store.db);
    if (changed.length === 0 && gone.length === 0 && is_same_history) return store;
    store.close();
    const order: BuildOrder = {
      role: "builder",
      module: builderModule(),
      index_file: file,
      root,
      files,
      head,
      patience_ms: options.patience_ms ?? patience_ms,
    };
    const report = await build(order, signal);
    if (report.type === "failed" && report.is_damaged) throw new UnusableIndex(report.why);
    if (report.type === "failed") notes.push(`The index for rag: is not up to date: ${report.why.replace(/\.$/, "")}.`);
    if (report.type === "busy")
      notes.push("Another run is still building the index for rag:; this one uses it as it was before.");
    store = await whenFree(() => openStore(file), signal);
    return store;
  } catch (error) {
    closeQuietly(store);
    throw error;
  }
}

async function build(order: BuildOrder, signal: AbortSignal): Promise<BuildReport> {
  signal.throwIfAborted();
  const thread = startThread(order.module, order);
  const stop = (): void => void thread.end();
  signal.addEventListener("abort", stop, { once: true });
  try {
    // The thread is this room's own.
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
    // It was closed before.
  }
}

/** The builder's module: beside this one in src/; in the package, a file of its own in dist/. */
function builderModule(): string {
  const folder = import.meta.dirname;
  const names = [join(folder, "builder.ts"), ...["", "..", "../.."].map((up) => join(folder, up, "rag-builder.cjs"))];
  const found = names.find((name) => existsSync(name));
  if (found === undefined) throw new Error(`rag-builder.cjs is missing from the package in ${dirname(folder)}`);
  return found;
}
