import type { DatabaseSync } from "node:sqlite";
import { filesByHistory } from "./history.ts";
import { fileKind, isTest } from "./kinds.ts";
import { queryWords } from "./words.ts";

/** A chunk that answers a question; the higher the score, the better. */
export interface Hit {
  chunk: number;
  path: string;
  /** Of the file as it was indexed. */
  hash: string;
  first_line: number;
  last_line: number;
  /** A line for each. */
  symbols: string;
  score: number;
}

/** A file with the chunks that speak for it, best first. */
export interface FileHit {
  path: string;
  /** Against the best file by words alone, which has 1. */
  score: number;
  hits: Hit[];
}

/** Most words of a question that are looked for. */
const max_words = 64;

/** Most chunks that are looked at. */
const max_candidates = 1000;

/*
 * The figures below were chosen on the histories of click, pytest and vite (test/bench/retrieval.ts); around each of them
 * the measure is flat.
 */

/** What a word in the path, and in the name of what is defined, counts against one in the text. */
const weights = { path: 3, symbols: 3, body: 1 } as const;

/** What each further chunk of a file counts against the one before it. */
const decay = 0.4;

/** What past commits of the same words may add to a file, and the weight of them that is worth as much. */
const history = { share: 0.4, full: 20, most: 1.5 } as const;

/** What a file counts that is seldom meant. */
const seldom = { test: 0.25, prose: 0.15, data: 0.3 } as const;

/** The files that answer a question, best first. */
export function search(db: DatabaseSync, question: string): FileHit[] {
  const words = queryWords(question).slice(0, max_words);
  if (words.length === 0) return [];
  const match = words.map((word) => `"${word}"`).join(" OR ");
  return rankFiles(findChunks(db, match), filesByHistory(db, match), question);
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
  // The statement says what its columns are.
  return rows as unknown as Hit[];
}

/** The best chunk of a file counts whole, each further one less; then what the file is, and what its history says. */
function rankFiles(hits: readonly Hit[], past: ReadonlyMap<string, number>, question: string): FileHit[] {
  const files = new Map<string, FileHit>();
  for (const hit of hits) {
    const file = files.get(hit.path) ?? { path: hit.path, score: 0, hits: [] };
    files.set(hit.path, file);
    file.score += hit.score * decay ** file.hits.length;
    file.hits.push(hit);
  }
  const priorOf = priorsFor(question);
  let best = 0;
  const priors = new Map<string, number>();
  for (const { path, score } of files.values()) {
    const prior = priorOf(path);
    priors.set(path, prior);
    best = Math.max(best, score * prior);
  }
  for (const file of files.values()) {
    const said = Math.min(history.most, (past.get(file.path) ?? 0) / history.full);
    file.score = (file.score / best + history.share * said) * (priors.get(file.path) ?? 1);
  }
  return [...files.values()].sort((a, b) => b.score - a.score || (a.path < b.path ? -1 : 1));
}

/** Who asks of tests, documents or settings means them. */
function priorsFor(question: string): (path: string) => number {
  const test = /\b(?:tests?|tested|testing|specs?|fixtures?|benchmarks?)\b/i.test(question) ? 1 : seldom.test;
  const prose = /\b(?:docs?|documentation|documented|readme|changelog|guide|tutorial)\b/i.test(question) ? 1 : seldom.prose;
  const data = /\b(?:config|configuration|settings|json|ya?ml|toml|workflow|dependenc(?:y|ies))\b/i.test(question)
    ? 1
    : seldom.data;
  return (path) => {
    const kind = fileKind(path);
    return kind === "prose" ? prose : kind === "data" ? data : isTest(path) ? test : 1;
  };
}
