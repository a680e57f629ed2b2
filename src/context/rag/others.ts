import type { RagConfig } from "#config";
import { messageOf } from "#errors";
import type { OpenIndex } from "./open-index.ts";
import type { Candidate, ChunkReader } from "./passages.ts";

/** Who is asked beside the words; one that fails is not asked again, and the rest go on without it. */
export interface ExternalSources {
  /** A ranking of each that has something to say. */
  rankings(question: string): Promise<Candidate[][]>;
  close(): Promise<void>;
}

/** Options of `askOthers`. */
export interface ExternalSourcesOptions {
  config: RagConfig;
  index: OpenIndex;
  reader: ChunkReader;
  note: (text: string) => void;
  signal: AbortSignal;
  /** Most chunks that embeddings rank. */
  most: number;
}

/** Starts whoever the configuration names. Rejects only with the signal's reason. */
export async function queryExternalSources(options: ExternalSourcesOptions): Promise<ExternalSources> {
  const { config, signal, note, reader } = options;
  const { redactor, workspace } = reader;
  const asking: { name: string; ask: (question: string) => Promise<Candidate[]>; close: () => Promise<void> }[] = [];

  async function attempt<Value>(name: string, work: () => Promise<Value>): Promise<Value | undefined> {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      note(`For rag: ${name} could not be asked: ${messageOf(error).replace(/\.$/, "")}. What was found is from the rest.`);
      return undefined;
    }
  }

  const { embeddings, mcp } = config;
  try {
    if (embeddings !== undefined) {
      const name = `the embeddings of ${embeddings.model}`;
      const found = await attempt(name, () => startVectors(options, embeddings));
      if (found !== undefined) asking.push({ name, ask: found, close: async () => {} });
    }
    if (mcp !== undefined) {
      const name = `the server ${mcp.command[0]}`;
      const server = await attempt(name, async () => {
        // Loaded late: few have one, and the SDK takes longer to load than all the rest of a gathering.
        const { startMcpServer } = await import("./mcp.ts");
        return startMcpServer({ config: mcp, cwd: workspace.root, signal, redact: redactor.redact });
      });
      if (server !== undefined) asking.push({ name, ...server });
    }
  } catch (error) {
    await close();
    throw error;
  }

  async function close(): Promise<void> {
    await Promise.all(asking.splice(0).map((other) => other.close()));
  }

  return {
    async rankings(question) {
      const asked = await redactor.redact(question);
      const rankings: Candidate[][] = [];
      for (const other of [...asking]) {
        const ranking = await attempt(other.name, () => other.ask(asked));
        if (ranking !== undefined) rankings.push(ranking);
        else {
          asking.splice(asking.indexOf(other), 1);
          await other.close();
        }
      }
      return rankings;
    },
    close,
  };
}

async function startVectors(
  { index, reader, signal, most }: ExternalSourcesOptions,
  config: NonNullable<RagConfig["embeddings"]>,
): Promise<(question: string) => Promise<Candidate[]>> {
  const [{ createEmbedder }, { searchVectors, updateVectors }] = await Promise.all([
    import("./embeddings.ts"),
    import("./vectors.ts"),
  ]);
  const embed = createEmbedder({ config, env: process.env });
  const search = { db: index.store.db, model: config.model, embed, reader, signal };
  await updateVectors(search);
  return (question) => searchVectors(search, question, most);
}
