/** Measures start-up, relative to Node alone. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bin } from "../support/rig.ts";
import { type Comparison, compare, timeCommand } from "./measure.ts";

export default async function startUp(): Promise<Comparison[]> {
  const folder = mkdtempSync(join(tmpdir(), "dispatch-bench-"));
  const file = join(folder, "tasks.json");
  writeFileSync(file, JSON.stringify({ tasks: [{ task_id: "a", agent: "command", input_data: { command: "true" } }] }));
  const node = { name: "node -e 0", once: () => timeCommand(process.execPath, ["-e", "0"]) };
  const dispatch = (...args: string[]) => ({
    name: `dispatch ${args[0]}`,
    once: () => timeCommand(process.execPath, [bin, ...args], { cwd: folder }),
  });
  return [
    await compare("dispatch --version", 1.3, [dispatch("--version"), node], { rounds: 21 }),
    await compare("dispatch validate of a small file", 2.5, [dispatch("validate", file), node], { rounds: 21 }),
  ];
}
