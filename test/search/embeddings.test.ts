import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { createEmbedder } from "../../src/search/embeddings.ts";
import { createRedactor, knownSecrets } from "../../src/secrets/index.ts";
import { entryOf, Project } from "../context/project.ts";
import { pem } from "../secrets/examples.ts";

/** A request that the endpoint received. */
interface ReceivedRequest {
  url: string | undefined;
  authorization: string | undefined;
  model: string;
  input: string[];
}

type Respond = (request: ReceivedRequest, response: ServerResponse, count: number) => void;

/** A local endpoint that the test controls. */
class Endpoint {
  readonly requests: ReceivedRequest[] = [];
  readonly #server;

  private constructor(respond: Respond) {
    this.#server = createServer(async (request: IncomingMessage, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { url, headers } = request;
      const received: ReceivedRequest = { url, authorization: headers.authorization, ...JSON.parse(body) };
      this.requests.push(received);
      respond(received, response, this.requests.length);
    });
  }

  static async open(respond: Respond = (request, response) => send(response, request.input.map(meaning))): Promise<Endpoint> {
    const endpoint = new Endpoint(respond);
    endpoint.#server.listen(0, "127.0.0.1");
    await once(endpoint.#server, "listening");
    return endpoint;
  }

  get config() {
    const { port } = this.#server.address() as AddressInfo;
    return { embeddings: { url: `http://127.0.0.1:${port}/v1`, model: "small" } };
  }

  get inputs(): string[] {
    return this.requests.flatMap(({ input }) => input);
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

const send = (response: ServerResponse, vectors: unknown[]): void => {
  response.setHeader("content-type", "application/json");
  // Out of order: the client must use the index.
  response.end(JSON.stringify({ data: vectors.map((embedding, index) => ({ index, embedding })).reverse() }));
};

/** Embeds texts with two meanings: animals, and everything else. */
const meaning = (text: string): number[] => (/hound|canine|dog/.test(text) ? [2, 0.1] : [0.1, 2]);

const key = "rag:canine handling";
const results = (entry: { metadata: Readonly<Record<string, unknown>> }) => entry.metadata["results"] as { path: string }[];

describe("embeddings", () => {
  test("find chunks that share no word with the query, in addition to those that do", async () => {
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
    expect(endpoint.requests[0]).toMatchObject({ url: "/v1/embeddings", model: "small" });
  });

  test("are requested once: chunks and queries are not sent again until they change", async () => {
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

  test("are requested in batches, with secrets masked", async () => {
    using endpoint = await Endpoint.open();
    using project = new Project();
    for (let i = 0; i < 150; i++) project.write(`f${i}.py`, `hound_${i} = "hunter2-hunter2"\n`);
    const secret_key = pem("RSA ", 3200);
    const key_lines = secret_key.split("\n").slice(5, -5);
    project.write("key.py", `# hound\nKEY = """${secret_key}"""\n`);
    project.write(".env", "hound=1");
    project.write("data.json", '{"hound": 1}');
    const redactor = createRedactor(knownSecrets({ DB_PASSWORD: "hunter2-hunter2" }));
    await project.gather([key], { rag: endpoint.config, redactor });
    expect(endpoint.requests.map(({ input }) => input.length).sort((a, b) => b - a)).toEqual([64, 64, 24, 1]);
    expect(key_lines.filter((line) => endpoint.inputs.join("\n").includes(line))).toEqual([]);
    expect(endpoint.inputs.join("\n")).not.toMatch(/hunter2|\.env|data\.json/);
  });

  test.each<[string, Respond, string]>([
    ["refuses", (_, response) => response.writeHead(401).end(), "it responded with status 401"],
    ["sends nonsense", (_, response) => response.end('{"data": "no"}'), "its response is not a list of embeddings"],
    ["does not send JSON", (_, response) => response.end("<html>"), "Cannot query embeddings of small for rag: keys"],
    [
      "sends too few",
      (request, response) => send(response, request.input.slice(1).map(meaning)),
      "it did not return 2 embeddings of equal length",
    ],
    ["hangs up", (_, response) => response.destroy(), "Cannot query embeddings"],
    ["redirects", (_, response) => response.writeHead(302, { location: "/x" }).end(), "Cannot query embeddings"],
  ])("that fail only cause a note: an endpoint that %s", async (_, respond, note) => {
    using endpoint = await Endpoint.open(respond);
    using project = new Project();
    project.write("a.py", "handling = 1\n");
    project.write("b.py", "hound = 1\n");
    const pool = await project.gather([key], { rag: endpoint.config });
    expect(results(entryOf(pool, key)).map(({ path }) => path)).toEqual(["a.py"]);
    expect(pool.notes.join()).toContain(note);
  });

  test("that fail later keep what was paid for", async () => {
    using endpoint = await Endpoint.open((request, response, count) =>
      count === 2 ? response.writeHead(400).end() : send(response, request.input.map(meaning)),
    );
    using project = new Project();
    project.write("a.py", "hound = 1\n");
    const first = await project.gather([key], { rag: endpoint.config });
    expect(first.notes).toHaveLength(1);
    const second = await project.gather([key], { rag: endpoint.config });
    expect(second.notes).toEqual([]);
    expect(endpoint.inputs).toEqual(["a.py\nhound = 1", "canine handling", "canine handling"]);
  });

  test("are requested with the key, again if the endpoint is busy, and not at all if the key is missing", async () => {
    using endpoint = await Endpoint.open((request, response, count) =>
      count === 1 ? response.writeHead(429, { "retry-after": "0" }).end() : send(response, request.input.map(meaning)),
    );
    const config = { ...endpoint.config.embeddings, api_key_env: "KEY_OF_TEST" };
    const signal = new AbortController().signal;
    await expect(createEmbedder({ config, env: {} })(["x"], signal)).rejects.toThrow("KEY_OF_TEST is not set");
    expect(endpoint.requests).toEqual([]);
    const [vector] = await createEmbedder({ config, env: { KEY_OF_TEST: "k" } })(["dog"], signal);
    expect(Math.hypot(...(vector ?? []))).toBeCloseTo(1);
    expect(endpoint.requests.map(({ authorization }) => authorization)).toEqual(["Bearer k", "Bearer k"]);
  });

  test("time out if the endpoint does not respond", async () => {
    using endpoint = await Endpoint.open(() => {});
    const embed = createEmbedder({ config: endpoint.config.embeddings, env: {}, timeout_ms: 1 });
    await expect(embed(["x"], new AbortController().signal)).rejects.toThrow("it did not respond within 0.001 s");
  });
});
