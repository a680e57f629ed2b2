import { nextTurn, vendorAgent } from "../vendor-agent.ts";
import { type VendorStream, vendor_streams } from "../vendor-streams.ts";
import { type FakeTurn, noise_lines, printInPieces, processTurn, type TestAdapter } from "./fake-agent.ts";

/** An adapter for a vendor's program whose output comes from the test. */
export function programAdapter(name: string, stream: VendorStream): TestAdapter {
  return {
    is_process: true,
    has_sessions: true,
    streams_chunks: name === "gemini",
    ...(stream.schema_flag === undefined ? {} : { schema_pattern: stream.schema_flag }),
    async open(rig) {
      return {
        config: await vendorAgent(rig, name),
        env: {},
        close: async () => {},
        async next(): Promise<FakeTurn> {
          const invocation = await nextTurn(rig);
          const { printLines, argv, prompt } = invocation;
          const is_continued = argv.includes(`${stream.resume_flag} `);
          return {
            ...processTurn(invocation),
            prompt,
            request: argv,
            session_id: is_continued ? /\bs-\d+\b/.exec(argv)?.[0] : undefined,
            startSession: () => printLines(stream.session("s-1")),
            say: (text) => printLines(stream.message(text)),
            callTool: () => printLines(...stream.tool_call),
            complete(text) {
              printLines(stream.message(text), stream.completed(text));
              invocation.exit(0);
            },
            fail(status, message) {
              printLines(stream.session("s-1"), stream.failed(status, message));
              invocation.exit(1);
            },
            failMidTurn(message) {
              printLines(stream.session("s-1"), stream.message("Looking around."), stream.failed(500, message));
              invocation.exit(0);
            },
            printNoise: () => printLines(...noise_lines),
            printLongEvent: (bytes) => printLines({ type: "unheard-of", padding: "x".repeat(bytes) }),
            async sayInPieces(text, between) {
              printLines(stream.session("s-1"));
              await printInPieces(invocation, JSON.stringify(stream.message(text)), between);
            },
          };
        },
      };
    },
  };
}

/** Every vendor's program, by name. */
export const program_adapters: Readonly<Record<string, TestAdapter>> = Object.fromEntries(
  Object.entries(vendor_streams).map(([name, stream]) => [name, programAdapter(name, stream)]),
);
