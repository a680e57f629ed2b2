/** Cases in which a result could be wrong, or a run could hang. */
import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Rig, root, task } from "../support/rig.ts";

test("JSON output that is nested too deeply becomes text, and other tasks are not affected", async () => {
  await using rig = new Rig();
  const deep = (levels: number): string[] => [
    "node",
    "-e",
    `process.stdout.write("[".repeat(${levels}) + "]".repeat(${levels}))`,
  ];
  const { result } = await rig.dispatch({
    tasks: [task("fits", deep(200)), ...[201, 4390, 5000, 60_000].map((levels) => task(`d${levels}`, deep(levels)))],
  });
  expect(result.status).toBe("success");
  expect(result.results.map((row) => Array.isArray(row.output))).toEqual([true, false, false, false, false]);
});

test("a number that JSON would change stays as printed", async () => {
  await using rig = new Rig();
  const printed = ["1.10", "12345678901234567890", "4e10", "42", "-0.5"];
  const { result } = await rig.dispatch({
    tasks: [
      ...printed.map((text, i) => task(`v${i}`, `echo ${text}`)),
      task("use", `printf %s "${printed.map((_, i) => `\${tasks.v${i}.output}`).join(" ")}"`, {
        dependencies: printed.map((_, i) => `v${i}`),
      }),
    ],
  });
  expect(result.results.map((row) => row.output).slice(0, 5)).toEqual(["1.10", "12345678901234567890", "4e10", 42, -0.5]);
  expect(result.results.at(-1)?.output).toMatchObject({ stdout: printed.join(" ") });
});

test("if events cannot be written to -o, the run continues and ends with an error", async () => {
  await using rig = new Rig();
  const ended = await rig.run(["run", "--format", "ndjson", "-o", "/dev/full"], { input: { tasks: [task("a", "touch ran")] } });
  expect(ended.exit_code).toBe(1);
  expect(ended.stderr).toContain("The result could not be written: --output /dev/full cannot be written: ENOSPC");
  expect(rig.exists("ran")).toBe(true);
});

test("once tasks have run, no error exits with the code for bad input", async () => {
  await using rig = new Rig();
  const ended = await rig.run(["run", "--format", "junit"], { input: { tasks: [task("a", "rm -rf traces")] } });
  expect(ended.exit_code).toBe(1);
  expect(ended.stderr).toMatch(/journal cannot be written/);
});

test("a FIFO in place of a log does not block the report", async () => {
  await using rig = new Rig();
  const swap = 'log="traces/$DISPATCH_RUN_ID/logs/a@1.out"; rm "$log"; mkfifo "$log"; exit 3';
  const ended = await rig.run(["run", "--format", "markdown"], { input: { tasks: [task("a", swap)] } });
  expect(ended.exit_code).toBe(1);
  expect(ended.stdout).toContain("## Error");
});

test("-o keeps the mode of an existing file, and reports in the run's folder are private", async () => {
  await using rig = new Rig();
  rig.write("result.json", "");
  execFileSync("chmod", ["600", "result.json"], { cwd: rig.folder });
  await rig.run(["run", "-o", "result.json", "--report", "markdown"], { input: { tasks: [task("a", "true")] } });
  expect(statSync(join(rig.folder, "result.json")).mode & 0o777).toBe(0o600);
  expect(statSync(join(rig.folder, "traces", rig.runs()[0] ?? "", "report.md")).mode & 0o777).toBe(0o600);
});

test("output that does not fit its schema is not journaled, and a failed verify command is named as written", async () => {
  await using rig = new Rig();
  const { result } = await rig.dispatch({
    vars: { OUT: "dist" },
    tasks: [
      task("misfit", "echo '{\"secret\": 1}'", { output_schema: { type: "array" } }),
      task("looked", "true", { verify: ["test -e ${OUT}/nothing"] }),
    ],
  });
  const [misfit] = rig.journal().filter((event) => event.type === "task.finished" && event.task_id === "misfit");
  expect(misfit).not.toHaveProperty("outcome.output");
  expect(result.results[1]?.error).toBe("The verify command exited with 1: test -e ${OUT}/nothing");
  expect(result.results[1]?.log_files.at(-1)).toMatch(/looked@1\.verify$/);
});

test("git ignores traces", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("a", "true")] });
  expect(rig.read("traces/.gitignore")).toBe("*\n");
});

test("an error thrown by a library caller's listener rejects the result, after the run has ended cleanly", async () => {
  await using rig = new Rig();
  rig.write(
    "use.mjs",
    `import { run } from ${JSON.stringify(join(root, "dist/index.js"))};
     const text = ${JSON.stringify(JSON.stringify({ tasks: [task("a", "true"), task("b", ["sleep", "1000"])] }))};
     for (const type of ["run.started", "task.ready", "task.finished"]) {
       const error = await run({ text, onEvent(event) { if (event.type === type) throw new Error("mine"); } }).result.catch((error) => error);
       if (error.message !== "mine") throw error;
     }`,
  );
  execFileSync(process.execPath, ["use.mjs"], { cwd: rig.folder, stdio: "pipe" });
  for (const run of rig.runs()) expect(rig.exists(`traces/${run}/result.json`)).toBe(true);
  expect(rig.runs()).toHaveLength(3);
});

test("with -o, messages are shown even if stdout and stderr are the same file", async () => {
  await using rig = new Rig();
  rig.write("tasks.json", { tasks: [task("a", "exit 3")] });
  const shell = (line: string): string => execFileSync("sh", ["-c", `${line}; true`], { cwd: rig.folder, encoding: "utf8" });
  const command = `${process.execPath} ${join(root, "bin/dispatch.js")} run tasks.json`;
  expect(shell(`${command} -o result.json 2>&1`)).toContain("a error");
  expect(JSON.parse(shell(`${command} 2>&1`))).toMatchObject({ status: "failure" });
});
