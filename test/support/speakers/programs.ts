import { nextTurn, vendorAgent } from "../vendor-agent.ts";
import { type VendorStream, vendor_streams } from "../vendor-streams.ts";
import { type Adapter, babble, printSlowly, processTurn, type Turn } from "./speaker.ts";

/** A vendor's program: what it prints comes from the test. */
export function programAdapter(name: string, stream: VendorStream): Adapter {
  return {
    is_process: true,
    has_sessions: true,
    speaks_in_pieces: name === "gemini",
    ...(stream.enforces === undefined ? {} : { enforces: stream.enforces }),
    async open(rig) {
      return {
        config: await vendorAgent(rig, name),
        env: {},
        close: async () => {},
        async next(): Promise<Turn> {
          const invocation = await nextTurn(rig);
          const { say, argv, prompt } = invocation;
          const is_continued = argv.includes(`${stream.resumes} `);
          return {
            ...processTurn(invocation),
            prompt,
            asked: argv,
            continues: is_continued ? /\bs-\d+\b/.exec(argv)?.[0] : undefined,
            begins: () => say(stream.begun("s-1")),
            says: (text) => say(stream.said(text)),
            callsTool: () => say(...stream.calls),
            completes(text) {
              say(stream.said(text), stream.completed(text));
              invocation.exit(0);
            },
            fails(status, message) {
              say(stream.begun("s-1"), stream.failed(status, message));
              invocation.exit(1);
            },
            failsMidway(message) {
              say(stream.begun("s-1"), stream.said("Looking around."), stream.failed(500, message));
              invocation.exit(0);
            },
            babbles: () => say(...babble),
            printsLong: (bytes) => say({ type: "unheard-of", padding: "x".repeat(bytes) }),
            async saysSlowly(text, between) {
              say(stream.begun("s-1"));
              await printSlowly(invocation, JSON.stringify(stream.said(text)), between);
            },
          };
        },
      };
    },
  };
}

/** Every vendor's program by its name. */
export const program_adapters: Readonly<Record<string, Adapter>> = Object.fromEntries(
  Object.entries(vendor_streams).map(([name, stream]) => [name, programAdapter(name, stream)]),
);
