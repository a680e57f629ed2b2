import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text as textOf } from "node:stream/consumers";
import type { FakeTurn, TestAdapter } from "./fake-agent.ts";

/** The format of an endpoint's stream; each value is the data of one server-sent event. */
interface StreamFormat {
  start: object[];
  text(text: string): object;
  end: (object | string)[];
  error(message: string): object;
}

const chunk = (choice: object, more: object = {}): object => ({
  id: "c",
  object: "chat.completion.chunk",
  created: 0,
  model: "m-1",
  choices: [{ index: 0, ...choice }],
  ...more,
});

const formats: Readonly<Record<"anthropic" | "openai-compatible", StreamFormat>> = {
  anthropic: {
    start: [
      {
        type: "message_start",
        message: {
          ...{ id: "m", type: "message", role: "assistant", model: "m-1", content: [], stop_reason: null, stop_sequence: null },
          usage: { input_tokens: 100, cache_creation_input_tokens: 0, cache_read_input_tokens: 40, output_tokens: 1 },
        },
      },
      { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
    ],
    text: (text) => ({ type: "content_block_delta", index: 0, delta: { type: "text_delta", text } }),
    end: [
      { type: "content_block_stop", index: 0 },
      { type: "message_delta", delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 20 } },
      { type: "message_stop" },
    ],
    error: (message) => ({ type: "error", error: { type: "api_error", message } }),
  },
  "openai-compatible": {
    start: [chunk({ delta: { role: "assistant", content: "" }, finish_reason: null })],
    text: (text) => chunk({ delta: { content: text }, finish_reason: null }),
    end: [
      chunk(
        { delta: {}, finish_reason: "stop" },
        {
          usage: { prompt_tokens: 140, completion_tokens: 20, total_tokens: 160, prompt_tokens_details: { cached_tokens: 40 } },
        },
      ),
      "[DONE]",
    ],
    error: (message) => ({ error: { message, type: "server_error" } }),
  },
};

/** An endpoint controlled by a test; a turn is one request. */
function apiAdapter(provider: keyof typeof formats): TestAdapter {
  const format = formats[provider];
  return {
    is_process: false,
    has_sessions: false,
    streams_chunks: true,
    schema_pattern: /"n":\{"type":"integer"\}/,
    async open() {
      const waiting: ((turn: FakeTurn) => void)[] = [];
      const turns: FakeTurn[] = [];
      const server = createServer(async (request, response) => {
        const turn = turnOf(format, request, response, await textOf(request));
        const next = waiting.shift();
        if (next === undefined) turns.push(turn);
        else next(turn);
      });
      server.listen(0, "127.0.0.1");
      await once(server, "listening");
      const { port } = server.address() as AddressInfo;
      return {
        config: {
          ...{ adapter: "api", provider, model: "m-1", api_key_env: "SOME_KEY" },
          base_url: `http://127.0.0.1:${port}/v1`,
        },
        env: { SOME_KEY: "none" },
        next() {
          const turn = turns.shift();
          return turn === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(turn);
        },
        async close() {
          server.closeAllConnections();
          server.close();
          await once(server, "close");
        },
      };
    },
  };
}

function turnOf(format: StreamFormat, request: IncomingMessage, response: ServerResponse, body: string): FakeTurn {
  const { messages } = JSON.parse(body) as { messages: { content: string | { text: string }[] }[] };
  const content = messages.at(-1)?.content ?? "";
  const frame = (data: object | string): string => {
    const named = typeof data === "object" && "type" in data ? `event: ${data.type}\n` : "";
    return `${named}data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`;
  };
  const write = (...all: (object | string)[]): void => {
    if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(all.map(frame).join(""));
  };
  return {
    prompt: typeof content === "string" ? content : content.map(({ text }) => text).join("\n"),
    session_id: undefined,
    request: JSON.stringify({ ...(JSON.parse(body) as object), messages: undefined }),
    gone: once(request.socket, "close").then(() => {}),
    startSession: () => write(...format.start),
    say: (text) => write(format.text(text)),
    callTool: undefined,
    complete(text) {
      write(format.text(text), ...format.end);
      response.end();
    },
    fail(status, message) {
      const error = { type: "scripted", code: "scripted", message };
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify({ type: "error", error }));
    },
    failMidTurn(message) {
      write(...format.start, format.text("Looking around."), format.error(message));
      response.end();
    },
    // Valid in a stream of server-sent events, but without meaning.
    printNoise: () => void response.write(": a comment\n\nid: 7\nretry: 10\n\nunheard: of\n\n"),
    printLongEvent: (bytes) => void response.write(`: ${"x".repeat(bytes)}\n\n`),
    async sayInPieces(text, between) {
      write(...format.start);
      const bytes = Buffer.from(frame(format.text(text)));
      const inside = bytes.findIndex((byte) => byte >= 0x80) + 1;
      response.write(bytes.subarray(0, inside));
      await between();
      response.write(bytes.subarray(inside));
    },
    exit() {
      if (!response.headersSent) response.writeHead(200, { "content-type": "text/event-stream" });
      response.end();
    },
    die: () => void request.socket.destroy(),
  };
}

/** Both kinds of endpoint that the adapter `api` supports. */
export const api_adapters: Readonly<Record<string, TestAdapter>> = {
  "api (anthropic)": apiAdapter("anthropic"),
  "api (openai-compatible)": apiAdapter("openai-compatible"),
};
