import type { DatabaseSync } from "node:sqlite";
import { filesByHistory } from "./history.ts";
import { fileKind, isTest } from "./kinds.ts";
import { queryWords } from "./words.ts";

/** A chunk that matches a query. A higher score is better. */
export interface Hit {
  chunk: number;
  path: string;
  /** Hash of the indexed file. */
  hash: string;
  first_line: number;
  last_line: number;
  /** One per line. */
  symbols: string;
  score: number;
}

/** A file with its matching chunks, best first. */
export interface FileHit {
  path: string;
  /** Relative to the best file by words alone, which scores 1. */
  score: number;
  hits: Hit[];
}

/** Maximum number of words of a query that are searched for. */
const max_words = 64;

/** Maximum number of chunks that are scored. */
const max_candidates = 1000;

/*
 * The figures below were chosen with the histories of click, pytest and vite (test/bench/retrieval.ts). Near each of them
 * the result quality is flat.
 */

/** Weights of a word in the path and in a defined name, relative to one in the text. */
const weights = { path: 3, symbols: 3, body: 1 } as const;

/** Weight of each further chunk of a file relative to the one before it. */
const decay = 0.4;

/** Score that past commits add to a file: `share` for a commit weight of `full`, and at most `max` times that. */
const history = { share: 0.4, full: 20, max: 1.5 } as const;

/** Factors for files that are rarely wanted. */
const rare = { test: 0.25, prose: 0.15, data: 0.3 } as const;

/** Returns the files that match a query, best first. */
export function search(db: DatabaseSync, query: string): FileHit[] {
  const words = queryWords(query).slice(0, max_words);
  if (words.length === 0) return [];
  const match = words.map((word) => `"${word}"`).join(" OR ");
  return rankFiles(findChunks(db, match), filesByHistory(db, match), query);
}

function findChunks(db: DatabaseSync, match: string): Hit[] {
  const { path, symbols, body } = weights;
  const rows = db
    .prepare(
      `SELECT c.id AS chunk, f.path, f.hash, c.first_line, c.last_line, c.symbols, hit.score FROM
         (SELECT rowid AS id, -bm25(words, ${path}, ${symbols}, ${body}) AS score FROM words WHERE words MATCH ?
          ORDER BY score DESC LIMIT ${max_candidates}) AS hit
       JOIN chunks c USING (id) JOIN files f ON f.id = c.file ORDER BY hit.score DESC, f.path, c.first_line`,
    )
    .all(match);
  // The statement defines the columns.
  return rows as unknown as Hit[];
}

/** Scores files: the best chunk counts fully, each further one less; then the kind of file and its history are applied. */
function rankFiles(hits: readonly Hit[], past: ReadonlyMap<string, number>, query: string): FileHit[] {
  const files = new Map<string, FileHit>();
  for (const hit of hits) {
    const file = files.get(hit.path) ?? { path: hit.path, score: 0, hits: [] };
    files.set(hit.path, file);
    file.score += hit.score * decay ** file.hits.length;
    file.hits.push(hit);
  }
  const priorOf = priorsFor(query);
  let best = 0;
  const priors = new Map<string, number>();
  for (const { path, score } of files.values()) {
    const prior = priorOf(path);
    priors.set(path, prior);
    best = Math.max(best, score * prior);
  }
  for (const file of files.values()) {
    const by_history = Math.min(history.max, (past.get(file.path) ?? 0) / history.full);
    file.score = (file.score / best + history.share * by_history) * (priors.get(file.path) ?? 1);
  }
  return [...files.values()].sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
}

/** Returns the factor of a file by its kind. Tests, documents and settings are not penalized if the query mentions them. */
function priorsFor(query: string): (path: string) => number {
  const test = /\b(?:tests?|tested|testing|specs?|fixtures?|benchmarks?)\b/i.test(query) ? 1 : rare.test;
  const prose = /\b(?:docs?|documentation|documented|readme|changelog|guide|tutorial)\b/i.test(query) ? 1 : rare.prose;
  const data = /\b(?:config|configuration|settings|json|ya?ml|toml|workflow|dependenc(?:y|ies))\b/i.test(query) ? 1 : rare.data;
  return (path) => {
    const kind = fileKind(path);
    return kind === "prose" ? prose : kind === "data" ? data : isTest(path) ? test : 1;
  };
}
