import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createEmbedder } from "../../../src/context/rag/embeddings.ts";
import { createRedactor, knownSecrets } from "../../../src/secrets/index.ts";
import { pem } from "../../secrets/examples.ts";
import { entryOf, Project } from "../project.ts";

/** What the endpoint was sent. */
interface Asked {
  url: string | undefined;
  authorization: string | undefined;
  model: string;
  input: string[];
}

type Answer = (asked: Asked, response: ServerResponse, count: number) => void;

/** An endpoint on this machine that says what the test tells it to. */
class Endpoint {
  readonly asked: Asked[] = [];
  readonly #server;

  private constructor(answer: Answer) {
    this.#server = createServer(async (request: IncomingMessage, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { url, headers } = request;
      const one: Asked = { url, authorization: headers.authorization, ...JSON.parse(body) };
      this.asked.push(one);
      answer(one, response, this.asked.length);
    });
  }

  static async open(answer: Answer = (asked, response) => send(response, asked.input.map(meaning))): Promise<Endpoint> {
    const endpoint = new Endpoint(answer);
    endpoint.#server.listen(0, "127.0.0.1");
    await once(endpoint.#server, "listening");
    return endpoint;
  }

  get config() {
    const { port } = this.#server.address() as AddressInfo;
    return { embeddings: { url: `http://127.0.0.1:${port}/v1`, model: "small" } };
  }

  get inputs(): string[] {
    return this.asked.flatMap(({ input }) => input);
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const send = (response: ServerResponse, vectors: unknown[]): void => {
  response.setHeader("content-type", "application/json");
  // In no order: each says which it is.
  response.end(JSON.stringify({ data: vectors.map((embedding, index) => ({ index, embedding })).reverse() }));
};

/** Two meanings: animals and the rest. */
const meaning = (text: string): number[] => (/hound|canine|dog/.test(text) ? [2, 0.1] : [0.1, 2]);

const key = "rag:canine handling";
const results = (entry: { metadata: Readonly<Record<string, unknown>> }) => entry.metadata["results"] as { path: string }[];

describe("embeddings", () => {
  test("find what shares no word with the question, beside what does", async () => {
    using endpoint = await Endpoint.open();
    using project = new Project();
    project.write("animals.py", "def feed_hound():\n    pass\n");
    project.write("events.py", "def handling():\n    pass\n");
    const plain = await project.gather([key]);
    expect(results(entryOf(plain, key)).map(({ path }) => path)).toEqual(["events.py"]);
    const joined = await project.gather([key], { rag: endpoint.config });
    expect(
      results(entryOf(joined, key))
        .map(({ path }) => path)
        .sort(),
    ).toEqual(["animals.py", "events.py"]);
    expect(endpoint.asked[0]).toMatchObject({ url: "/v1/embeddings", model: "small" });
  });

  test("are asked for once: neither chunks nor questions are sent again until they change", async () => {
    using endpoint = await Endpoint.open();
    using project = new Project();
    project.write("a.py", "hound = 1\n");
    project.write("b.py", "cat = 1\n");
    await project.gather([key], { rag: endpoint.config });
    expect([...endpoint.inputs].sort()).toEqual(["a.py\nhound = 1", "b.py\ncat = 1", "canine handling"]);
    await project.gather([key], { rag: endpoint.config });
    expect(endpoint.inputs).toHaveLength(3);
    project.write("b.py", "cat = 2\n");
    await project.gather([key], { rag: endpoint.config });
    expect(endpoint.inputs.slice(3)).toEqual(["b.py\ncat = 2"]);
  });

  test("are sent in batches, and nothing that is secret", async () => {
    using endpoint = await Endpoint.open();
    using project = new Project();
    for (let i = 0; i < 150; i++) project.write(`f${i}.py`, `hound_${i} = "hunter2-hunter2"\n`);
    const secret_key = pem("RSA ", 3200);
    const parted = secret_key.split("\n").slice(5, -5);
    project.write("key.py", `# hound\nKEY = """${secret_key}"""\n`);
    project.write(".env", "hound=1");
    project.write("data.json", '{"hound": 1}');
    const redactor = createRedactor(knownSecrets({ DB_PASSWORD: "hunter2-hunter2" }));
    await project.gather([key], { rag: endpoint.config, redactor });
    expect(endpoint.asked.map(({ input }) => input.length).sort((a, b) => b - a)).toEqual([64, 64, 24, 1]);
    expect(parted.filter((line) => endpoint.inputs.join("\n").includes(line))).toEqual([]);
    expect(endpoint.inputs.join("\n")).not.toMatch(/hunter2|\.env|data\.json/);
  });

  test.each<[string, Answer, string]>([
    ["refuses", (_, response) => response.writeHead(401).end(), "it answers with status 401"],
    ["answers nonsense", (_, response) => response.end('{"data": "no"}'), "its answer is not a list of embeddings"],
    ["answers no JSON", (_, response) => response.end("<html>"), "For rag: the embeddings of small could not be asked"],
    [
      "leaves some out",
      (asked, response) => send(response, asked.input.slice(1).map(meaning)),
      "of one length and gave others",
    ],
    ["hangs up", (_, response) => response.destroy(), "could not be asked"],
    ["leads elsewhere", (_, response) => response.writeHead(302, { location: "/x" }).end(), "could not be asked"],
  ])("that fail cost nothing but a note: an endpoint that %s", async (_, answer, note) => {
    using endpoint = await Endpoint.open(answer);
    using project = new Project();
    project.write("a.py", "handling = 1\n");
    project.write("b.py", "hound = 1\n");
    const pool = await project.gather([key], { rag: endpoint.config });
    expect(results(entryOf(pool, key)).map(({ path }) => path)).toEqual(["a.py"]);
    expect(pool.notes.join()).toContain(note);
  });

  test("that failed half way keep what was paid for", async () => {
    using endpoint = await Endpoint.open((asked, response, count) =>
      count === 2 ? response.writeHead(400).end() : send(response, asked.input.map(meaning)),
    );
    using project = new Project();
    project.write("a.py", "hound = 1\n");
    const first = await project.gather([key], { rag: endpoint.config });
    expect(first.notes).toHaveLength(1);
    const second = await project.gather([key], { rag: endpoint.config });
    expect(second.notes).toEqual([]);
    expect(endpoint.inputs).toEqual(["a.py\nhound = 1", "canine handling", "canine handling"]);
  });

  test("are asked for again when the endpoint is busy, with its key, and not when the key is missing", async () => {
    using endpoint = await Endpoint.open((asked, response, count) =>
      count === 1 ? response.writeHead(429, { "retry-after": "0" }).end() : send(response, asked.input.map(meaning)),
    );
    const config = { ...endpoint.config.embeddings, api_key_env: "KEY_OF_TEST" };
    const signal = new AbortController().signal;
    await expect(createEmbedder({ config, env: {} })(["x"], signal)).rejects.toThrow("KEY_OF_TEST is not set");
    expect(endpoint.asked).toEqual([]);
    const [vector] = await createEmbedder({ config, env: { KEY_OF_TEST: "k" } })(["dog"], signal);
    expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1);
    expect(endpoint.asked.map(({ authorization }) => authorization)).toEqual(["Bearer k", "Bearer k"]);
  });

  test("that do not come are given up", async () => {
    using endpoint = await Endpoint.open(() => {});
    const embed = createEmbedder({ config: endpoint.config.embeddings, env: {}, timeout_ms: 1 });
    await expect(embed(["x"], new AbortController().signal)).rejects.toThrow("it did not answer within 0.001 s");
  });
});
