/** The overhead of dispatch on an agent's turn (`--only=claude`: of one agent), and the cost of reading many streams. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { programs } from "../../src/adapters/programs/index.ts";
import { settingsOf } from "../../src/adapters/turn/settings.ts";
import type { RunResult } from "../../src/index.ts";
import { bin_folder, vendors } from "../adapters/real/setups.ts";
import { type Endpoint, startEndpoint } from "../support/endpoint/index.ts";
import { bin, root } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";
import { type Comparison, compare, runScript } from "./measure.ts";

export default async function agents(): Promise<Comparison[]> {
  const endpoint = await startEndpoint();
  const turns: Comparison[] = [];
  const wanted = process.argv.find((arg) => arg.startsWith("--only="))?.slice("--only=".length);
  for (const name of programs.keys()) {
    if (wanted !== undefined && name !== wanted) continue;
    if (existsSync(join(bin_folder, name))) turns.push(await turnOf(name, endpoint));
    else process.stdout.write(`skipped: ${name} is not installed (npm run test:agents)\n`);
  }
  await endpoint.close();
  return [...turns, ...(await streams())];
}

/** Compares a turn of a vendor's program inside dispatch and alone, with the same prompt and endpoint. */
async function turnOf(name: string, endpoint: Endpoint): Promise<Comparison> {
  // Codex warns if its home is below the system's temporary folder.
  mkdirSync(join(root, "generated"), { recursive: true });
  const home = mkdtempSync(join(root, "generated", "bench-"));
  const folder = join(home, "work");
  mkdirSync(folder);
  const vendor = vendors[name];
  const program = programs.get(name);
  if (vendor === undefined || program === undefined) throw new Error(`Unknown vendor ${name}`);
  const PATH = `${bin_folder}:${process.env["PATH"] ?? ""}`;
  const env = { HOME: home, PATH, ...vendor.prepare(home, endpoint.url) };
  const description = "Say it.";
  writeFileSync(join(folder, "prompt"), `${description}\n`);
  const agent = { adapter: name as "claude", ...vendor.config };
  const file = { tasks: [{ task_id: "a", agent: name, description }], config: { agents: { [name]: agent } } };
  writeFileSync(join(folder, "tasks.json"), JSON.stringify(file));
  const end = async (command: string, args: readonly string[], stdin: number | "ignore", more: object = {}): Promise<void> => {
    const stdio = [stdin, openSync(join(folder, "out"), "w"), openSync(join(folder, "err"), "w")];
    const [code] = await once(spawn(command, args, { cwd: folder, env: { ...env, ...more }, stdio }), "exit");
    if (code !== 0) throw new Error(`${name} failed: ${readFileSync(join(folder, "out"), "utf8")}`);
  };
  const comparison = await compare(
    `an attempt of ${name} inside dispatch, from its start to its outcome, against the agent alone`,
    1.05,
    [
      {
        name: "inside",
        async once() {
          await end(process.execPath, [bin, "run", "tasks.json", "-q", "-o", "result.json"], "ignore");
          const { results } = JSON.parse(readFileSync(join(folder, "result.json"), "utf8")) as RunResult;
          return results[0]?.execution_time_ms ?? Number.NaN;
        },
      },
      {
        name: "alone",
        async once() {
          const { model, permissions } = settingsOf(agent);
          const turn = { session_id: undefined, schema: undefined, budget_usd: undefined, trusted_folders: [] };
          const { args, env: own } = program.start({ ...turn, model, permissions });
          const began = performance.now();
          await end(program.file, args, openSync(join(folder, "prompt"), "r"), own);
          return performance.now() - began;
        },
      },
    ],
    // The time of a turn varies by more than the difference to measure.
    { rounds: 11 },
  );
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
  return comparison;
}

/** Measures 50 parallel streams of 1 MB, and their memory compared with one stream. */
async function streams(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  for (let i = 0; i < 50; i++) writeFileSync(join(folder, `${i}.out`), agentOutput(i));
  const script = join(import.meta.dirname, "agent-streams.ts");
  const read = (how: string, count: number) => runScript(script, [how, folder, String(count)]);
  const time = await compare("50 streams of 1 MB at once, as agents, against JSON.parse of their lines alone", 2, [
    { name: "agents", once: () => read("agents", 50).ms },
    { name: "JSON.parse", once: () => read("parse", 50).ms },
  ]);
  const memory = await compare(
    "memory for 50 streams at once, against one",
    2,
    [
      { name: "50", once: () => read("agents", 50).mb },
      { name: "one", once: () => read("agents", 1).mb },
    ],
    { rounds: 3, unit: "MB" },
  );
  rmSync(folder, { recursive: true, force: true });
  return [time, memory];
}

/** Returns the output of a long turn: messages, tool calls and their long results. */
function agentOutput(seed: number): string {
  const { session, message, fileChange, completed } = vendor_streams.claude;
  const lines: object[] = [session(`s-${seed}`)];
  const answer = "const value = compute(input, options); // as it was before\n".repeat(60);
  for (let bytes = 0, i = 0; bytes < 1_000_000; i++) {
    const more = [
      message(`Now I look at file ${i} of ${seed}, because its tests say that it is wrong. `.repeat(4)),
      ...fileChange(`src/file-${i}.ts`, "well"),
      { type: "user", message: { content: [{ type: "tool_result", tool_use_id: `u${i}`, content: answer }] } },
    ];
    lines.push(...more);
    bytes += JSON.stringify(more).length;
  }
  lines.push(completed("Done."));
  return `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`;
}
