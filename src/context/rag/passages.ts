import { hash } from "node:crypto";
import type { Redactor } from "#secrets";
import { readText } from "../read.ts";
import type { Workspace } from "../workspace.ts";
import type { FileHit, Hit } from "./search.ts";

/** Something that answers a question, before it is read. */
export type Candidate =
  | { id: string; hit: Pick<Hit, "chunk" | "path" | "hash" | "first_line" | "last_line" | "symbols"> }
  /** From elsewhere: it brings its text along. */
  | { id: string; title: string; text: string };

/** What is given to a task: a title that says where it is from, and the text. */
export interface Passage {
  title: string;
  text: string;
  path?: string;
  lines?: [first: number, last: number];
  symbols?: string[];
}

/** What each further chunk of a file counts against the one before it when passages are chosen. */
const decay = 0.7;

/** The chunks that speak most for the best files. */
export function candidatesOf(files: readonly FileHit[], most: number): Candidate[] {
  const found: { worth: number; hit: Hit }[] = [];
  for (const { score, hits } of files.slice(0, most)) {
    const best = hits[0]?.score ?? 1;
    hits.slice(0, 5).forEach((hit, i) => {
      found.push({ worth: (score * decay ** i * hit.score) / best, hit });
    });
  }
  found.sort((a, b) => b.worth - a.worth);
  return found.slice(0, most).map(({ hit }) => ({ id: String(hit.chunk), hit }));
}

/** Constant of reciprocal rank fusion, as in the paper that it comes from (Cormack and others, 2009). */
const rank_constant = 60;

/** Joins rankings by reciprocal rank fusion; of equals, what an earlier ranking had first. */
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

/** Where a chunk stands. */
type Lines = Pick<Hit, "hash" | "first_line" | "last_line">;

/** What chunks are read with. */
export interface ChunkReader {
  workspace: Workspace;
  listed: ReadonlySet<string>;
  /** Whole files pass through here before they are parted: half a secret is not known for one. */
  redactor: Redactor;
}

/** Reads chunks of one file. Undefined for those of a file that is no longer what was indexed, or may not be read. */
export async function readChunks(
  path: string,
  chunks: readonly Lines[],
  { workspace, listed, redactor }: ChunkReader,
): Promise<(string | undefined)[]> {
  const none = chunks.map(() => undefined);
  // The index may have come with the workspace: it is believed only about files that are listed.
  if (!listed.has(path)) return none;
  const place = await workspace.place(path);
  if ("refused" in place) return none;
  const read = readText(place.absolute);
  if (read.type !== "text") return none;
  const found = hashText(read.text);
  const lines = (await redactor.redactLines(read.text)).split("\n");
  return chunks.map((one) => (one.hash === found ? lines.slice(one.first_line - 1, one.last_line).join("\n") : undefined));
}

/** Reads a candidate. Undefined where it cannot be had, or says nothing. */
export async function readPassage(candidate: Candidate, reader: ChunkReader): Promise<Passage | undefined> {
  if (!("hit" in candidate)) return { title: candidate.title, text: candidate.text };
  const { path, first_line, last_line, symbols } = candidate.hit;
  const [text] = await readChunks(path, [candidate.hit], reader);
  if (text === undefined || text.trim() === "") return undefined;
  const names = symbols.split("\n").filter((name) => name !== "");
  const title = `${path}:${first_line}-${last_line}${names.length === 0 ? "" : ` (${names.slice(0, 3).join(", ")})`}`;
  return { title, text, path, lines: [first_line, last_line], ...(names.length === 0 ? {} : { symbols: names.slice(0, 10) }) };
}

/** What tells one text from another in the index. */
export const hashText = (text: string): string => hash("sha1", text);
