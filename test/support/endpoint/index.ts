/** A model endpoint on loopback that speaks four wire formats and follows the script in the prompt. */
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { anthropic, type Body, chat, type Format, gemini, responses } from "./formats.ts";
import { createScripts, type Refusal, type Step } from "./script.ts";

export { type Step, scripted } from "./script.ts";

/** A running endpoint. */
export interface Endpoint {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** Every request in a known format, in order. */
  requests: { path: string; body: Body; step: Step }[];
  /** Stops the server and closes its connections. */
  close(): Promise<void>;
}

const formats: readonly [path: RegExp, format: Format][] = [
  [/\/v1\/messages$/, anthropic],
  [/\/responses$/, responses],
  [/\/chat\/completions$/, chat],
  [/:(?:stream)?[gG]enerateContent$/, gemini],
];

/** Starts an endpoint on a free port. */
export async function startEndpoint(): Promise<Endpoint> {
  const requests: Endpoint["requests"] = [];
  const nextStep = createScripts();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://endpoint");
    const format = formats.find(([path]) => path.test(url.pathname))?.[1];
    if (request.method !== "POST" || format === undefined) {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":{"message":"no such path"}}');
      return;
    }
    const body = (await json(request)) as Body;
    const step = nextStep(format.conversation(body));
    requests.push({ path: url.pathname, body, step });
    // The client waits until it is stopped.
    if ("hangs" in step) return;
    if ("status" in step) return refuse(response, step);
    const model = body.model ?? "scripted";
    if (body.stream === true || url.pathname.endsWith("streamGenerateContent")) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      for (const [event, data] of format.stream(step, model)) {
        if (event !== undefined) response.write(`event: ${event}\n`);
        response.write(`data: ${typeof data === "string" ? data : JSON.stringify(data)}\n\n`);
      }
      response.end();
    } else {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(format.whole(step, model)));
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

function refuse(response: ServerResponse, { status, message = `scripted failure ${status}`, headers = {} }: Refusal): void {
  const type = { 401: "authentication_error", 429: "rate_limit_error", 529: "overloaded_error" }[status] ?? "api_error";
  const error = { type, code: type, message, status: "SCRIPTED" };
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ type: "error", error }));
}
