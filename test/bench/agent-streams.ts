/** `node agent-streams.ts agents|parse FOLDER COUNT`: reads streams at once, as agents or as mere JSON; tells its time and memory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Job } from "../../src/agents/agent.ts";
import { claude } from "../../src/agents/programs/claude.ts";
import { runProgram } from "../../src/agents/programs/run-program.ts";
import { settingsOf } from "../../src/agents/programs/settings.ts";

const [, , how, folder = "", count = ""] = process.argv;
const numbers = Array.from({ length: Number(count) }, (_, i) => i);
const began = performance.now();
if (how === "parse") {
  for (const i of numbers)
    for (const line of readFileSync(join(folder, `${i}.out`), "utf8").split("\n")) if (line !== "") JSON.parse(line);
} else await Promise.all(numbers.map(follow));
const ms = performance.now() - began;
process.stdout.write(JSON.stringify({ ms, mb: process.resourceUsage().maxRSS / 1024 }));

/** One agent whose whole stream is there, so that nothing is measured but what dispatch does with it. */
async function follow(i: number): Promise<void> {
  const file = (name: string): string => join(folder, `${i}.${name}`);
  const job: Job = {
    ...{ task_id: String(i), attempt: 1, description: "Do it", input: {}, upstream_results: {}, output_schema: undefined },
    ...{ most_usd: undefined, previous: undefined, cwd: folder, workspace_path: folder, inherited_env: {}, env: {} },
    files: {
      ...{ input: file("in"), output: file("output"), stdout: file("out") },
      ...{ stderr: file("err"), prompt: file("prompt"), schema: file("schema") },
    },
    supervisor: {
      run: async () => ({ type: "exited", exit_code: 0, stopped: false, warnings: [] }),
      prepare: () => {},
      killNow: () => {},
      close: () => {},
    },
    redact: async (text) => text,
    lineRedactor: async () => (text) => text,
    isPrinted: () => {},
  };
  const running = runProgram(claude, settingsOf(), job, new AbortController().signal);
  let events = 0;
  for (;;) {
    const next = await running.next();
    if (next.done !== true) events++;
    else if (next.value.status === "success" && events > 100) return;
    else throw new Error(`${i}: ${JSON.stringify(next.value)} after ${events} events`);
  }
}
