// An ACP agent that answers every request before the prompt itself; its reply to the prompt comes from a test's socket.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [, , socket_path] = process.argv;
const socket = connect(socket_path);
const answer = (id, result) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", id, result })}\n`);
let continues;

const answers = {
  initialize: () => ({ protocolVersion: 1, agentCapabilities: { loadSession: true } }),
  "session/new": () => ({ sessionId: "s-1" }),
  "session/load": ({ sessionId }) => {
    continues = sessionId;
    return {};
  },
};

const input = createInterface({ input: process.stdin });
input.on("line", (line) => {
  const { id, method, params } = JSON.parse(line);
  if (answers[method] !== undefined) answer(id, answers[method](params));
  if (method !== "session/prompt") return;
  const env = { ...process.env, ID: String(id), PROMPT: params.prompt[0].text, CONTINUES: continues };
  socket.write(`${JSON.stringify({ pid: process.pid, cwd: process.cwd(), env })}\n`);
});
// Exits when its client has closed the input.
input.on("close", () => process.exit(0));
createInterface({ input: socket }).on("line", (line) => {
  const order = JSON.parse(line);
  if (order.print !== undefined) process.stdout.write(Buffer.from(order.print, "base64"));
  if (order.exit !== undefined) process.exit(order.exit);
});
socket.on("close", () => process.exit(99));
