import { hash } from "node:crypto";
import type { Redactor } from "#secrets";
import { readText, type Workspace } from "#workspace";
import type { FileHit, Hit } from "./search.ts";

/** A result of a query: a chunk of the index that is yet to be read, or a text from an external source. */
export type Candidate =
  | { id: string; hit: Pick<Hit, "chunk" | "path" | "hash" | "first_line" | "last_line" | "symbols"> }
  | { id: string; title: string; text: string };

/** A text that is given to a task, with its origin as the title. */
export interface Passage {
  title: string;
  text: string;
  path?: string;
  lines?: [first: number, last: number];
  symbols?: string[];
}

/** Weight of each further chunk of a file relative to the one before it when passages are chosen. */
const decay = 0.7;

/** Returns the best chunks of the best files. */
export function candidatesOf(files: readonly FileHit[], max_candidates: number): Candidate[] {
  const found: { score: number; hit: Hit }[] = [];
  for (const { score, hits } of files.slice(0, max_candidates)) {
    const best = hits[0]?.score ?? 1;
    hits.slice(0, 5).forEach((hit, i) => {
      found.push({ score: (score * decay ** i * hit.score) / best, hit });
    });
  }
  found.sort((a, b) => b.score - a.score);
  return found.slice(0, max_candidates).map(({ hit }) => ({ id: String(hit.chunk), hit }));
}

/** Constant of reciprocal rank fusion (Cormack et al., 2009). */
const rank_constant = 60;

/** Merges rankings by reciprocal rank fusion. Ties keep the order of the earlier ranking. */
export function fuse(rankings: readonly (readonly Candidate[])[]): Candidate[] {
  const fused = new Map<string, { candidate: Candidate; score: number }>();
  for (const ranking of rankings) {
    ranking.forEach((candidate, i) => {
      const one = fused.get(candidate.id) ?? { candidate, score: 0 };
      one.score += 1 / (rank_constant + i + 1);
      fused.set(candidate.id, one);
    });
  }
  return [...fused.values()].sort((a, b) => b.score - a.score).map(({ candidate }) => candidate);
}

/** The location of a chunk in a file. */
type Lines = Pick<Hit, "hash" | "first_line" | "last_line">;

/** Dependencies for reading chunks. */
export interface ChunkReader {
  workspace: Workspace;
  listed: ReadonlySet<string>;
  /** Masks whole files before they are split, because half a secret is not recognized. */
  redactor: Redactor;
}

/** Reads chunks of one file. A chunk is undefined if the file has changed since it was indexed, or may not be read. */
export async function readChunks(
  path: string,
  chunks: readonly Lines[],
  { workspace, listed, redactor }: ChunkReader,
): Promise<(string | undefined)[]> {
  const none = chunks.map(() => undefined);
  // The index may have been committed by someone else: only listed files count.
  if (!listed.has(path)) return none;
  const resolved = await workspace.resolve(path);
  if ("refused" in resolved) return none;
  const read = readText(resolved.absolute);
  if (read.type !== "text") return none;
  const found = hashText(read.text);
  const lines = (await redactor.redactLines(read.text)).split("\n");
  return chunks.map((one) => (one.hash === found ? lines.slice(one.first_line - 1, one.last_line).join("\n") : undefined));
}

/** Reads candidates, best first, up to `max_passages`. Skips those that cannot be read or are blank. */
export async function readPassages(
  candidates: readonly Candidate[],
  max_passages: number,
  reader: ChunkReader,
): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const candidate of candidates) {
    if (passages.length === max_passages) break;
    const passage = await readPassage(candidate, reader);
    if (passage !== undefined) passages.push(passage);
  }
  return passages;
}

async function readPassage(candidate: Candidate, reader: ChunkReader): Promise<Passage | undefined> {
  if (!("hit" in candidate)) return { title: candidate.title, text: candidate.text };
  const { path, first_line, last_line, symbols } = candidate.hit;
  const [text] = await readChunks(path, [candidate.hit], reader);
  if (text === undefined || text.trim() === "") return undefined;
  const names = symbols.split("\n").filter((name) => name !== "");
  const title = `${path}:${first_line}-${last_line}${names.length === 0 ? "" : ` (${names.slice(0, 3).join(", ")})`}`;
  return { title, text, path, lines: [first_line, last_line], ...(names.length === 0 ? {} : { symbols: names.slice(0, 10) }) };
}

/** Hashes a text for the index. */
export const hashText = (text: string): string => hash("sha1", text);
