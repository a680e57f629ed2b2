import { closeSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "#errors";
import { loadSqlite } from "#files";
import type { Chunk } from "./chunks.ts";
import { hashText } from "./passages.ts";
import { withParts } from "./words.ts";

/** A file in the index. */
export interface IndexedFile {
  path: string;
  size: number;
  /** 0 if the file changed too shortly before it was read for its time to prove that it is unchanged. */
  mtime_ms: number;
  hash: string;
}

/** A chunk ready to be inserted. Readers prepare chunks, because the writer is the bottleneck. */
export interface PreparedChunk {
  first_line: number;
  last_line: number;
  /** One per line. */
  symbols: string;
  text_hash: string;
  symbol_words: string;
  text_words: string;
}

/** Prepares a chunk for the index. */
export function prepareChunk({ first_line, last_line, symbols, text }: Chunk): PreparedChunk {
  const joined = symbols.join("\n");
  const words = { symbol_words: withParts(joined), text_words: withParts(text) };
  return { first_line, last_line, symbols: joined, text_hash: hashText(text), ...words };
}

/** The index on disk. Every method can throw SQLite's errors. */
export interface Store {
  db: DatabaseSync;
  files(): Map<string, IndexedFile>;
  put(file: IndexedFile, chunks: readonly PreparedChunk[]): void;
  /** Updates the size and time of a file whose content is unchanged. */
  touch(file: IndexedFile): void;
  remove(path: string): void;
  close(): void;
}

/**
 * Texts are not stored; they are in the workspace. `words` has one row per chunk, with the chunk's id. `vectors` are stored by
 * the hash of the embedded text, so that moved code keeps its vectors.
 */
const schema = [
  "CREATE TABLE files (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, mtime_ms REAL NOT NULL, hash TEXT NOT NULL)",
  "CREATE TABLE chunks (id INTEGER PRIMARY KEY, file INTEGER NOT NULL, first_line INTEGER NOT NULL, last_line INTEGER NOT NULL, symbols TEXT NOT NULL, text_hash TEXT NOT NULL)",
  "CREATE INDEX chunks_of_file ON chunks (file)",
  "CREATE INDEX chunks_by_text ON chunks (text_hash)",
  "CREATE VIRTUAL TABLE words USING fts5(path, symbols, body, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2')",
  "CREATE TABLE commits (id INTEGER PRIMARY KEY, files TEXT NOT NULL)",
  "CREATE VIRTUAL TABLE subjects USING fts5(subject, content='', contentless_delete=1, tokenize='porter unicode61 remove_diacritics 2')",
  "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL)",
  "CREATE TABLE vectors (hash TEXT NOT NULL, model TEXT NOT NULL, vector BLOB NOT NULL, PRIMARY KEY (hash, model)) WITHOUT ROWID",
];

/** Incremented when the content of the index changes. An index of another version is rebuilt. */
const version = 2;

/** The file is not a usable index: it is damaged, of another version, or was not created by dispatch. */
export class UnusableIndex extends Error {}

/** Opens an index, or creates an empty one. Throws `UnusableIndex` if the existing file must be rebuilt. */
export function openStore(file: string): Store {
  const { DatabaseSync } = loadSqlite();
  // SQLite would create it readable for others. The files that it creates beside it get the same mode.
  closeSync(openSync(file, "a", 0o600));
  const db = new DatabaseSync(file, { timeout: 250 });
  try {
    // The file may have been planted: code in its schema must not run.
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY");
    if (!hasSchema(db)) createTables(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, ...operations(db), close: () => db.close() };
}

/** Whether the database has exactly the schema above. Returns false for an empty file and throws for any other. */
function hasSchema(db: DatabaseSync): boolean {
  const { user_version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  const found = db
    .prepare(
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'words\\_%' ESCAPE '\\' AND name NOT LIKE 'subjects\\_%' ESCAPE '\\'",
    )
    .all();
  if (found.length === 0 && user_version === 0) return false;
  const is_same = found.length === schema.length && schema.every((sql) => found.some((row) => row["sql"] === sql));
  if (user_version !== version || !is_same) throw new UnusableIndex("it was created by another version");
  return true;
}

/** Creates the tables, unless another process has created them meanwhile. */
function createTables(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    if (!hasSchema(db)) db.exec(`${schema.join(";")};PRAGMA user_version = ${version}`);
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

function operations(db: DatabaseSync): Pick<Store, "files" | "put" | "touch" | "remove"> {
  const insert_file = db.prepare("INSERT INTO files (path, size, mtime_ms, hash) VALUES (?, ?, ?, ?)");
  const insert_chunk = db.prepare(
    "INSERT INTO chunks (file, first_line, last_line, symbols, text_hash) VALUES (?, ?, ?, ?, ?)",
  );
  const insert_words = db.prepare("INSERT INTO words (rowid, path, symbols, body) VALUES (?, ?, ?, ?)");
  const find_file = db.prepare("SELECT id FROM files WHERE path = ?");
  const remove = (path: string): void => {
    const found = find_file.get(path);
    if (found === undefined) return;
    const id = Number(found["id"]);
    db.prepare("DELETE FROM words WHERE rowid IN (SELECT id FROM chunks WHERE file = ?)").run(id);
    db.prepare("DELETE FROM chunks WHERE file = ?").run(id);
    db.prepare("DELETE FROM files WHERE id = ?").run(id);
  };
  return {
    files() {
      const files = new Map<string, IndexedFile>();
      for (const row of db.prepare("SELECT path, size, mtime_ms, hash FROM files").all()) {
        // The schema defines the columns.
        const file = row as unknown as IndexedFile;
        files.set(file.path, file);
      }
      return files;
    },
    put(file, chunks) {
      remove(file.path);
      const id = insert_file.run(file.path, file.size, file.mtime_ms, file.hash).lastInsertRowid;
      const path = withParts(file.path);
      for (const { first_line, last_line, symbols, text_hash, symbol_words, text_words } of chunks) {
        const { lastInsertRowid } = insert_chunk.run(id, first_line, last_line, symbols, text_hash);
        insert_words.run(lastInsertRowid, path, symbol_words, text_words);
      }
    },
    touch: ({ path, size, mtime_ms }) => {
      db.prepare("UPDATE files SET size = ?, mtime_ms = ? WHERE path = ?").run(size, mtime_ms, path);
    },
    remove,
  };
}

/** Returns a hash of the indexed state of the workspace: the contents of its files and its commit. */
export function stateOf(db: DatabaseSync): string {
  const row = db
    .prepare(
      "SELECT (SELECT group_concat(path || ' ' || hash, char(10)) FROM (SELECT path, hash FROM files ORDER BY path)) AS files, (SELECT value FROM meta WHERE key = 'head') AS head",
    )
    .get();
  return hashText(`${row?.["head"]}\n${row?.["files"]}`);
}

/** Whether an error means that the file is damaged or not an index. */
export function isDamage(error: unknown): boolean {
  if (error instanceof UnusableIndex) return true;
  return /malformed|not a database|corrupt|disk image|vtable constructor failed|no such (?:table|column)/i.test(
    messageOf(error),
  );
}

/** Whether an error means that another process has locked the index. */
export const isBusy = (error: unknown): boolean => /database (?:table )?is locked|busy/i.test(messageOf(error));

/** Retries while another process has locked the index, for about a minute. */
export async function retryWhileBusy<Value>(work: () => Value, signal: AbortSignal): Promise<Value> {
  for (let tries = 0; ; tries++) {
    try {
      return work();
    } catch (error) {
      // Each try already waits for the timeout of the connection, 250 ms.
      if (!isBusy(error) || tries >= 240) throw error;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }
}
