import type { RagConfig } from "#config";
import type { Redactor } from "#secrets";
import type { Finding, FoundItem, Reduced, Source } from "../item.ts";
import { type OpenIndex, openIndex } from "../rag/open-index.ts";
import { type ExternalSources, queryExternalSources } from "../rag/others.ts";
import { type Candidate, type ChunkReader, candidatesOf, fuse, type Passage, readPassage } from "../rag/passages.ts";
import { search } from "../rag/search.ts";
import { stateOf } from "../rag/store.ts";

/** Most passages that one question brings. */
const max_passages = 8;

/** Passages that are ranked before the best are read. */
const max_candidates = 40;

/** A guess on the safe side; what is packed is counted exactly. */
const characters_per_token = 3;

/** Options of `ragSource`. */
export interface RagOptions {
  max_tokens: number;
  /** Told once what the user should know: of the index, and of what did not answer. */
  note: (text: string) => void;
  /** Who is asked beside the words of the workspace. */
  config?: RagConfig | undefined;
  /** What is shown in parts, or sent away, passes through here. */
  redactor: Redactor;
}

/** `rag:` keys: what the workspace says to a question, from a full-text index that is kept in it. */
export function ragSource(options: RagOptions): Source {
  /** What was answered, and of which state of the workspace: asked of the same again, nobody needs to be asked. */
  const answered = new Map<string, { state: string; finding: Finding }>();
  return {
    async gather(keys, workspace, signal) {
      signal.throwIfAborted();
      const list = async (): Promise<readonly string[]> => (await workspace.list()).files;
      let index: OpenIndex;
      try {
        index = await openIndex({ root: workspace.root, list, signal });
      } catch (error) {
        signal.throwIfAborted();
        const why = `there can be no index: ${error instanceof Error ? error.message : String(error)}`;
        return keys.map((key) => ({ key, missing: why }));
      }
      let others: ExternalSources | undefined;
      try {
        for (const note of index.notes) options.note(note);
        const state = stateOf(index.store.db);
        const known = keys.map((key) => answered.get(key)).filter((one) => one?.state === state);
        if (known.length === keys.length) return known.flatMap((one) => (one === undefined ? [] : [one.finding]));
        const listed = new Set(await list());
        const { config = {}, redactor, note } = options;
        const reader = { workspace, listed, redactor };
        others = await queryExternalSources({ config, index, reader, note, signal, most: max_candidates });
        const findings: Finding[] = [];
        for (const key of keys) {
          signal.throwIfAborted();
          const question = key.slice("rag:".length).trim();
          if (question === "") {
            findings.push({ key, missing: "it asks nothing" });
            continue;
          }
          const by_words = candidatesOf(search(index.store.db, question), max_candidates);
          const ranked = fuse([by_words, ...(await others.rankings(question))]);
          const passages = await readBest(ranked, reader);
          if (passages.length === 0) findings.push({ key, missing: "nothing in the workspace speaks of it" });
          else findings.push({ key, items: [itemOf(key, question, passages, options)] });
        }
        for (const finding of findings) answered.set(finding.key, { state, finding });
        return findings;
      } finally {
        await others?.close();
        index.close();
      }
    },
  };
}

async function readBest(candidates: readonly Candidate[], reader: ChunkReader): Promise<Passage[]> {
  const passages: Passage[] = [];
  for (const candidate of candidates) {
    if (passages.length === max_passages) break;
    const passage = await readPassage(candidate, reader);
    if (passage !== undefined) passages.push(passage);
  }
  return passages;
}

/** The best passages as one text, at most half of what a task may have; the item makes itself smaller by giving fewer. */
function itemOf(key: string, question: string, passages: readonly Passage[], { max_tokens }: RagOptions): FoundItem {
  const make = (most: number): Reduced => {
    let content = "";
    let tokens = 0;
    const shown: Passage[] = [];
    for (const passage of passages) {
      const text = `${passage.title}\n${passage.text.trimEnd()}\n`;
      const cost = Math.ceil(text.length / characters_per_token);
      if (shown.length > 0 && tokens + cost > most) break;
      content += shown.length === 0 ? text : `\n${text}`;
      tokens += cost;
      shown.push(passage);
    }
    const results = shown.map(({ title, path, lines, symbols }) =>
      path === undefined ? { title } : { path, lines, ...(symbols === undefined ? {} : { symbols }) },
    );
    return { content, metadata: { query: question, results } };
  };
  const { content, metadata } = make(Math.floor(max_tokens / 2));
  return { key, type: "rag", content, metadata, reduce: async (most) => make(most) };
}
