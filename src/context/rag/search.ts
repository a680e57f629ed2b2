import type { DatabaseSync } from "node:sqlite";
import { isTest, kindOf } from "./kinds.ts";
import { queryWords } from "./words.ts";

export const T = JSON.parse(process.env["RAG_T"] ?? "{}") as Record<string, number>;
const w = (name: string, value: number): number => T[name] ?? value;

/** A chunk that answers a question; the higher the score, the better. */
export interface Hit {
  chunk: number;
  path: string;
  hash: string;
  first_line: number;
  last_line: number;
  symbols: string;
  score: number;
}

const most_candidates = 1000;

/** The chunks that hold words of a question, best first by BM25. */
export function findChunks(db: DatabaseSync, query: string): Hit[] {
  const words = queryWords(query).slice(0, 64);
  if (words.length === 0) return [];
  const rows = db
    .prepare(
      `SELECT c.id AS chunk, f.path, f.hash, c.first_line, c.last_line, c.symbols, hit.score FROM
         (SELECT rowid, -bm25(words, ${w("path", 3)}, ${w("sym", 3)}, 1) AS score FROM words WHERE words MATCH ? ORDER BY score DESC LIMIT ${most_candidates}) AS hit
       JOIN chunks c ON c.id = hit.rowid JOIN files f ON f.id = c.file ORDER BY hit.score DESC`,
    )
    .all(words.map((word) => `"${word}"`).join(" OR "));
  // The statement says what its columns are.
  return rows as unknown as Hit[];
}

/** A file with the chunks that speak for it, best first. */
export interface FileHit {
  path: string;
  score: number;
  hits: Hit[];
}

/** Files, best first: the best chunk counts whole, each further one less. */
export function rankByFile(hits: readonly Hit[], query: string): FileHit[] {
  const files = new Map<string, FileHit>();
  for (const hit of hits) {
    const file = files.get(hit.path) ?? { path: hit.path, score: 0, hits: [] };
    files.set(hit.path, file);
    file.score += hit.score * w("decay", 0.4) ** file.hits.length;
    file.hits.push(hit);
  }
  for (const file of files.values()) file.score *= priorOf(file.path, query);
  return [...files.values()].sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
}

function priorOf(path: string, query: string): number {
  const asked = query.toLowerCase();
  switch (kindOf(path)) {
    case "code":
      return isTest(path) && !/\btests?\b|\bspec/.test(asked) ? w("test", 0.5) : 1;
    case "prose":
      return /\bdocs?\b|documentation|readme|changelog/.test(asked) ? 1 : w("prose", 0.5);
    case "data":
      return w("data", 0.5);
  }
}
