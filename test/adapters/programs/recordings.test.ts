/** Outcomes of output that the vendors' real programs printed, recorded by test/adapters/real/record.ts. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { programs } from "../../../src/adapters/programs/index.ts";
import { runAgentProgram } from "../../../src/adapters/programs/run-program.ts";
import { settingsOf } from "../../../src/adapters/turn/settings.ts";
import type { AgentEvent } from "../../../src/agents/agent.ts";
import type { AttemptOutcome } from "../../../src/events/index.ts";
import { recordedJob } from "../../support/recorded-job.ts";

const recordings = join(import.meta.dirname, "recordings");
const names = readdirSync(recordings)
  .filter((file) => file.endsWith(".exit"))
  .map((file) => file.slice(0, -".exit".length));

/** Runs a recorded turn. */
async function replay(recording: string): Promise<{ outcome: AttemptOutcome; events: AgentEvent[] }> {
  const program = programs.get(recording.split("-")[0] ?? "");
  if (program === undefined) throw new Error(`No program for the recording ${recording}`);
  const folder = mkdtempSync(join(tmpdir(), "dispatch-test-"));
  const file = (name: string): string => join(folder, name);
  for (const stream of ["out", "err"]) cpSync(join(recordings, `${recording}.${stream}`), file(stream));
  const exit_code = Number(readFileSync(join(recordings, `${recording}.exit`), "utf8"));
  const job = recordedJob("a", { folder, exit_code });
  const events: AgentEvent[] = [];
  const generator = runAgentProgram(program, settingsOf(), job, new AbortController().signal);
  try {
    for (;;) {
      const next = await generator.next();
      if (next.done === true) return { outcome: next.value, events };
      events.push(next.value);
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test("every program has a recorded success and a recorded authentication failure", () => {
  for (const name of programs.keys()) expect(names).toEqual(expect.arrayContaining([`${name}-success`, `${name}-no-key`]));
});

test.each(names)("%s", async (recording) => {
  const { outcome, events } = await replay(recording);
  const [, what] = /^[a-z]+-(.*)$/.exec(recording) ?? [];
  if (what === "success") {
    expect(outcome).toMatchObject({ status: "success", output: "It is written.", session_id: expect.any(String) });
    expect(outcome.files_changed).toEqual([expect.stringMatching(/made\.txt$/)]);
    // Two responses of the scripted model, 20 tokens each.
    expect(outcome.usage).toMatchObject({ output_tokens: 40 });
    expect(outcome.usage?.input_tokens).toBeGreaterThanOrEqual(200);
    expect(events.filter(({ type }) => type === "agent.tool").length).toBeGreaterThanOrEqual(1);
  } else {
    const kinds = { "no-key": "auth", limit: "rate_limited", broken: "agent" };
    expect(outcome).toMatchObject({ status: "error", error_kind: kinds[what as keyof typeof kinds] });
    expect(outcome).not.toHaveProperty("output");
  }
});
