/** Entry point of the thread that builds the index, and of the threads that read and chunk files for it. */
import { availableParallelism } from "node:os";
import { messageOf } from "#errors";
import { insideThread, startThread } from "#process";
import { createSourceParser } from "#workspace";
import { knownHead, putHistory, readHistory } from "./history.ts";
import { type IndexedFile, isBusy, isDamage, openStore, type Store } from "./store.ts";
import { applyFile, findChanges, type ReadForIndex, readForIndex } from "./update.ts";

/** The request to a builder. */
export interface BuildRequest {
  role: "builder";
  /** The file of this module. */
  module: string;
  index_file: string;
  root: string;
  files: readonly string[];
  /** The current commit of the workspace. */
  head: string | undefined;
  /** Maximum time to wait for another builder. */
  max_wait_ms: number;
}

/** The response of a builder. */
export type BuildReport =
  | { type: "built"; changed: number; removed: number }
  /** Another builder is still running; the index is unchanged. */
  | { type: "busy" }
  | { type: "failed"; why: string; is_damaged: boolean };

/** The request to a reader, which responds with the files in the same order. */
type ReadRequest = { path: string; known_hash: string | undefined }[];

/** Starting threads that read and chunk files pays off from this number of files. */
const min_files_for_readers = 200;

/** Files per request to a reader. */
const batch_size = 50;

/** More readers would wait for the builder, which writes alone. */
const max_readers = 4;

/** Never aborted: a thread is stopped by terminating it. */
const never = new AbortController().signal;

const thread = insideThread();
// Only this room starts the thread.
const request = thread.data as BuildRequest | { role: "reader"; root: string };
if (request.role === "builder") void build(request).then(thread.post);
else serve(request.root);

async function build({ module, index_file, root, files, head, max_wait_ms }: BuildRequest): Promise<BuildReport> {
  try {
    const store = openStore(index_file);
    try {
      if (!(await beginTransaction(store, max_wait_ms))) return { type: "busy" };
      // Another builder may have done the work meanwhile, so changes are determined inside the transaction.
      const known = store.files();
      const { changed, removed } = findChanges(root, files, known);
      const since = knownHead(store.db);
      const history = head === undefined || head === since ? undefined : readHistory(root, head, since, never);
      for (const path of removed) store.remove(path);
      await indexFiles(store, known, changed, root, module);
      if (history !== undefined && head !== undefined) putHistory(store.db, head, await history);
      store.db.exec("COMMIT");
      return { type: "built", changed: changed.length, removed: removed.length };
    } finally {
      // Closing rolls back an uncommitted transaction.
      store.close();
    }
  } catch (error) {
    return { type: "failed", why: messageOf(error), is_damaged: isDamage(error) };
  }
}

/** Waits for other builders and begins a transaction. Resolves to false if one of them takes too long. */
async function beginTransaction(store: Store, max_wait_ms: number): Promise<boolean> {
  const until = performance.now() + max_wait_ms;
  for (;;) {
    try {
      store.db.exec("BEGIN IMMEDIATE");
      return true;
    } catch (error) {
      if (!isBusy(error)) throw error;
      if (performance.now() >= until) return false;
      // SQLite itself waits for a moment on each try; in between, the thread can be terminated.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

async function indexFiles(
  store: Store,
  known: ReadonlyMap<string, IndexedFile>,
  changed: readonly string[],
  root: string,
  module: string,
): Promise<void> {
  const requested = changed.map((path) => ({ path, known_hash: known.get(path)?.hash }));
  if (requested.length < min_files_for_readers) {
    const parser = createSourceParser();
    for (const { path, known_hash } of requested) applyFile(store, await readForIndex(root, path, known_hash, parser));
    return;
  }
  const batches: ReadRequest[] = [];
  for (let i = 0; i < requested.length; i += batch_size) batches.push(requested.slice(i, i + batch_size));
  const readers = Array.from({ length: Math.min(max_readers, availableParallelism()) }, () =>
    startThread(module, { role: "reader", root }),
  );
  try {
    await Promise.all(
      readers.map(async (reader) => {
        // A reader has two batches: it reads one while the previous one is written.
        const postBatch = (): boolean => {
          const batch = batches.pop();
          if (batch !== undefined) reader.post(batch);
          return batch !== undefined;
        };
        let pending = Number(postBatch()) + Number(postBatch());
        for (; pending > 0; pending--) {
          // The reader runs this module.
          const read = (await reader.next()) as (ReadForIndex | undefined)[];
          pending += Number(postBatch());
          for (const one of read) applyFile(store, one);
        }
      }),
    );
  } finally {
    await Promise.all(readers.map((reader) => reader.end()));
  }
}

/** Reads one batch after another until the thread is terminated. */
function serve(root: string): void {
  const parser = createSourceParser();
  let last: Promise<void> = Promise.resolve();
  thread.listen((batch) => {
    last = last.then(async () => {
      const read: (ReadForIndex | undefined)[] = [];
      for (const { path, known_hash } of batch as ReadRequest) read.push(await readForIndex(root, path, known_hash, parser));
      thread.post(read);
    });
  });
}
