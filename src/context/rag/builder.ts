/** What runs in the thread that builds the index, and in those that read and part the files for it. */
import { availableParallelism } from "node:os";
import { messageOf } from "#errors";
import { insideThread, startThread } from "#process";
import { createSourceParser } from "../parser.ts";
import { knownHead, putHistory, readHistory } from "./history.ts";
import { type IndexedFile, isBusy, isDamage, openStore, type Store } from "./store.ts";
import { applyFile, findChanges, type ReadForIndex, readForIndex } from "./update.ts";

/** What a builder is to do. */
export interface BuildOrder {
  role: "builder";
  /** This module's own file. */
  module: string;
  index_file: string;
  root: string;
  files: readonly string[];
  /** The commit that the workspace is at. */
  head: string | undefined;
  /** How long it may wait for another builder, in milliseconds. */
  patience_ms: number;
}

/** What a builder says when it has ended. */
export type BuildReport =
  | { type: "built"; changed: number; gone: number }
  /** Another builder is still at work; the index is as it was before. */
  | { type: "busy" }
  | { type: "failed"; why: string; is_damaged: boolean };

/** A reader is sent this, and answers with what it read, in the same order. */
type ReadOrder = { path: string; known_hash: string | undefined }[];

/** From so many files on it is worth to start threads that read and part them. */
const many_files = 200;

/** Files that a reader is given at once. */
const batch_size = 50;

/** Readers beyond these would wait for the one that writes. */
const max_readers = 4;

/** A thread is stopped by ending it. */
const never = new AbortController().signal;

const thread = insideThread();
// The thread is started in this room only.
const order = thread.data as BuildOrder | { role: "reader"; root: string };
if (order.role === "builder") void build(order).then(thread.post);
else serve(order.root);

async function build({ module, index_file, root, files, head, patience_ms }: BuildOrder): Promise<BuildReport> {
  try {
    const store = openStore(index_file);
    try {
      if (!(await begin(store, patience_ms))) return { type: "busy" };
      // Whoever was faster may have done it all: only now is it known what is left to do.
      const known = store.files();
      const { changed, gone } = findChanges(root, files, known);
      const since = knownHead(store.db);
      const history = head === undefined || head === since ? undefined : readHistory(root, head, since, never);
      for (const path of gone) store.remove(path);
      await put(store, known, changed, root, module);
      if (history !== undefined && head !== undefined) putHistory(store.db, head, await history);
      store.db.exec("COMMIT");
      return { type: "built", changed: changed.length, gone: gone.length };
    } finally {
      // What was not committed is as if it had never been.
      store.close();
    }
  } catch (error) {
    return { type: "failed", why: messageOf(error), is_damaged: isDamage(error) };
  }
}

/** One builder at a time: the others wait for its end. */
async function begin(store: Store, patience_ms: number): Promise<boolean> {
  const until = performance.now() + patience_ms;
  for (;;) {
    try {
      store.db.exec("BEGIN IMMEDIATE");
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= until) return false;
      // SQLite itself has waited for a moment; the thread can be ended between.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function put(
  store: Store,
  known: ReadonlyMap<string, IndexedFile>,
  changed: readonly string[],
  root: string,
  module: string,
): Promise<void> {
  const orders = changed.map((path) => ({ path, known_hash: known.get(path)?.hash }));
  if (orders.length < many_files) {
    const parser = createSourceParser();
    for (const { path, known_hash } of orders) applyFile(store, await readForIndex(root, path, known_hash, parser));
    return;
  }
  const batches: ReadOrder[] = [];
  for (let i = 0; i < orders.length; i += batch_size) batches.push(orders.slice(i, i + batch_size));
  const readers = Array.from({ length: Math.min(max_readers, availableParallelism()) }, () =>
    startThread(module, { role: "reader", root }),
  );
  try {
    await Promise.all(
      readers.map(async (reader) => {
        // One batch is read while the one before it is written.
        const hand = (): boolean => {
          const batch = batches.pop();
          if (batch !== undefined) reader.post(batch);
          return batch !== undefined;
        };
        let under_way = Number(hand()) + Number(hand());
        for (; under_way > 0; under_way--) {
          // The threads are this module's own.
          const read = (await reader.next()) as (ReadForIndex | undefined)[];
          under_way += Number(hand());
          for (const one of read) applyFile(store, one);
        }
      }),
    );
  } finally {
    await Promise.all(readers.map((reader) => reader.end()));
  }
}

/** A reader does one batch after the other until it is ended. */
function serve(root: string): void {
  const parser = createSourceParser();
  let last: Promise<void> = Promise.resolve();
  thread.listen((batch) => {
    last = last.then(async () => {
      const read: (ReadForIndex | undefined)[] = [];
      for (const { path, known_hash } of batch as ReadOrder) read.push(await readForIndex(root, path, known_hash, parser));
      thread.post(read);
    });
  });
}
