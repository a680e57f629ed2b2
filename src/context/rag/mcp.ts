import { closeSync, openSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ReadBuffer, serializeMessage } from "@modelcontextprotocol/sdk/shared/stdio.js";
import type { Transport } from "@modelcontextprotocol/sdk/shared/transport.js";
import type { JSONRPCMessage } from "@modelcontextprotocol/sdk/types.js";
import type { RagConfig } from "#config";
import { messageOf } from "#errors";
import { createSupervisor, type ProcessEnd } from "#process";
import { type Candidate, hashText } from "./passages.ts";

/** A server that speaks the Model Context Protocol over its input and output. */
export interface McpServer {
  /** What its tool says to a question, best first. Rejects with what went wrong, or with the signal's reason. */
  ask(question: string): Promise<Candidate[]>;
  /** Ends it with all that it has started. */
  close(): Promise<void>;
}

/** Options of `startMcpServer`; times are milliseconds. */
export interface McpOptions {
  config: NonNullable<RagConfig["mcp"]>;
  cwd: string;
  signal: AbortSignal;
  /** What its tool says passes through here before it is cut. */
  redact?: (text: string) => Promise<string>;
  /** For each answer, the first included. */
  timeout_ms?: number;
  /** How long it may take to end when its input has ended. */
  grace_ms?: number;
}

/** Longest text of one answer that is kept. */
const max_characters = 20_000;

/** Starts the server and finds its tool. Rejects with what went wrong; it has ended then. */
export async function startMcpServer(options: McpOptions): Promise<McpServer> {
  const { config, signal, redact = async (text) => text, timeout_ms = 30_000 } = options;
  const transport = superviseServer(options);
  const client = new Client({ name: "dispatch", version: "1" });
  const limits = { timeout: timeout_ms, signal };
  try {
    await client.connect(transport, limits);
    const argument = await argumentOf(client, config.tool, limits);
    return {
      async ask(question) {
        const answer = await client.callTool({ name: config.tool, arguments: { [argument]: question } }, undefined, limits);
        // Of what a tool may answer only this is text.
        const content = Array.isArray(answer.content) ? (answer.content as unknown[]) : [];
        const found = (await Promise.all(content.map((one) => passageOf(one, config.tool, redact)))).flat();
        if (answer.isError === true)
          throw new Error(`the tool ${config.tool} failed: ${textsOf(found).slice(0, 200) || "it does not say why"}`);
        return found;
      },
      close: () => transport.close(),
    };
  } catch (error) {
    const end = transport.ended();
    await transport.close();
    signal.throwIfAborted();
    throw end === undefined ? error : new Error(end);
  }
}

const textsOf = (found: readonly Candidate[]): string => found.map((one) => ("text" in one ? one.text : "")).join(" ");

/** The tool's argument that takes the question: `query`, or the first that is a string and required, or a string at all. */
async function argumentOf(client: Client, name: string, limits: { timeout: number; signal: AbortSignal }): Promise<string> {
  const { tools } = await client.listTools(undefined, limits);
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined)
    throw new Error(`it has no tool ${name}; it has ${tools.map((one) => one.name).join(", ") || "none"}`);
  const properties = Object.entries(tool.inputSchema.properties ?? {});
  const strings = properties.filter(([, schema]) => "type" in schema && schema.type === "string").map(([key]) => key);
  const required = tool.inputSchema.required ?? [];
  const found = strings.find((key) => key === "query") ?? strings.find((key) => required.includes(key)) ?? strings[0];
  if (found === undefined) throw new Error(`its tool ${name} takes no text`);
  return found;
}

/** Text, or a resource that is text; images and sound are none. */
async function passageOf(content: unknown, tool: string, redact: (text: string) => Promise<string>): Promise<Candidate[]> {
  if (typeof content !== "object" || content === null) return [];
  const { resource = {}, text = undefined } = content as { resource?: { text?: unknown; uri?: unknown }; text?: unknown };
  const said = text ?? resource.text;
  if (typeof said !== "string" || said.trim() === "") return [];
  const title = typeof resource.uri === "string" ? resource.uri : `mcp:${tool}`;
  const shown = await redact(said);
  const kept = shown.length > max_characters ? `${shown.slice(0, max_characters)}…` : shown;
  return [{ id: `mcp ${hashText(kept)}`, title, text: kept }];
}

/** The SDK's own transport starts a child that nobody answers for; this one's is supervised, so that no orphan is left. */
function superviseServer({ config, cwd, signal, grace_ms = 2000 }: McpOptions): Transport & { ended(): string | undefined } {
  const supervisor = createSupervisor({ grace_ms });
  const stop = new AbortController();
  const buffer = new ReadBuffer();
  let pipes: { stdin: Writable; stdout: Readable } | undefined;
  let running: Promise<unknown> | undefined;
  let end: ProcessEnd | undefined;

  const transport: Transport & { ended(): string | undefined } = {
    async start() {
      const nowhere = openSync("/dev/null", "w");
      try {
        const command = { command: config.command, cwd, env: process.env, stdout: nowhere, stderr: nowhere };
        await new Promise<void>((resolve) => {
          const onPipes = (opened: { stdin: Writable; stdout: Readable }): void => {
            pipes = opened;
            // That it has gone is heard by its end.
            opened.stdin.on("error", () => {});
            opened.stdout.on("error", () => {});
            opened.stdout.on("data", read);
            resolve();
          };
          running = supervisor.run({ ...command, onPipes }, AbortSignal.any([signal, stop.signal])).then((how) => {
            end = how;
            supervisor.close();
            resolve();
            transport.onclose?.();
          });
        });
      } finally {
        closeSync(nowhere);
      }
      if (pipes === undefined) throw new Error(transport.ended());
    },
    async send(message) {
      if (pipes === undefined || end !== undefined) throw new Error("it has ended");
      pipes.stdin.write(serializeMessage(message));
    },
    async close() {
      // As the protocol has it: the end of its input asks a server to go.
      pipes?.stdin.end();
      const timer = setTimeout(() => stop.abort(), grace_ms);
      await running;
      clearTimeout(timer);
    },
    ended() {
      if (end === undefined) return undefined;
      if (end.type === "not_started") return end.message;
      return end.type === "exited" ? `it exited with ${end.exit_code} before it answered` : `it was ended by ${end.signal}`;
    },
  };

  function read(chunk: Buffer): void {
    try {
      buffer.append(chunk);
      for (let message = next(); message !== undefined; message = next()) transport.onmessage?.(message);
    } catch (error) {
      // More than the buffer holds, and no message in it.
      transport.onerror?.(error instanceof Error ? error : new Error(messageOf(error)));
      stop.abort();
    }
  }

  /** The next message; what is none, such as a line that a server logs to its output, is passed over. */
  function next(): JSONRPCMessage | undefined {
    for (;;) {
      try {
        return buffer.readMessage() ?? undefined;
      } catch (error) {
        transport.onerror?.(error instanceof Error ? error : new Error(messageOf(error)));
      }
    }
  }

  return transport;
}
