/** How the built-in agents use context that dispatch has gathered and packed. */
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
  // The shape of coder's output.
  return result.results[0]?.output as CoderOutput;
}

describe("coder", () => {
  test("gives its node the entry method of the pattern's nodes and lists the pattern as used", async () => {
    await using rig = new Rig();
    const { code, context_used } = await write(rig, [
      "pattern:onex-compute-node",
      "pattern:onex-effect-node",
      "pattern:debugging",
    ]);
    expect(code).toContain("    async def process(self, request: ");
    expect(code).toContain("        return await self.execute(request)\n");
    // The other patterns do not cover compute nodes.
    expect(context_used).toEqual(["pattern:onex-compute-node"]);
    expect((await write(rig, ["pattern:debugging"])).code).not.toContain("def process");
  });

  test.skipIf(no_python !== undefined)(`writes a node that still passes its own check (skipped if ${no_python})`, async () => {
    await using rig = new Rig();
    await write(rig, ["pattern:onex-compute-node"], { output_path: "node_total_compute.py" });
    const { status, stderr } = spawnSync("python3", ["node_total_compute.py"], { cwd: rig.folder, encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("follows the project's own pattern: its entry method and its file header", async () => {
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

  test("ignores an example whose method takes other parameters", async () => {
    await using rig = new Rig();
    rig.write(
      ".dispatch/patterns/two.md",
      "```python\nclass NodeACompute:\n    def run(self, state: S, event: E) -> S:\n        ...\n```\n",
    );
    const { code, context_used } = await write(rig, ["pattern:two"]);
    expect(code).not.toContain("def run(");
    expect(context_used).toEqual([]);
  });

  test("uses the fields of a class in a context file", async () => {
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

  /** Changes the file on disk after it was gathered, so that the report shows which version was read. */
  const change = task("change", "true");

  test("reads the given files before those on disk, and lists the files it used", async () => {
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
    // A file is no evidence about itself, and a list of names is no evidence at all.
    expect(report.root_cause[0]?.evidence.map(({ kind }) => kind)).not.toContain("context");
    expect(report.baseline.context_used).not.toContain("structure:.");
  });

  test("reads packed context: a file named only by its context key", async () => {
    await using rig = new Rig();
    rig.write("src/shop/cart.py", "def total(rows):\n    return sum(rows)\n");
    const { result } = await rig.dispatch({ tasks: [change, debug(["file:cart.py"])] });
    const report = result.results[1]?.output as { baseline: { context_used: string[] }; root_cause: { file: string }[] };
    expect(report.root_cause[0]?.file).toBe("src/shop/cart.py");
    expect(report.baseline.context_used).toEqual(["file:cart.py"]);
  });

  test("reads the disk if the context holds only a part of the file", async () => {
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
