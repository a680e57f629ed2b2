import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

/** A program that prints what the vendor's would, the whole turn at once. */
function speaking(rig: Rig, name: string, lines: readonly object[]): string[] {
  const file = rig.write(`${name}.ndjson`, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return ["/bin/sh", "-c", `cat '${file}'`];
}

describe("what agents said and cost, told to people", () => {
  const rig = new Rig();
  let summary: string;
  beforeAll(async () => {
    const { claude, codex } = vendor_streams;
    const lines = [
      claude.begun("s-1"),
      ...claude.changed("src/a.ts", "well"),
      claude.said("I think three."),
      claude.completed("I think three."),
    ];
    const untold = [codex.begun("s-2"), codex.said("It is\ndone."), codex.completed("")];
    const agents = {
      dear: { adapter: "claude", command: speaking(rig, "dear", lines) },
      untold: { adapter: "codex", command: speaking(rig, "untold", untold) },
    };
    const { stderr } = await rig.dispatch({
      config: { agents },
      tasks: [
        { task_id: "count", agent: "dear", description: "Count the files", output_schema: { type: "number" } },
        { task_id: "write", agent: "dear", description: "Write it" },
        { task_id: "quiet", agent: "untold", description: "Look" },
        task("plain", "true"),
      ],
    });
    summary = stderr;
  });
  afterAll(() => rig.close());

  test("a task's story has what its agent was told, said, used, changed and spent, and no wire format", async () => {
    const { stdout } = await rig.run(["trace", "write"]);
    expect(stdout).toContain("agent dear, model m-1, run ");
    expect(stdout).toContain('  tool call: Write {"file_path":"src/a.ts","content":"x"}\n');
    expect(stdout).toContain("  message: I think three.\n");
    expect(stdout).toContain("Prompt\n  Write it\n");
    expect(stdout).toContain("Output\n  I think three.\n");
    expect(stdout).toContain("Usage\n  $0.250; 140 tokens in (40 cached), 20 out; 1 turn\n  session s-1\n");
    expect(stdout).toContain("Changed files (reported by the agent)\n  src/a.ts\n");
    expect(stdout).not.toContain('"type"');
  });

  test("of a failure the last words are shown as they were said", async () => {
    const { stdout } = await rig.run(["trace", "count"]);
    expect(stdout).toMatch(/^count: error \(invalid_output\)/);
    expect(stdout).toContain("Last message\n  I think three.\n");
    const report = await rig.run(["report", "--format", "markdown"]);
    expect(report.stdout).toContain("Last message:\n\n```text\nI think three.\n```");
  });

  test("a cost that nobody tells is no cost of zero: every sum says that it is not in it", async () => {
    const cells = (text: string): string => text.replaceAll(/ +/g, " ");
    expect(cells(summary)).toMatch(/count error [\d.]+ m?s 1 \$0\.250 The final message/);
    expect(cells(summary)).toMatch(/quiet success [\d.]+ m?s 1 \?\n/);
    expect(summary).toContain("$0.500 plus 1 task with unknown cost");
    const { stdout } = await rig.run(["trace", "latest"]);
    expect(stdout).toMatch(/^\S+: partial; .*; \$0\.500 plus 1 task with unknown cost$/m);
    expect(stdout).toMatch(/^task +agent +status +attempts +time +cost$/m);
    expect(stdout).toMatch(/^quiet +untold +success +1 .* \?$/m);
    expect((await rig.run(["trace"])).stdout).toMatch(/^run +status +tasks +time +cost +when$/m);
    expect((await rig.run(["report", "--format", "markdown"])).stdout).toContain("$0.500 plus 1 task with unknown cost");
    const result = JSON.parse(rig.read("traces/latest/result.json"));
    expect(result.summary).toMatchObject({ usage: { cost_usd: 0.5 }, tasks_without_cost: 1 });
  });
});
