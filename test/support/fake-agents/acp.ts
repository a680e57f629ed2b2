import { join } from "node:path";
import { root } from "../rig.ts";
import { type FakeTurn, noise_lines, printInPieces, processTurn, type TestAdapter } from "./fake-agent.ts";

const fake_agent = join(root, "test/support/fake-agents/fake-acp.mjs");

/** An agent that speaks the Agent Client Protocol; it answers every request before the prompt by itself. */
export const acp: TestAdapter = {
  is_process: true,
  has_sessions: true,
  streams_chunks: true,
  async open(rig) {
    const [, , socket = ""] = await rig.fake();
    return {
      config: { adapter: "acp", command: [process.execPath, fake_agent, socket] },
      env: {},
      close: async () => {},
      async next(): Promise<FakeTurn> {
        const invocation = await rig.nextInvocation();
        const { CONTINUES, PROMPT = "", ID = "0" } = invocation.env;
        const print = (message: object): void => invocation.print(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
        const update = (what: object) => ({ method: "session/update", params: { sessionId: "s-1", update: what } });
        const chunk = (text: string) => update({ sessionUpdate: "agent_message_chunk", content: { type: "text", text } });
        const fail = (data: object): void =>
          print({ id: Number(ID), error: { code: -32603, message: "Internal error", data } });
        return {
          ...processTurn(invocation),
          prompt: PROMPT,
          request: "",
          session_id: CONTINUES,
          startSession: () => {},
          say: (text) => print(chunk(text)),
          callTool: () =>
            print(
              update({ sessionUpdate: "tool_call", toolCallId: "t1", title: "Run it", kind: "execute", status: "in_progress" }),
            ),
          complete(text) {
            print(update({ sessionUpdate: "tool_call", toolCallId: "t0", title: "Look", kind: "read", status: "completed" }));
            print(chunk(text));
            const usage = { inputTokens: 100, cachedReadTokens: 40, outputTokens: 20, totalTokens: 160 };
            print({ id: Number(ID), result: { stopReason: "end_turn", usage } });
          },
          fail: (status, message) => fail({ details: `${status} ${message}` }),
          failMidTurn(message) {
            print(chunk("Looking around."));
            fail({ details: message });
          },
          printNoise: () => invocation.print(`${noise_lines.join("\n")}\n`),
          printLongEvent: (bytes) => print({ method: "_unheard/of", params: { padding: "x".repeat(bytes) } }),
          sayInPieces: (text, between) =>
            printInPieces(invocation, JSON.stringify({ jsonrpc: "2.0", ...chunk(text) }), between),
        };
      },
    };
  },
};
