/** Runs the agent `coder` through the real binary. */
import { chmodSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { TaskResult } from "../../src/index.ts";
import { no_python } from "../support/python.ts";
import { Rig } from "../support/rig.ts";

const contract_description = "Effect node that creates a note with a title and a body in PostgreSQL notes table";

const coder = (task_id: string, input_data: object, more: object = {}) => ({
  task_id,
  agent: "coder",
  input_data: { contract_description, ...input_data },
  ...more,
});

/** The output of a successful task. */
interface Output {
  output_path: string | null;
  class_name: string;
  node_type: string;
  code: string;
  checks: { name: string; level: string; passed: boolean; message: string; line?: number }[];
  open_points: string[];
  context_used: string[];
}

function outputOf(result: TaskResult | undefined): Output {
  expect(result).toMatchObject({ status: "success", error: null });
  return result?.output as Output; // the shape of coder's output
}

async function runOne(rig: Rig, input_data: object, more: object = {}): Promise<TaskResult | undefined> {
  const { result } = await rig.dispatch({ tasks: [coder("node", input_data, more)] });
  return result.results[0];
}

test("writes the node to output_path and returns the same code", async () => {
  await using rig = new Rig();
  const result = await runOne(rig, { output_path: "out/deep/node_note_keeper_effect.py", validation_level: "strict" });
  const output = outputOf(result);
  expect(output.output_path).toBe(join(rig.folder, "out/deep/node_note_keeper_effect.py"));
  expect(output).toMatchObject({ class_name: "NodeNoteKeeperEffect", node_type: "Effect", open_points: [], context_used: [] });
  expect(rig.read("out/deep/node_note_keeper_effect.py")).toBe(output.code);
  expect(output.checks.filter(({ passed }) => !passed)).toEqual([]);
  expect(readdirSync(join(rig.folder, "out/deep"))).toEqual(["node_note_keeper_effect.py"]);
  expect(result?.log_files).toEqual([]);
});

test("without output_path the code is only returned, and an alias runs the same agent", async () => {
  await using rig = new Rig();
  const result = await runOne(rig, {}, { agent: "agent_coder" });
  expect(result?.agent).toBe("coder");
  expect(outputOf(result)).toMatchObject({ output_path: null, class_name: "NodeNoteCreatorEffect" });
  expect(readdirSync(rig.folder)).toEqual(["traces"]);
});

test.skipIf(no_python !== undefined)(
  `python3 compiles the node and runs its self-check${no_python === undefined ? "" : ` (skipped: ${no_python})`}`,
  async () => {
    await using rig = new Rig();
    const { checks } = outputOf(await runOne(rig, {}));
    expect(checks).toContainEqual({ name: "compile", level: "syntax", passed: true, message: "python3 compiles it." });
    expect(checks).toContainEqual({
      name: "self_check",
      level: "error",
      passed: true,
      message: "NodeNoteCreatorEffect: self-check passed",
    });
  },
);

test("without python3 only the built-in parser checks the node, and the check says so", async () => {
  await using rig = new Rig();
  const { result } = await rig.dispatch({ tasks: [coder("node", {})] }, [], { env: { PATH: rig.folder } });
  const { checks } = outputOf(result.results[0]);
  expect(checks.find(({ name }) => name === "compile")?.message).toContain("python3 was not found");
});

test("several tasks each write their own node", async () => {
  await using rig = new Rig();
  const node = (contract: string, node_type: string, file: string, validation_level: string, more: object = {}) =>
    coder(file, { contract_description: contract, node_type, output_path: `out/${file}`, validation_level, ...more });
  const { result } = await rig.dispatch({
    tasks: [
      node("Effect node that writes user data to PostgreSQL users table", "Effect", "node_user_writer_effect.py", "strict"),
      node(
        "Effect node that reads product data from PostgreSQL products table",
        "Effect",
        "node_product_reader_effect.py",
        "strict",
      ),
      node(
        "Effect node that updates order status in PostgreSQL orders table",
        "Effect",
        "node_order_updater_effect.py",
        "strict",
      ),
      node(
        "Effect node for authentication with proper token validation and error handling",
        "Effect",
        "node_authenticator_effect_v2.py",
        "strict",
        { context_files: ["auth/authenticator.py"] },
      ),
      node("Reducer node that implements Redis caching for API responses", "Reducer", "node_api_cache_reducer.py", "moderate"),
    ],
  });
  expect(result.results.map((one) => outputOf(one).class_name)).toEqual([
    "NodeUserWriterEffect",
    "NodeProductReaderEffect",
    "NodeOrderUpdaterEffect",
    "NodeAuthenticatorEffect",
    "NodeApiCacheReducer",
  ]);
  expect(result.results[3]?.warnings).toEqual([expect.stringContaining("auth/authenticator.py cannot be read")]);
});

test("fields come from the class or table that the context defines", async () => {
  await using rig = new Rig();
  rig.write("models.py", "class User:\n    email: str\n    age: int | None = None\n");
  const result = await runOne(rig, {
    contract_description: "Effect node that writes user data to PostgreSQL users table",
    context_files: ["models.py"],
    pre_gathered_context: {
      "file:orders.sql": { type: "file", content: "CREATE TABLE orders (total NUMERIC);", metadata: {} },
      "rag:naming": "Name things well.",
    },
  });
  const output = outputOf(result);
  expect(output.code).toContain("    email: str\n    age: int | None = None\n");
  expect(output.context_used).toEqual([join(rig.folder, "models.py")]);
});

test("context_used lists only the gathered context that shaped the node", async () => {
  await using rig = new Rig();
  const result = await runOne(rig, {
    contract_description: "Effect node that writes order data to PostgreSQL orders table",
    pre_gathered_context: {
      "file:orders.sql": { type: "file", content: "CREATE TABLE orders (total NUMERIC NOT NULL);" },
      "rag:naming": "Name things well.",
    },
  });
  const output = outputOf(result);
  expect(output.code).toContain("    total: Decimal\n");
  expect(output.context_used).toEqual(["file:orders.sql"]);
});

test("ignores unknown input keys and reports them", async () => {
  await using rig = new Rig();
  outputOf(await runOne(rig, { flavour: "sweet" }));
  expect(rig.journal()).toContainEqual(
    expect.objectContaining({ type: "agent.message", text: expect.stringContaining("ignored: flavour") }),
  );
});

describe("validation_level decides which findings fail the task", () => {
  test.each([
    ["strict", "notes.py", "error"],
    ["moderate", "notes.py", "success"],
    ["lenient", "notes.py", "success"],
    ["moderate", "node_note_reducer.py", "error"],
    ["lenient", "node_note_reducer.py", "success"],
    ["STRICT", "node_note_effect.py", "success"],
  ])("%s, %s: %s", async (validation_level, output_path, status) => {
    await using rig = new Rig();
    const result = await runOne(rig, { validation_level, output_path, node_type: "effect" });
    expect(result).toMatchObject({ status, error_kind: status === "error" ? "invalid_output" : null });
    expect(rig.exists(output_path)).toBe(status === "success");
    if (status === "error") expect(result?.error).toContain(output_path);
  });
});

describe("overwrites only its own files", () => {
  const output_path = "node_note_effect.py";

  test("a second run succeeds, and a new contract replaces the node", async () => {
    await using rig = new Rig();
    const first = outputOf(await runOne(rig, { output_path }));
    expect(outputOf(await runOne(rig, { output_path })).code).toBe(first.code);
    const changed = outputOf(
      await runOne(rig, { output_path, contract_description: `${contract_description}. Retries 2 times.` }),
    );
    expect(changed.code).not.toBe(first.code);
    expect(rig.read(output_path)).toBe(changed.code);
  });

  test("a user's file and a changed node are kept unless overwrite is set", async () => {
    await using rig = new Rig();
    rig.write(output_path, "mine = 1\n");
    const refused = await runOne(rig, { output_path });
    expect(refused).toMatchObject({
      status: "error",
      error_kind: "agent",
      suggestion: expect.stringContaining('"overwrite": true'),
    });
    expect(refused?.error).toContain("was not written by dispatch");
    expect(rig.read(output_path)).toBe("mine = 1\n");
    const { code } = outputOf(await runOne(rig, { output_path, overwrite: true }));
    writeFileSync(join(rig.folder, output_path), `${code}# a thought\n`);
    expect((await runOne(rig, { output_path }))?.error).toContain("was changed since dispatch wrote it");
    expect(rig.read(output_path)).toBe(`${code}# a thought\n`);
  });

  test("reports a folder, a link and a path through a file, and leaves nothing behind", async () => {
    await using rig = new Rig();
    mkdirSync(join(rig.folder, "folder.py"));
    symlinkSync("elsewhere.py", join(rig.folder, "link.py"));
    rig.write("file", "");
    expect((await runOne(rig, { output_path: "folder.py" }))?.error).toContain("is a folder");
    expect((await runOne(rig, { output_path: "link.py", overwrite: true }))?.error).toContain("is a symbolic link");
    expect((await runOne(rig, { output_path: "file/node_note_effect.py" }))?.error).toContain("cannot be written");
    expect(readdirSync(rig.folder).sort()).toEqual(["file", "folder.py", "link.py", "traces"]);
  });
});

describe("bad input is reported before anything runs", () => {
  const effect = { contract_description };
  test.each<[string, object, string]>([
    ["no contract", {}, "input_data.contract_description is missing"],
    ["an empty contract", { contract_description: " " }, "input_data.contract_description must not be empty"],
    [
      "a contract without words",
      { contract: { name: "x" }, node_type: "Effect" },
      "input_data.contract.description is missing",
    ],
    [
      "an unknown type",
      { ...effect, node_type: "Widget" },
      "input_data.node_type must be one of Effect, Compute, Reducer, Orchestrator",
    ],
    ["no type", { contract_description: "writes users" }, "input_data.node_type is missing"],
    [
      "an unknown level",
      { ...effect, validation_level: "harsh" },
      "input_data.validation_level must be one of strict, moderate, lenient",
    ],
    ["another language", { ...effect, language: "rust" }, "input_data.language must be one of python"],
    ["a path that is not a string", { ...effect, output_path: 3 }, "input_data.output_path must be a string"],
    ["an empty path", { ...effect, output_path: "" }, "input_data.output_path must not be empty"],
    [
      "a file of another language",
      { ...effect, output_path: "out/node_note_effect.ts" },
      "input_data.output_path must end in .py",
    ],
    ["a NUL in a path", { ...effect, output_path: "a\0b" }, "input_data.output_path must not hold a NUL character"],
    ["files that are not a list", { ...effect, context_files: "a.py" }, "input_data.context_files must be a list"],
    ["an overwrite that is not a boolean", { ...effect, overwrite: "yes" }, "input_data.overwrite must be true or false"],
    ["context that is not an object", { ...effect, pre_gathered_context: [] }, "input_data.pre_gathered_context must be a"],
  ])("%s", async (_, input_data, message) => {
    await using rig = new Rig();
    const ended = await rig.run(["run"], { input: { tasks: [{ task_id: "node", agent: "coder", input_data }] } });
    expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
    expect(ended.stderr).toContain(message);
    expect(rig.runs()).toEqual([]);
  });
});

test("a value from another task is checked when the task starts", async () => {
  await using rig = new Rig();
  const of_first = (node_type: string) => ({
    tasks: [
      { task_id: "first", agent: "command", input_data: { command: ["printf", "%s", JSON.stringify({ node_type })] } },
      coder("node", { node_type: "${tasks.first.output.node_type}" }, { dependencies: ["first"] }),
    ],
  });
  const good = await rig.dispatch(of_first("Compute"));
  expect(outputOf(good.result.results[1]).node_type).toBe("Compute");
  const bad = await rig.dispatch(of_first("Widget"));
  expect(bad.result.results[1]).toMatchObject({
    status: "error",
    error: expect.stringContaining("must be one of Effect, Compute"),
  });
});

test("if stopped during the python3 check, writes nothing and leaves no process running", async () => {
  await using rig = new Rig();
  mkdirSync(join(rig.folder, "bin"));
  const python = rig.write("bin/python3", "#!/bin/sh\nprintf 'asked\\n' > \"$RIG/asked\"\nexec sleep 600\n");
  chmodSync(python, 0o755);
  const started = rig.start(["run"], {
    input: { tasks: [coder("node", { output_path: "node_note_effect.py" })] },
    env: { PATH: `${join(rig.folder, "bin")}:${process.env["PATH"]}` },
  });
  await rig.waitForFile("asked");
  started.child.kill("SIGINT");
  const { exit_code, stdout } = await started.ended;
  expect(exit_code).toBe(130);
  expect(JSON.parse(stdout)).toMatchObject({ results: [{ status: "cancelled", error_kind: "interrupted" }] });
  expect(rig.exists("node_note_effect.py")).toBe(false);
  expect(rig.leftovers()).toEqual([]);
});
