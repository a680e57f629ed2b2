import type { RagConfig } from "#config";
import { messageOf } from "#errors";
import type { OpenIndex } from "./open-index.ts";
import type { Candidate, ChunkReader } from "./passages.ts";

/** Sources that are queried in addition to the word index. A source that fails is not queried again. */
export interface ExternalSources {
  /** Returns one ranking per source that responds. */
  rankings(query: string): Promise<Candidate[][]>;
  close(): Promise<void>;
}

/** Options of `openExternalSources`. */
export interface ExternalSourcesOptions {
  config: RagConfig;
  index: OpenIndex;
  reader: ChunkReader;
  note: (text: string) => void;
  signal: AbortSignal;
  /** Maximum number of chunks in a ranking by embeddings. */
  max_candidates: number;
}

interface ExternalSource {
  name: string;
  query: (query: string) => Promise<Candidate[]>;
  close: () => Promise<void>;
}

/** Starts the sources that the configuration names. Rejects only with the signal's reason. */
export async function openExternalSources(options: ExternalSourcesOptions): Promise<ExternalSources> {
  const { config, signal, note, reader } = options;
  const { redactor, workspace } = reader;
  const sources: ExternalSource[] = [];

  async function attempt<Value>(name: string, work: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const why = messageOf(error).replace(/\.$/, "");
      note(`Cannot query ${name} for rag: keys: ${why}. Results are from the other sources.`);
      return undefined;
    }
  }

  const { embeddings, mcp } = config;
  try {
    if (embeddings !== undefined) {
      const name = `embeddings of ${embeddings.model}`;
      const query = await attempt(name, () => openVectors(options, embeddings));
      if (query !== undefined) sources.push({ name, query, close: async () => {} });
    }
    if (mcp !== undefined) {
      const name = `MCP server ${mcp.command[0]}`;
      const server = await attempt(name, async () => {
        // Loaded on demand: servers are rare, and loading the SDK takes longer than the rest of gathering.
        const { startMcpServer } = await import("./mcp.ts");
        return startMcpServer({ config: mcp, cwd: workspace.root, signal, redact: redactor.redact });
      });
      if (server !== undefined) sources.push({ name, ...server });
    }
  } catch (error) {
    await close();
    throw error;
  }

  async function close(): Promise<void> {
    await Promise.all(sources.splice(0).map((source) => source.close()));
  }

  return {
    async rankings(query) {
      const masked = await redactor.redact(query);
      const rankings: Candidate[][] = [];
      for (const source of [...sources]) {
        const ranking = await attempt(source.name, () => source.query(masked));
        if (ranking !== undefined) rankings.push(ranking);
        else {
          sources.splice(sources.indexOf(source), 1);
          await source.close();
        }
      }
      return rankings;
    },
    close,
  };
}

async function openVectors(
  { index, reader, signal, max_candidates }: ExternalSourcesOptions,
  config: NonNullable<RagConfig["embeddings"]>,
): Promise<(query: string) => Promise<Candidate[]>> {
  const [{ createEmbedder }, { searchVectors, updateVectors }] = await Promise.all([
    import("./embeddings.ts"),
    import("./vectors.ts"),
  ]);
  const embed = createEmbedder({ config, env: process.env });
  const search = { db: index.store.db, model: config.model, embed, reader, signal };
  await updateVectors(search);
  return (query) => searchVectors(search, query, max_candidates);
}
