/** What the built-in agents do with context that was really gathered and packed. */
import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { no_python } from "../support/python.ts";
import { Rig, task } from "../support/rig.ts";

const contract = "Compute node that totals the lines of an invoice";

const coder = (keys: readonly string[], input_data: object = {}) => ({
  task_id: "write",
  agent: "coder",
  input_data: { contract_description: contract, node_type: "Compute", validation_level: "strict", ...input_data },
  context_requirements: keys,
});

interface CoderOutput {
  code: string;
  context_used: string[];
}

async function write(rig: Rig, keys: readonly string[], input_data: object = {}): Promise<CoderOutput> {
  const { result } = await rig.dispatch({ tasks: [coder(keys, input_data)] });
  expect(result.results[0]).toMatchObject({ status: "success", error: null });
  // What coder puts out.
  return result.results[0]?.output as CoderOutput;
}

describe("coder", () => {
  test("gives its node the method by which the pattern's nodes are called, and says that it used it", async () => {
    await using rig = new Rig();
    const { code, context_used } = await write(rig, [
      "pattern:onex-compute-node",
      "pattern:onex-effect-node",
      "pattern:debugging",
    ]);
    expect(code).toContain("    async def process(self, request: ");
    expect(code).toContain("        return await self.execute(request)\n");
    // The others say nothing of a compute node.
    expect(context_used).toEqual(["pattern:onex-compute-node"]);
    expect((await write(rig, ["pattern:debugging"])).code).not.toContain("def process");
  });

  test.skipIf(no_python !== undefined)(`its node still passes its own check (skipped where ${no_python})`, async () => {
    await using rig = new Rig();
    await write(rig, ["pattern:onex-compute-node"], { output_path: "node_total_compute.py" });
    const { status, stderr } = spawnSync("python3", ["node_total_compute.py"], { cwd: rig.folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("follows the project's own pattern: its method, and how its files begin", async () => {
    await using rig = new Rig();
    rig.write(
      ".dispatch/patterns/compute.md",
      "# Our nodes\n\n```python\n# Copyright Acme\n# SPDX-License-Identifier: MIT\n\nclass NodePriceCompute:\n    def calculate(self, data: Prices) -> Sum:\n        ...\n```\n",
    );
    const { code, context_used } = await write(rig, ["pattern:compute"]);
    expect(code.split("\n").slice(1, 3)).toEqual(["# Copyright Acme", "# SPDX-License-Identifier: MIT"]);
    expect(code).toContain("async def calculate(self, request: ");
    expect(context_used).toEqual(["pattern:compute"]);
  });

  test("follows no example whose method takes something else", async () => {
    await using rig = new Rig();
    rig.write(
      ".dispatch/patterns/two.md",
      "```python\nclass NodeACompute:\n    def run(self, state: S, event: E) -> S:\n        ...\n```\n",
    );
    const { code, context_used } = await write(rig, ["pattern:two"]);
    expect(code).not.toContain("def run(");
    expect(context_used).toEqual([]);
  });

  test("takes the fields of a class in a file that it was given", async () => {
    await using rig = new Rig();
    rig.write("models/note.py", "class Note:\n    heading: str\n    stars: int\n");
    rig.write("models/other.py", "class Other:\n    x: int\n");
    const contract_description = "Effect node that creates notes in PostgreSQL notes table";
    const { code, context_used } = await write(rig, ["file:note.py", "file:other.py"], {
      contract_description,
      node_type: "Effect",
    });
    expect(code).toContain("heading: str");
    expect(code).toContain("stars: int");
    expect(context_used).toEqual(["file:note.py"]);
  });
});

describe("debug", () => {
  const trace =
    'Traceback (most recent call last):\n  File "/srv/app/shop/cart.py", line 2, in total\n    return sum(rows)\nTypeError: unsupported';

  const debug = (keys: readonly string[], more: object = {}) => ({
    task_id: "look",
    agent: "debug",
    input_data: { problem_description: "The cart's total fails", error_traces: [trace], ...more },
    context_requirements: keys,
    dependencies: ["change"],
  });

  /** The file changes on disk after it was gathered: what is told shows which of the two was read. */
  const change = task("change", "true");

  test("looks in the files that it was handed before the disk, and lists those", async () => {
    await using rig = new Rig();
    rig.write("shop/cart.py", "def total(rows):\n    return sum(rows)\n");
    rig.write("shop/unrelated.py", "def other():\n    return 1\n");
    const given = {
      "file:shop/cart.py": {
        type: "file",
        content: "def total(rows):\n    return sum(handed_over)\n",
        metadata: { path: "shop/cart.py" },
      },
    };
    const { result } = await rig.dispatch({
      tasks: [change, debug(["file:shop/unrelated.py", "structure:."], { pre_gathered_context: given })],
    });
    const report = result.results[1]?.output as {
      baseline: { context_used: string[] };
      root_cause: { lines: { text: string }[]; evidence: { kind: string }[] }[];
    };
    expect(JSON.stringify(report.root_cause[0]?.lines)).toContain("handed_over");
    expect(report.baseline.context_used).toContain("file:shop/cart.py");
    // A file is no witness of itself, and a tree of names none of anything.
    expect(report.root_cause[0]?.evidence.map(({ kind }) => kind)).not.toContain("context");
    expect(report.baseline.context_used).not.toContain("structure:.");
  });

  test("reads what was packed for it: a file that only the context has", async () => {
    await using rig = new Rig();
    rig.write("src/shop/cart.py", "def total(rows):\n    return sum(rows)\n");
    const { result } = await rig.dispatch({ tasks: [change, debug(["file:cart.py"])] });
    const report = result.results[1]?.output as { baseline: { context_used: string[] }; root_cause: { file: string }[] };
    expect(report.root_cause[0]?.file).toBe("src/shop/cart.py");
    expect(report.baseline.context_used).toEqual(["file:cart.py"]);
  });

  test("keeps to the disk where it was handed only a part", async () => {
    await using rig = new Rig();
    rig.write("shop/cart.py", `def total(rows):\n    return sum(rows)\n${"# long tail of words\n".repeat(2000)}`);
    const { result } = await rig.dispatch({
      tasks: [change, debug(["file:shop/cart.py"])],
      config: { context: { max_tokens_per_task: 200 } },
    });
    const report = result.results[1]?.output as { baseline: { context_used: string[] }; root_cause: { line: number }[] };
    expect(report.root_cause[0]).toMatchObject({ file: "shop/cart.py", line: 2 });
    expect(report.baseline.context_used).toEqual([]);
  });
});
