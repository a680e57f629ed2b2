import type { RagConfig } from "#config";
import { messageOf } from "#errors";
import type { ExternalSources, OpenIndex, Passage } from "#search";
import type { Redactor } from "#secrets";
import type { Finding, FoundItem, Reduced, Source } from "../item.ts";

/** Maximum number of passages for one query. */
const max_passages = 8;

/** Maximum number of chunks that are ranked before the best are read. */
const max_candidates = 40;

/** A low estimate for fitting passages; packing counts tokens exactly. */
const characters_per_token = 3;

/** Options of `ragSource`. */
export interface RagOptions {
  max_tokens: number;
  /** Receives notes for the user: on the index, and on sources that did not respond. */
  note: (text: string) => void;
  /** Sources to query in addition to the word index. */
  config?: RagConfig | undefined;
  /** Masks text before it is split into passages or sent to a source. */
  redactor: Redactor;
}

/** Finds `rag:` keys: passages of the workspace that answer a query, from a full-text index that is kept in it. */
export function ragSource(options: RagOptions): Source {
  /** Findings by key, with the state of the workspace that they are valid for. */
  const cached = new Map<string, { state: string; finding: Finding }>();
  return {
    async gather(keys, workspace, signal) {
      signal.throwIfAborted();
      // Loaded on demand: most tasks have no such keys.
      const { candidatesOf, fuse, openExternalSources, openIndex, readPassages, search, stateOf } = await import("#search");
      const list = async (): Promise<readonly string[]> => (await workspace.list()).files;
      let index: OpenIndex;
      try {
        index = await openIndex({ root: workspace.root, list, signal });
      } catch (error) {
        signal.throwIfAborted();
        const why = `the index cannot be opened: ${messageOf(error)}`;
        return keys.map((key) => ({ key, missing: why }));
      }
      let external: ExternalSources | undefined;
      try {
        for (const note of index.notes) options.note(note);
        const state = stateOf(index.store.db);
        const known = keys.map((key) => cached.get(key)).filter((one) => one?.state === state);
        if (known.length === keys.length) return known.flatMap((one) => (one === undefined ? [] : [one.finding]));
        const listed = new Set(await list());
        const { config = {}, redactor, note } = options;
        const reader = { workspace, listed, redactor };
        external = await openExternalSources({ config, index, reader, note, signal, max_candidates });
        const findings: Finding[] = [];
        for (const key of keys) {
          signal.throwIfAborted();
          const query = key.slice("rag:".length).trim();
          if (query === "") {
            findings.push({ key, missing: "the query is empty" });
            continue;
          }
          const by_words = candidatesOf(search(index.store.db, query), max_candidates);
          const ranked = fuse([by_words, ...(await external.rankings(query))]);
          const passages = await readPassages(ranked, max_passages, reader);
          if (passages.length === 0) findings.push({ key, missing: "nothing in the workspace matches" });
          else findings.push({ key, items: [itemOf(key, query, passages, options)] });
        }
        for (const finding of findings) cached.set(finding.key, { state, finding });
        return findings;
      } finally {
        await external?.close();
        index.close();
      }
    },
  };
}

/** Joins the best passages into one text of at most half of a task's budget. The reduced form has fewer passages. */
function itemOf(key: string, query: string, passages: readonly Passage[], { max_tokens }: RagOptions): FoundItem {
  const join = (limit: number): Reduced => {
    let content = "";
    let tokens = 0;
    const shown: Passage[] = [];
    for (const passage of passages) {
      const text = `${passage.title}\n${passage.text.trimEnd()}\n`;
      const cost = Math.ceil(text.length / characters_per_token);
      if (shown.length > 0 && tokens + cost > limit) break;
      content += shown.length === 0 ? text : `\n${text}`;
      tokens += cost;
      shown.push(passage);
    }
    const results = shown.map(({ title, path, lines, symbols }) =>
      path === undefined ? { title } : { path, lines, ...(symbols === undefined ? {} : { symbols }) },
    );
    return { content, metadata: { query, results } };
  };
  const { content, metadata } = join(Math.floor(max_tokens / 2));
  return { key, type: "rag", content, metadata, reduce: async (limit) => join(limit) };
}
