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

/** A Model Context Protocol server that uses stdio. */
export interface McpServer {
  /** Calls its tool and returns the results, best first. Rejects with the cause of the failure, or with the signal's reason. */
  query(query: string): Promise<Candidate[]>;
  /** Ends the server with its whole process tree. */
  close(): Promise<void>;
}

/** Options of `startMcpServer`; times are milliseconds. */
export interface McpOptions {
  config: NonNullable<RagConfig["mcp"]>;
  cwd: string;
  signal: AbortSignal;
  /** Masks the tool's results before they are cut. */
  redact?: (text: string) => Promise<string>;
  /** Timeout of each response, including the first. */
  timeout_ms?: number;
  /** Maximum time to exit after the end of its input. */
  grace_ms?: number;
}

/** Maximum length of one result; the rest is cut. */
const max_characters = 20_000;

/** Starts the server and finds its tool. If it rejects, the server has ended. */
export async function startMcpServer(options: McpOptions): Promise<McpServer> {
  const { config, signal, redact = async (text) => text, timeout_ms = 30_000 } = options;
  const transport = superviseServer(options);
  const client = new Client({ name: "dispatch", version: "1" });
  const limits = { timeout: timeout_ms, signal };
  try {
    await client.connect(transport, limits);
    const argument = await argumentOf(client, config.tool, limits);
    return {
      async query(query) {
        const response = await client.callTool({ name: config.tool, arguments: { [argument]: query } }, undefined, limits);
        // Older protocol versions respond with `toolResult` instead, which is not text.
        const content = Array.isArray(response.content) ? (response.content as unknown[]) : [];
        const found = (await Promise.all(content.map((one) => passageOf(one, config.tool, redact)))).flat();
        if (response.isError === true)
          throw new Error(`the tool ${config.tool} failed: ${textsOf(found).slice(0, 200) || "without a message"}`);
        return found;
      },
      close: () => transport.close(),
    };
  } catch (error) {
    const why = transport.whyEnded();
    await transport.close();
    signal.throwIfAborted();
    throw why === undefined ? error : new Error(why);
  }
}

const textsOf = (found: readonly Candidate[]): string => found.map((one) => ("text" in one ? one.text : "")).join(" ");

/** Returns the tool's argument for the query: `query`, else the first required string, else the first string. */
async function argumentOf(client: Client, name: string, limits: { timeout: number; signal: AbortSignal }): Promise<string> {
  const { tools } = await client.listTools(undefined, limits);
  const tool = tools.find((one) => one.name === name);
  if (tool === undefined)
    throw new Error(`it has no tool ${name}; its tools: ${tools.map((one) => one.name).join(", ") || "none"}`);
  const properties = Object.entries(tool.inputSchema.properties ?? {});
  const strings = properties.filter(([, schema]) => "type" in schema && schema.type === "string").map(([key]) => key);
  const required = tool.inputSchema.required ?? [];
  const found = strings.find((key) => key === "query") ?? strings.find((key) => required.includes(key)) ?? strings[0];
  if (found === undefined) throw new Error(`its tool ${name} has no string argument`);
  return found;
}

/** Turns text, or a resource with text, into a passage. Images and audio give none. */
async function passageOf(content: unknown, tool: string, redact: (text: string) => Promise<string>): Promise<Candidate[]> {
  if (typeof content !== "object" || content === null) return [];
  const { resource = {}, text = undefined } = content as { resource?: { text?: unknown; uri?: unknown }; text?: unknown };
  const raw = text ?? resource.text;
  if (typeof raw !== "string" || raw.trim() === "") return [];
  const title = typeof resource.uri === "string" ? resource.uri : `mcp:${tool}`;
  const masked = await redact(raw);
  const kept = masked.length > max_characters ? `${masked.slice(0, max_characters)}…` : masked;
  return [{ id: `mcp ${hashText(kept)}`, title, text: kept }];
}

/** A transport that also reports why the server has ended. */
type ServerTransport = Transport & { whyEnded(): string | undefined };

/** Runs the server under supervision. The SDK's own transport would leave orphans behind. */
function superviseServer({ config, cwd, signal, grace_ms = 2000 }: McpOptions): ServerTransport {
  const supervisor = createSupervisor({ grace_ms });
  const stop = new AbortController();
  const buffer = new ReadBuffer();
  let pipes: { stdin: Writable; stdout: Readable } | undefined;
  let running: Promise<unknown> | undefined;
  let end: ProcessEnd | undefined;

  const transport: ServerTransport = {
    async start() {
      const dev_null = openSync("/dev/null", "w");
      try {
        const command = { command: config.command, cwd, env: process.env, stdout: dev_null, stderr: dev_null };
        await new Promise<void>((resolve) => {
          const onPipes = (opened: { stdin: Writable; stdout: Readable }): void => {
            pipes = opened;
            // A broken pipe means that the server has ended, which `run` reports.
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
        closeSync(dev_null);
      }
      if (pipes === undefined) throw new Error(transport.whyEnded());
    },
    async send(message) {
      if (pipes === undefined || end !== undefined) throw new Error("it has exited");
      pipes.stdin.write(serializeMessage(message));
    },
    async close() {
      // By the protocol, a server exits at the end of its input.
      pipes?.stdin.end();
      const timer = setTimeout(() => stop.abort(), grace_ms);
      await running;
      clearTimeout(timer);
    },
    whyEnded() {
      if (end === undefined) return undefined;
      if (end.type === "not_started") return end.message;
      return end.type === "exited"
        ? `it exited with code ${end.exit_code} before it responded`
        : `it was killed by ${end.signal}`;
    },
  };

  function read(chunk: Buffer): void {
    try {
      buffer.append(chunk);
      for (let message = next(); message !== undefined; message = next()) transport.onmessage?.(message);
    } catch (error) {
      // The buffer is full without a complete message.
      transport.onerror?.(error instanceof Error ? error : new Error(messageOf(error)));
      stop.abort();
    }
  }

  /** Returns the next message. Skips other lines, such as logs that a server prints to stdout. */
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
