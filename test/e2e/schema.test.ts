import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";

test("dispatch schema result prints a schema that results match", async () => {
  await using rig = new Rig();
  const { stdout, exit_code } = await rig.run(["schema", "result"]);
  expect(exit_code).toBe(0);
  const check = new Ajv2020({ strictTypes: false }).compile(JSON.parse(stdout) as object);
  const { result } = await rig.dispatch({
    tasks: [task("good", "echo 1"), task("bad", "exit 3"), task("behind", "true", { dependencies: ["bad"] })],
  });
  expect(result.status).toBe("partial");
  check(result);
  expect(check.errors).toBe(null);
  check({ ...result, status: "fine" });
  expect(check.errors).not.toBe(null);
});

test("dispatch schema lists the schemas, and rejects an unknown name with a suggestion", async () => {
  await using rig = new Rig();
  expect((await rig.run(["schema"])).stdout).toMatch(/^task-file {2}the input of `dispatch run`$/m);
  const names = JSON.parse((await rig.run(["schema", "--json"])).stdout) as { name: string }[];
  expect(names.map(({ name }) => name)).toEqual(expect.arrayContaining(["task-file", "result", "config", "command"]));
  const ended = await rig.run(["schema", "taskfile"]);
  expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
  expect(ended.stderr).toMatch(/^dispatch: Unknown schema "taskfile"\. .*task-file/);
});

test("checks a task's output against its output_schema", async () => {
  await using rig = new Rig();
  const output_schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
  const { result } = await rig.dispatch({
    tasks: [task("good", `echo '{"n": 1}'`, { output_schema }), task("bad", `echo '{"n": "one"}'`, { output_schema })],
  });
  expect(result.results.map(({ status, error_kind }) => ({ status, error_kind }))).toEqual([
    { status: "success", error_kind: null },
    { status: "error", error_kind: "invalid_output" },
  ]);
});
