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
      const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
      const script = `ARGV="$*" PROMPT="$(cat)" exec ${fake}`;
      return {
        config: { adapter: name, command: ["/bin/sh", "-c", script, "sh"] },
        env: {},
        close: async () => {},
        async next(): Promise<Turn> {
          const invocation = await rig.nextInvocation();
          const { ARGV = "", PROMPT = "" } = invocation.env;
          const say = (...lines: (object | string)[]): void =>
            invocation.print(lines.map((line) => `${typeof line === "string" ? line : JSON.stringify(line)}\n`).join(""));
          const is_continued = ARGV.includes(`${stream.resumes} `);
          return {
            ...processTurn(invocation),
            prompt: PROMPT,
            asked: ARGV,
            continues: is_continued ? /\bs-\d+\b/.exec(ARGV)?.[0] : undefined,
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
