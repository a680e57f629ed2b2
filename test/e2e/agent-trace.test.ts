import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

/** Returns a command that prints the output of a vendor's whole turn at once. */
function printingProgram(rig: Rig, name: string, lines: readonly object[]): string[] {
  const file = rig.write(`${name}.ndjson`, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return ["/bin/sh", "-c", `cat '${file}'`];
}

describe("messages and costs of agents in traces and reports", () => {
  const rig = new Rig();
  let summary: string;
  beforeAll(async () => {
    const { claude, codex } = vendor_streams;
    const priced_lines = [
      claude.session("s-1"),
      ...claude.fileChange("src/a.ts", "well"),
      claude.message("I think three."),
      claude.completed("I think three."),
    ];
    const unpriced_lines = [codex.session("s-2"), codex.message("It is\ndone."), codex.completed("")];
    const agents = {
      priced: { adapter: "claude", command: printingProgram(rig, "priced", priced_lines) },
      unpriced: { adapter: "codex", command: printingProgram(rig, "unpriced", unpriced_lines) },
    };
    const { stderr } = await rig.dispatch({
      config: { agents },
      tasks: [
        { task_id: "count", agent: "priced", description: "Count the files", output_schema: { type: "number" } },
        { task_id: "write", agent: "priced", description: "Write it" },
        { task_id: "quiet", agent: "unpriced", description: "Look" },
        task("plain", "true"),
      ],
    });
    summary = stderr;
  });
  afterAll(() => rig.close());

  test("a task's trace shows the prompt, messages, tools, changed files and cost, but no raw output", async () => {
    const { stdout } = await rig.run(["trace", "write"]);
    expect(stdout).toContain("agent priced, model m-1, run ");
    expect(stdout).toContain('  tool call: Write {"file_path":"src/a.ts","content":"x"}\n');
    expect(stdout).toContain("  message: I think three.\n");
    expect(stdout).toContain("Prompt\n  Write it\n");
    expect(stdout).toContain("Output\n  I think three.\n");
    expect(stdout).toContain("Usage\n  $0.250; 140 tokens in (40 cached), 20 out; 1 turn\n  session s-1\n");
    expect(stdout).toContain("Changed files (reported by the agent)\n  src/a.ts\n");
    expect(stdout).not.toContain('"type"');
  });

  test("a failed task shows the agent's last message unchanged", async () => {
    const { stdout } = await rig.run(["trace", "count"]);
    expect(stdout).toMatch(/^count: error \(invalid_output\)/);
    expect(stdout).toContain("Last message\n  I think three.\n");
    const report = await rig.run(["report", "--format", "markdown"]);
    expect(report.stdout).toContain("Last message:\n\n```text\nI think three.\n```");
  });

  test("an unknown cost is not zero: every total mentions it", async () => {
    const cells = (text: string): string => text.replaceAll(/ +/g, " ");
    expect(cells(summary)).toMatch(/count error [\d.]+ m?s 1 \$0\.250 The final message/);
    expect(cells(summary)).toMatch(/quiet success [\d.]+ m?s 1 \?\n/);
    expect(summary).toContain("$0.500 plus 1 task with unknown cost");
    const { stdout } = await rig.run(["trace", "latest"]);
    expect(stdout).toMatch(/^\S+: partial; .*; \$0\.500 plus 1 task with unknown cost$/m);
    expect(stdout).toMatch(/^task +agent +status +attempts +time +cost$/m);
    expect(stdout).toMatch(/^quiet +unpriced +success +1 .* \?$/m);
    expect((await rig.run(["trace"])).stdout).toMatch(/^run +status +tasks +time +cost +when$/m);
    expect((await rig.run(["report", "--format", "markdown"])).stdout).toContain("$0.500 plus 1 task with unknown cost");
    const result = JSON.parse(rig.read("traces/latest/result.json"));
    expect(result.summary).toMatchObject({ usage: { cost_usd: 0.5 }, tasks_without_cost: 1 });
  });
});
