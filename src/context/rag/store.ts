import { closeSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { messageOf } from "#errors";
import type { Chunk } from "./chunks.ts";
import { hashText } from "./passages.ts";
import { loadSqlite } from "./sqlite.ts";
import { withParts } from "./words.ts";

/** What the index knows of a file. */
export interface IndexedFile {
  path: string;
  size: number;
  /** 0 where the file changed so shortly before it was read that its time says nothing. */
  mtime_ms: number;
  hash: string;
}

/** A chunk as it goes into the index: made by whoever reads the file, because the one who writes is the slowest. */
export interface PreparedChunk {
  first_line: number;
  last_line: number;
  /** A line for each. */
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

/** The index on disk. Every call may throw what SQLite throws. */
export interface Store {
  db: DatabaseSync;
  files(): Map<string, IndexedFile>;
  put(file: IndexedFile, chunks: readonly PreparedChunk[]): void;
  /** What changed of a file is not its content. */
  touch(file: IndexedFile): void;
  remove(path: string): void;
  close(): void;
}

/**
 * The texts are not kept: they stand in the workspace. `words` has one row for each chunk, under the chunk's number;
 * `vectors` are by the hash of what was embedded, so that moved code keeps its own.
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

/** Raised whenever what is put into the index changes: an index of another version is built anew. */
const version = 2;

/** What stands in the place of an index is none: damaged, of another version, or not made by dispatch. */
export class UnusableIndex extends Error {}

/** Opens an index, or makes an empty one. Throws `UnusableIndex` where what is there must be made anew. */
export function openStore(file: string): Store {
  const { DatabaseSync } = loadSqlite();
  // SQLite would let others read it; what it puts beside it has the same mode.
  closeSync(openSync(file, "a", 0o600));
  const db = new DatabaseSync(file, { timeout: 250 });
  try {
    // A file that came with the workspace is not trusted: what is in its schema must not run.
    db.exec("PRAGMA trusted_schema = OFF; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY");
    if (!isOurs(db)) prepare(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return { db, ...operations(db), close: () => db.close() };
}

/** Whether the schema is to the letter the one above; false for an empty file. */
function isOurs(db: DatabaseSync): boolean {
  const { user_version } = db.prepare("PRAGMA user_version").get() as { user_version: number };
  const found = db
    .prepare(
      "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'words\\_%' ESCAPE '\\' AND name NOT LIKE 'subjects\\_%' ESCAPE '\\'",
    )
    .all();
  if (found.length === 0 && user_version === 0) return false;
  const is_same = found.length === schema.length && schema.every((sql) => found.some((row) => row["sql"] === sql));
  if (user_version !== version || !is_same) throw new UnusableIndex("it was made by another version");
  return true;
}

/** Makes the tables, unless another process is just as far. */
function prepare(db: DatabaseSync): void {
  db.exec("BEGIN IMMEDIATE");
  try {
    if (!isOurs(db)) db.exec(`${schema.join(";")};PRAGMA user_version = ${version}`);
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
        // The schema says what the columns hold.
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

/** What tells one state of the indexed workspace from another: the contents of its files, and the commit that it is at. */
export function stateOf(db: DatabaseSync): string {
  const row = db
    .prepare(
      "SELECT (SELECT group_concat(path || ' ' || hash, char(10)) FROM (SELECT path, hash FROM files ORDER BY path)) AS files, (SELECT value FROM meta WHERE key = 'head') AS head",
    )
    .get();
  return hashText(`${row?.["head"]}\n${row?.["files"]}`);
}

/** Whether an error says that the file is no index, or no whole one. */
export function isDamage(error: unknown): boolean {
  if (error instanceof UnusableIndex) return true;
  return /malformed|not a database|corrupt|disk image|vtable constructor failed|no such (?:table|column)/i.test(
    messageOf(error),
  );
}

/** Whether another process holds the index just now. */
export const isBusy = (error: unknown): boolean => /database (?:table )?is locked|busy/i.test(messageOf(error));

/** Does something with the index as soon as no other process is in the way, within about a minute. */
export async function whenFree<Value>(work: () => Value, signal: AbortSignal): Promise<Value> {
  for (let tries = 0; ; tries++) {
    try {
      return work();
    } catch (error) {
      // Each try has waited for as long as the connection does.
      if (!isBusy(error) || tries >= 240) throw error;
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }
}
