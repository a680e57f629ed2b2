/** What must hold after a run, however it ended. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { parseJournalLine } from "../../src/traces/index.ts";
import { type Rig, until } from "./rig.ts";

export interface AftermathOptions {
  trace_dir?: string;
  /** Whether dispatch was killed with SIGKILL: its children die a moment later, and it could not clean up. */
  killed?: boolean;
}

/** Expects that no process is left and every file is complete. */
export async function expectNoMess(rig: Rig, { trace_dir = "traces", killed = false }: AftermathOptions = {}): Promise<void> {
  // Only the test's own time limit ends this wait, so a surviving process fails the test.
  if (killed) await until(() => rig.leftovers().length === 0 && rig.watchers().length === 0);
  expect(rig.leftovers().map(describeProcess), "processes left").toEqual([]);
  await until(() => rig.watchers().length === 0);
  for (const run of rig.runs(trace_dir)) expectWhole(join(rig.folder, trace_dir, run), killed);
  if (killed || !existsSync(join(rig.folder, trace_dir))) return;
  const hidden = readdirSync(join(rig.folder, trace_dir)).filter((name) => name.startsWith(".") && name !== ".gitignore");
  expect(hidden).toEqual([]);
}

/** Describes a process for a failed test: state, parent, group, session, arguments and token. */
function describeProcess(pid: number): string {
  try {
    const read = (file: string): string => readFileSync(`/proc/${pid}/${file}`, "latin1");
    const token = /DISPATCH_TOKEN=[^\0]*/.exec(read("environ"))?.[0];
    return `${read("stat").split(" ", 6).join(" ")} ${read("cmdline").replaceAll("\0", " ")}${token}`;
  } catch {
    return `${pid}`;
  }
}

function expectWhole(folder: string, killed: boolean): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    if (name.endsWith(".json") && !name.startsWith("io/"))
      expect(() => JSON.parse(readFileSync(join(folder, name), "utf8")), name).not.toThrow();
    if (!killed) expect(name, "an unfinished file").not.toMatch(/\.tmp$/);
  }
  const lines = readFileSync(join(folder, "journal.ndjson"), "utf8").split("\n");
  const last = lines.pop();
  if (!killed) expect(last, "a torn last line").toBe("");
  lines.forEach((line, i) => {
    expect(parseJournalLine(line), `line ${i + 1} of the journal: ${line}`).toMatchObject({ seq: i + 1 });
  });
}
