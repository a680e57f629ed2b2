import type { DatabaseSync } from "node:sqlite";
import type { Embed } from "./embeddings.ts";
import { fileKind } from "./kinds.ts";
import { type Candidate, type ChunkReader, hashText, readChunks } from "./passages.ts";
import type { Hit } from "./search.ts";
import { retryWhileBusy } from "./store.ts";

/** Maximum number of texts per request, and of their characters together. */
const batch = { texts: 64, characters: 100_000 } as const;

/** Maximum number of concurrent requests. */
const max_concurrent = 4;

/** Dependencies of a search by embeddings. */
export interface VectorSearch {
  db: DatabaseSync;
  /** Vectors of different models are not comparable. */
  model: string;
  embed: Embed;
  reader: ChunkReader;
  signal: AbortSignal;
}

/** Embeds chunks without a vector. Vectors are stored by content, so that no text is paid for twice. */
export async function updateVectors(search: VectorSearch): Promise<void> {
  const { db, model, reader } = search;
  const rows = db
    .prepare(
      `SELECT min(c.id) AS chunk, f.path, f.hash, c.first_line, c.last_line, c.symbols, c.text_hash FROM chunks c JOIN files f ON f.id = c.file
       WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.hash = c.text_hash AND v.model = ?) GROUP BY c.text_hash ORDER BY f.path`,
    )
    // The statement defines the columns.
    .all(model) as unknown as (Hit & { text_hash: string })[];
  const by_file = Map.groupBy(
    rows.filter(({ path }) => fileKind(path) !== "data"),
    ({ path }) => path,
  );
  const pending = new Set<Promise<unknown>>();
  let texts: { hash: string; text: string }[] = [];
  let characters = 0;
  const send = async (): Promise<void> => {
    const sending: Promise<unknown> = embedAndStore(search, texts).finally(() => pending.delete(sending));
    pending.add(sending);
    texts = [];
    characters = 0;
    if (pending.size >= max_concurrent) await Promise.race(pending);
  };
  try {
    for (const [path, chunks] of by_file) {
      search.signal.throwIfAborted();
      const read = await readChunks(path, chunks, reader);
      for (const [i, text] of read.entries()) {
        const hash = chunks[i]?.text_hash;
        if (hash === undefined || text === undefined || text.trim() === "") continue;
        texts.push({ hash, text: `${path}\n${text}` });
        characters += text.length;
        if (texts.length >= batch.texts || characters >= batch.characters) await send();
      }
    }
    if (texts.length > 0) await send();
    await Promise.all(pending);
  } finally {
    // Requests must end before the index is closed.
    await Promise.allSettled(pending);
  }
}

async function embedAndStore(
  { db, model, embed, reader, signal }: VectorSearch,
  texts: { hash: string; text: string }[],
): Promise<Float32Array[]> {
  const vectors = await embed(await Promise.all(texts.map(({ text }) => reader.redactor.redact(text))), signal);
  const insert = db.prepare("INSERT OR REPLACE INTO vectors (hash, model, vector) VALUES (?, ?, ?)");
  await retryWhileBusy(() => {
    db.exec("BEGIN IMMEDIATE");
    try {
      vectors.forEach((vector, i) => {
        insert.run(texts[i]?.hash ?? "", model, new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength));
      });
      db.exec("COMMIT");
    } catch (error) {
      db.exec("ROLLBACK");
      throw error;
    }
  }, signal);
  return vectors;
}

/** Returns the chunks nearest to a query. */
export async function searchVectors(search: VectorSearch, query: string, max_candidates: number): Promise<Candidate[]> {
  const { db, model } = search;
  const hash = hashText(`question\n${query}`);
  const known = db.prepare("SELECT vector FROM vectors WHERE hash = ? AND model = ?").get(hash, model);
  const target = known === undefined ? (await embedAndStore(search, [{ hash, text: query }]))[0] : vectorOf(known["vector"]);
  if (target === undefined) return [];
  const best: { chunk: number; score: number }[] = [];
  for (const row of db
    .prepare("SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.hash = c.text_hash WHERE v.model = ?")
    .iterate(model)) {
    const score = similarity(target, vectorOf(row["vector"]));
    if (best.length === max_candidates && score <= (best.at(-1)?.score ?? 0)) continue;
    const at = best.findIndex((one) => one.score < score);
    best.splice(at === -1 ? best.length : at, 0, { chunk: Number(row["id"]), score });
    best.length = Math.min(best.length, max_candidates);
  }
  const find = db.prepare(
    "SELECT c.id AS chunk, f.path, f.hash, c.first_line, c.last_line, c.symbols FROM chunks c JOIN files f ON f.id = c.file WHERE c.id = ?",
  );
  return best.flatMap(({ chunk }) => {
    const hit = find.get(chunk);
    // The statement defines the columns.
    return hit === undefined ? [] : [{ id: String(chunk), hit: hit as unknown as Hit }];
  });
}

/** Reads a vector; copies the bytes if SQLite returns them unaligned. */
function vectorOf(bytes: unknown): Float32Array {
  if (!(bytes instanceof Uint8Array) || bytes.byteLength % 4 !== 0) return new Float32Array();
  return bytes.byteOffset % 4 === 0
    ? new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
    : new Float32Array(bytes.slice().buffer);
}

function similarity(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return -1;
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
