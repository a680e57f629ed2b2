import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";

test("reads a task file from stdin, writes the result to stdout and a trace for every task", async () => {
  await using rig = new Rig();
  const { result, exit_code } = await rig.dispatch({
    tasks: [
      task("make", `echo '{"answer": 42}'`),
      task("use", ["echo", "it is ${tasks.make.output.answer}"], { dependencies: ["make"] }),
    ],
  });
  expect(exit_code).toBe(0);
  expect(result.status).toBe("success");
  expect(result.results.map((row) => row.output)).toEqual([
    { answer: 42 },
    { stdout: "it is 42\n", bytes: 9, truncated: false },
  ]);
  for (const row of result.results)
    expect(JSON.parse(rig.read(row.trace_file.slice(rig.folder.length))).status).toBe("success");
});

test("starts a task only after its dependencies have ended", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  const running = rig.dispatch({ tasks: [task("first", command), task("second", command, { dependencies: ["first"] })] });
  const first = await rig.nextInvocation();
  expect(first.task_id).toBe("first");
  expect(
    rig
      .journal()
      .filter((event) => event.type === "task.ready")
      .map((event) => event.task_id),
  ).toEqual(["first"]);
  first.exit(0);
  const second = await rig.nextInvocation();
  expect(second.task_id).toBe("second");
  second.exit(3);
  const { result, exit_code } = await running;
  expect(exit_code).toBe(1);
  expect(result.status).toBe("partial");
  expect(result.results[1]).toMatchObject({ status: "error", error_kind: "exit", error: "The command exited with 3." });
});

test("ids of other tools work, and ids that differ only in case keep separate files", async () => {
  await using rig = new Rig();
  const ids = ["build:js", "@scope/pkg", "@scope/pkg:test", "pkg#build", "a..b", "x.lock", "a.", "Build", "build", "BUILD"];
  const tasks = ids.map((id, i) => task(id, `echo '{"n": ${i}}'`));
  const dependencies = ["@scope/pkg:test", "a..b"];
  const sum = "echo ${tasks.@scope/pkg:test.output.n} ${tasks.a..b.output.n} >&2; exit 1";
  const { result } = await rig.dispatch({ tasks: [...tasks, task("sum", sum, { dependencies })] });
  expect(result.results.map(({ output }) => output).slice(0, -1)).toEqual(ids.map((_, n) => ({ n })));
  const files = result.results.flatMap(({ trace_file, log_files }) => [trace_file, ...log_files]);
  expect(new Set(files.map((file) => file.toLowerCase())).size).toBe(files.length);
  for (const file of files) expect(existsSync(file), file).toBe(true);
  expect(readFileSync(result.results.at(-1)?.log_files[1] ?? "", "utf8")).toBe("2 4\n");
  const { stdout } = await rig.run(["resume"]);
  const reused = (JSON.parse(stdout) as typeof result).results.filter((row) => row.reused);
  expect(reused).toHaveLength(ids.length);
});
