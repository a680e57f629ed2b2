import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Endpoint, type Step, scripted, startEndpoint } from "../support/endpoint/index.ts";
import { Rig } from "../support/rig.ts";

let endpoint: Endpoint;

beforeAll(async () => {
  endpoint = await startEndpoint();
});

afterAll(() => endpoint.close());

const output_schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };

describe.each(["anthropic", "openai-compatible"])("%s", (provider) => {
  async function runTask(steps: readonly Step[], task: object = {}, config: object = {}) {
    const rig = new Rig();
    const agent = { adapter: "api", provider, base_url: `${endpoint.url}/v1`, model: "m-1", api_key_env: "SOME_KEY" };
    const file = {
      tasks: [{ task_id: "a", agent: "it", description: `Say it. ${scripted(steps)}`, ...task }],
      config: { agents: { it: { ...agent, ...config } } },
    };
    const { result } = await rig.dispatch(file, [], { env: { SOME_KEY: "none" } });
    return { rig, row: result.results[0], [Symbol.asyncDispose]: () => rig.close() };
  }

  test("the model's message is the output, with its usage", async () => {
    await using run = await runTask([{ text: "One.\nTwo." }], {}, { price: { input: 1, cached_input: 0.5, output: 10 } });
    const input_tokens = provider === "anthropic" ? 140 : 100;
    expect(run.row).toMatchObject({
      status: "success",
      output: "One.\nTwo.",
      model: "m-1",
      usage: { input_tokens, cached_input_tokens: 40, output_tokens: 20 },
    });
    expect(run.row?.usage?.cost_usd).toBeCloseTo(((input_tokens - 40) * 1 + 40 * 0.5 + 20 * 10) / 1e6, 9);
    const messages = run.rig.journal().flatMap((event) => (event.type === "agent.message" ? event.text : []));
    expect(messages.join("")).toBe("One.\nTwo.");
  });

  test("output that fits its schema is parsed to a value", async () => {
    await using run = await runTask([{ text: '{"n": 1}' }], { output_schema });
    expect(run.row).toMatchObject({ status: "success", output: { n: 1 } });
    // The schema is part of the request, not only of the prompt.
    const { messages: _, ...fields } = endpoint.requests.at(-1)?.body ?? {};
    expect(JSON.stringify(fields)).toContain('"integer"');
  });

  test("output that does not fit is retried with the problem in the prompt", async () => {
    await using run = await runTask([{ text: '{"n": "one"}' }], { output_schema, retries: 1 });
    expect(run.row).toMatchObject({ status: "error", error_kind: "invalid_output", attempts: 2 });
    expect(run.rig.read("traces/latest/io/a@2.prompt.md")).toContain("does not fit");
  });

  test.each([
    [401, "auth", "Check the key in SOME_KEY."],
    [403, "auth", "Check the key in SOME_KEY."],
    [400, "agent", undefined],
    [500, "agent", "The endpoint failed. Continue later with `dispatch resume`, or set `retries`."],
  ])("HTTP status %i is an error of kind %s", async (status, error_kind, suggestion) => {
    await using run = await runTask([{ status, message: "because of this" }]);
    expect(run.row).toMatchObject({ status: "error", error_kind, error: expect.stringContaining("because of this") });
    expect(run.row?.error).toContain(`(HTTP ${status})`);
    expect(run.row?.suggestion).toBe(suggestion);
  });

  test.each([429, 503])("a rate limit (%i) waits as long as the endpoint requests and costs no retry", async (status) => {
    await using run = await runTask([
      { status, once: true, message: provider, headers: { "retry-after": "0.05" } },
      { text: "Later." },
    ]);
    expect(run.row).toMatchObject({ status: "success", output: "Later." });
    expect(run.rig.journal().filter(({ type }) => type === "task.waiting")).toHaveLength(1);
  });

  test("an unreachable endpoint is named in the error", async () => {
    await using run = await runTask([], {}, { base_url: "http://127.0.0.1:9/v1" });
    expect(run.row).toMatchObject({ status: "error", error_kind: "agent", error: expect.stringContaining("m-1") });
    expect(run.row?.suggestion).toBe("Check base_url, and that a server is listening at http://127.0.0.1:9/v1.");
  });

  test("a stop ends the request", async () => {
    await using run = await runTask([{ hangs: true }], { timeout_seconds: 1 });
    expect(run.row).toMatchObject({ status: "error", error_kind: "timeout" });
  });
});

test.each([
  [{ provider: "openai-compatible", model: "m" }, "base_url is missing"],
  [{ provider: "openai", model: "m" }, "must be one of anthropic, openai-compatible"],
  [{ provider: "anthropic" }, "model is missing; the api adapter requires it"],
  [{ provider: "anthropic", model: "m", command: ["x"] }, "command is not an option of the api adapter"],
  [{ provider: "anthropic", model: "m", base_url: "file:///x" }, "http or https"],
  [{ provider: "anthropic", model: "m", api_key_env: "NO_SUCH_KEY" }, "NO_SUCH_KEY"],
])("%j is rejected before anything runs: %s", async (config, message) => {
  await using rig = new Rig();
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: "x" }],
    config: { agents: { it: { adapter: "api", ...config } } },
  };
  const { exit_code, stderr } = await rig.run(["run"], { input: file });
  expect(stderr).toContain(message);
  expect(exit_code).toBe(2);
});

test("a response with an unreadable chunk is an error, whatever its finish reason", async () => {
  const chunk = (delta: object, finish_reason: string | null): string =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "m", choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
  const answer = `${chunk({ content: "Delete " }, null)}data: {"choices":[{"index":0,"delta":{"con\n\n${chunk({ content: "all." }, null)}${chunk({}, "stop")}data: [DONE]\n\n`;
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).end(answer);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using rig = new Rig();
  const { result } = await rig.dispatch({
    tasks: [{ task_id: "a", agent: "it", description: "Say it" }],
    config: {
      agents: { it: { adapter: "api", provider: "openai-compatible", model: "m", base_url: `http://127.0.0.1:${port}/v1` } },
    },
  });
  server.close();
  expect(result.results[0]).toMatchObject({ status: "error", error_kind: "agent", output: null });
});
