/** `node agent-streams.ts agents|parse FOLDER COUNT` reads streams in parallel as agents or plain JSON; prints time and memory. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { claude } from "../../src/adapters/programs/claude.ts";
import { runAgentProgram } from "../../src/adapters/programs/run-program.ts";
import { settingsOf } from "../../src/adapters/turn/settings.ts";
import { recordedJob } from "../support/recorded-job.ts";

const [, , how, folder = "", count = ""] = process.argv;
const numbers = Array.from({ length: Number(count) }, (_, i) => i);
const started_at = performance.now();
if (how === "parse") {
  for (const i of numbers)
    for (const line of readFileSync(join(folder, `${i}.out`), "utf8").split("\n")) if (line !== "") JSON.parse(line);
} else await Promise.all(numbers.map(follow));
const ms = performance.now() - started_at;
process.stdout.write(JSON.stringify({ ms, mb: process.resourceUsage().maxRSS / 1024 }));

/** Runs one agent whose whole stream is already on disk, so that only dispatch's own work is measured. */
async function follow(i: number): Promise<void> {
  const job = recordedJob(String(i), { folder, prefix: `${i}.` });
  const running = runAgentProgram(claude, settingsOf(), job, new AbortController().signal);
  let events = 0;
  for (;;) {
    const next = await running.next();
    if (next.done !== true) events++;
    else if (next.value.status === "success" && events > 100) return;
    else throw new Error(`${i}: ${JSON.stringify(next.value)} after ${events} events`);
  }
}
