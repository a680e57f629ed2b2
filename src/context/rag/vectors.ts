import type { DatabaseSync } from "node:sqlite";
import type { Embed } from "./embeddings.ts";
import { fileKind } from "./kinds.ts";
import { type Candidate, type ChunkReader, hashText, readChunks } from "./passages.ts";
import type { Hit } from "./search.ts";
import { whenFree } from "./store.ts";

/** Texts that are sent at once, and the most characters of them together. */
const batch = { texts: 64, characters: 100_000 } as const;

/** Batches that are under way at the same time. */
const max_at_once = 4;

/** Looks for chunks by what they mean. */
export interface VectorSearch {
  db: DatabaseSync;
  /** Vectors of different models cannot be compared. */
  model: string;
  embed: Embed;
  reader: ChunkReader;
  signal: AbortSignal;
}

/** Embeds what has no vector yet; what was embedded once is kept by its content, so it is never paid for again. */
export async function updateVectors(search: VectorSearch): Promise<void> {
  const { db, model, reader } = search;
  const rows = db
    .prepare(
      `SELECT min(c.id) AS chunk, f.path, f.hash, c.first_line, c.last_line, c.symbols, c.text_hash FROM chunks c JOIN files f ON f.id = c.file
       WHERE NOT EXISTS (SELECT 1 FROM vectors v WHERE v.hash = c.text_hash AND v.model = ?) GROUP BY c.text_hash ORDER BY f.path`,
    )
    // The statement says what its columns are.
    .all(model) as unknown as (Hit & { text_hash: string })[];
  const by_file = Map.groupBy(
    rows.filter(({ path }) => fileKind(path) !== "data"),
    ({ path }) => path,
  );
  const waiting = new Set<Promise<unknown>>();
  let texts: { hash: string; text: string }[] = [];
  let characters = 0;
  const send = async (): Promise<void> => {
    const sending: Promise<unknown> = store(search, texts).finally(() => waiting.delete(sending));
    waiting.add(sending);
    texts = [];
    characters = 0;
    if (waiting.size >= max_at_once) await Promise.race(waiting);
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
    await Promise.all(waiting);
  } finally {
    // What is under way ends before the index is closed.
    await Promise.allSettled(waiting);
  }
}

async function store(
  { db, model, embed, reader, signal }: VectorSearch,
  texts: { hash: string; text: string }[],
): Promise<Float32Array[]> {
  const vectors = await embed(await Promise.all(texts.map(({ text }) => reader.redactor.redact(text))), signal);
  const insert = db.prepare("INSERT OR REPLACE INTO vectors (hash, model, vector) VALUES (?, ?, ?)");
  await whenFree(() => {
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

/** The chunks that are nearest to a question. */
export async function searchVectors(search: VectorSearch, question: string, most: number): Promise<Candidate[]> {
  const { db, model } = search;
  const hash = hashText(`question\n${question}`);
  const known = db.prepare("SELECT vector FROM vectors WHERE hash = ? AND model = ?").get(hash, model);
  const asked = known === undefined ? (await store(search, [{ hash, text: question }]))[0] : vectorOf(known["vector"]);
  if (asked === undefined) return [];
  const best: { chunk: number; score: number }[] = [];
  for (const row of db
    .prepare("SELECT c.id, v.vector FROM chunks c JOIN vectors v ON v.hash = c.text_hash WHERE v.model = ?")
    .iterate(model)) {
    const score = similarity(asked, vectorOf(row["vector"]));
    if (best.length === most && score <= (best.at(-1)?.score ?? 0)) continue;
    const at = best.findIndex((one) => one.score < score);
    best.splice(at === -1 ? best.length : at, 0, { chunk: Number(row["id"]), score });
    best.length = Math.min(best.length, most);
  }
  const find = db.prepare(
    "SELECT c.id AS chunk, f.path, f.hash, c.first_line, c.last_line, c.symbols FROM chunks c JOIN files f ON f.id = c.file WHERE c.id = ?",
  );
  return best.flatMap(({ chunk }) => {
    const hit = find.get(chunk);
    // The statement says what its columns are.
    return hit === undefined ? [] : [{ id: String(chunk), hit: hit as unknown as Hit }];
  });
}

/** SQLite's bytes may begin anywhere; numbers of four bytes may not. */
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
