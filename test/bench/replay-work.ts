/** Replays a journal, or only parses its lines, and prints the milliseconds and the peak memory. */
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { replayRun, runFolder } from "../../src/traces/index.ts";

const [, , what, run_path = ""] = process.argv;
const started = performance.now();
if (what === "replay") {
  const folder = runFolder(dirname(run_path), run_path.split("/").at(-1) ?? "");
  const { tasks } = replayRun(folder);
  if (tasks.size === 0) throw new Error("nothing was replayed");
} else {
  let events = 0;
  for (const line of readFileSync(`${run_path}/journal.ndjson`, "utf8").split("\n")) {
    if (line === "") continue;
    JSON.parse(line);
    events++;
  }
  if (what === "parse-all") JSON.parse(readFileSync(`${run_path}/result.json`, "utf8"));
  if (events === 0) throw new Error("nothing was parsed");
}
const ms = performance.now() - started;
process.stdout.write(JSON.stringify({ ms, mb: process.resourceUsage().maxRSS / 1024 }));
