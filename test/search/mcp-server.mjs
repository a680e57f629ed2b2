/** A real MCP server over stdio. Its first argument selects its behaviour; the second is its log file. */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import * as z from "zod";

const [, , mode, log] = process.argv;
appendFileSync(log, `${process.pid}\n`);
if (mode === "exits") process.exit(3);
if (mode === "stays") {
  process.on("SIGTERM", () => {});
  setInterval(() => {}, 1000);
  const child = spawn("sleep", ["1000"], { stdio: "ignore" });
  appendFileSync(log, `${child.pid}\n`);
}
if (mode === "logs-to-stdout") process.stdout.write("starting up…\n");
const server = new McpServer({ name: "notes", version: "1" });
server.registerTool("search", { inputSchema: { limit: z.number().optional(), query: z.string() } }, ({ query }) => {
  appendFileSync(log, `query ${query}\n`);
  if (mode === "fails") return { isError: true, content: [{ type: "text", text: "the shelf is empty" }] };
  if (mode === "dies") process.exit(4);
  return {
    content: [
      { type: "text", text: `The handbook on ${query}.` },
      { type: "resource", resource: { uri: "notes://7", text: "A note from elsewhere." } },
      { type: "image", data: "AAAA", mimeType: "image/png" },
    ],
  };
});
await server.connect(new StdioServerTransport());
