// An agent that speaks the Agent Client Protocol. It runs the steps in its prompt: ACT[[…]] holds them as base64 JSON.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { agent, ndJsonStream, PROTOCOL_VERSION, RequestError } from "@agentclientprotocol/sdk";

const memory = join(process.env["HOME"] ?? ".", "session");
const sessionId = "acp-1";

agent()
  .onRequest("initialize", () => ({
    protocolVersion: PROTOCOL_VERSION,
    agentCapabilities: { loadSession: process.env["NO_LOAD"] === undefined },
  }))
  .onRequest("session/new", () => ({ sessionId }))
  .onRequest("session/load", async ({ params, client }) => {
    if (!existsSync(memory)) throw RequestError.resourceNotFound(params.sessionId);
    for (const text of readFileSync(memory, "utf8").trim().split("\n"))
      await client.notify("session/update", {
        sessionId,
        update: { sessionUpdate: "agent_message_chunk", content: { type: "text", text } },
      });
    return {};
  })
  .onRequest("session/prompt", async ({ params, client }) => {
    const [{ text: prompt }] = params.prompt;
    const update = (update) => client.notify("session/update", { sessionId, update });
    const say = (text) => {
      appendFileSync(memory, `${text}\n`);
      return update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
    };
    const found = /ACT\[\[([A-Za-z0-9+/=]*)\]\]/.exec(prompt);
    // A later turn of a session has no steps: it replies with its prompt.
    if (found === null) {
      await say(prompt);
      return { stopReason: "end_turn" };
    }
    for (const step of JSON.parse(Buffer.from(found[1], "base64").toString())) {
      if (step.say !== undefined) await say(step.say);
      if (step.raw !== undefined) process.stdout.write(`${step.raw}\n`);
      if (step.update !== undefined) await update(step.update);
      if (step.hangs) await new Promise((resolve) => setTimeout(resolve, 1e9));
      if (step.exit !== undefined) process.exit(step.exit);
      if (step.fails !== undefined) throw new RequestError(step.fails.code, step.fails.message, step.fails.data);
      if (step.stops !== undefined) return { stopReason: step.stops };
      if (step.asks !== undefined) {
        const { outcome } = await client.request("session/request_permission", {
          sessionId,
          toolCall: { toolCallId: "t1", title: "Change a file", ...step.asks },
          options: [
            { optionId: "always", name: "Always", kind: "allow_always" },
            { optionId: "once", name: "Once", kind: "allow_once" },
            { optionId: "no", name: "No", kind: "reject_once" },
          ],
        });
        await update({ sessionUpdate: "tool_call_update", toolCallId: "t1", status: "completed" });
        await say(`answer: ${outcome.optionId ?? outcome.outcome}`);
      }
      if (step.calls !== undefined) {
        const [method, more] = step.calls;
        try {
          const answer = await client.request(method, { sessionId, ...more });
          await update({ sessionUpdate: "tool_call", toolCallId: "t2", title: method });
          await say(`${method}: ${JSON.stringify(answer)}`);
        } catch (error) {
          await say(`${method} failed: ${error.message}`);
        }
      }
      if (step.runs !== undefined) {
        const { terminalId } = await client.request("terminal/create", { sessionId, command: step.runs });
        const exit = await client.request("terminal/wait_for_exit", { sessionId, terminalId });
        const { output } = await client.request("terminal/output", { sessionId, terminalId });
        await client.request("terminal/release", { sessionId, terminalId });
        await say(`ran: ${JSON.stringify([exit.exitCode, output])}`);
      }
    }
    return { stopReason: "end_turn", usage: { inputTokens: 100, cachedReadTokens: 40, outputTokens: 20, totalTokens: 160 } };
  })
  .connect(ndJsonStream(Writable.toWeb(process.stdout), Readable.toWeb(process.stdin)));
