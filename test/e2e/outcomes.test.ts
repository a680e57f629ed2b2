/** Outcomes of tasks and their consequences, through the real binary. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { Rig, task } from "../support/rig.ts";

test("a task succeeds only if its verify commands exit 0 in its folder and environment", async () => {
  await using rig = new Rig();
  rig.write("sub/here", "");
  const { result } = await rig.dispatch({
    tasks: [
      task("good", "echo '{\"n\": 5}'", {
        cwd: "sub",
        env: { MODE: "x" },
        verify: ["test -f here && test $MODE = x", ["grep", "-q", '"n":5', "${OUT}"]],
        input_data: { env: { OTHER: "y" } },
      }),
      task("bad", "echo fine", { verify: ["true", "echo looked; exit 9", "touch never"] }),
    ],
    vars: { OUT: "/dev/null" },
  });
  // The second verify command searches an empty file.
  expect(result.results[0]).toMatchObject({
    status: "error",
    error_kind: "verify",
    error: expect.stringContaining("exited with 1"),
  });
  expect(result.results[1]).toMatchObject({
    status: "error",
    error_kind: "verify",
    error: expect.stringContaining("exited with 9: echo looked; exit 9"),
  });
  expect(rig.exists("never")).toBe(false);
});

test("verify commands can read the task's output from $DISPATCH_OUTPUT_FILE", async () => {
  await using rig = new Rig();
  const { result } = await rig.dispatch({
    tasks: [task("a", "echo '{\"n\": 5}'", { verify: ['grep -q \'"n":5\' "$DISPATCH_OUTPUT_FILE"'] })],
  });
  expect(result.results[0]).toMatchObject({ status: "success", output: { n: 5 } });
});

test("retries a failed attempt, holds no worker meanwhile, and reports the last attempt's outcome", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  const running = rig.dispatch({
    tasks: [task("flaky", command, { retries: 2 }), task("other", command)],
    config: { max_workers: 1 },
  });
  (await rig.nextInvocation()).exit(7);
  // With one worker, the other task runs while the first waits.
  const second = await rig.nextInvocation();
  expect(second.task_id).toBe("other");
  second.exit(0);
  const third = await rig.nextInvocation();
  expect([third.task_id, third.attempt]).toEqual(["flaky", 2]);
  third.exit(0);
  const { result } = await running;
  expect(result.status).toBe("success");
  expect(result.results[0]).toMatchObject({ attempts: 2, error: null });
  expect(result.results[0]?.log_files).toHaveLength(4);
});

test("output that does not match output_schema fails the attempt and uses a retry", async () => {
  await using rig = new Rig();
  const output_schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };
  const { result } = await rig.dispatch({ tasks: [task("a", 'echo \'{"n": "five"}\'', { output_schema, retries: 1 })] });
  expect(result.results[0]).toMatchObject({ status: "error", error_kind: "invalid_output", attempts: 2, output: null });
  expect(result.results[0]?.error).toMatch(/n\b.*integer/);
});

test("a timeout ends one attempt and is retried", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  const running = rig.dispatch({ tasks: [task("slow", command, { timeout_seconds: 0.5, retries: 1 })] });
  const first = await rig.nextInvocation();
  await first.gone;
  await (await rig.nextInvocation()).gone;
  const { result } = await running;
  expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout", attempts: 2 });
});

test("skips the dependents of a failed task and names the root; runs those with run_when all_finished", async () => {
  await using rig = new Rig();
  const { result, exit_code } = await rig.dispatch({
    tasks: [
      task("root", "exit 1"),
      task("middle", "true", { dependencies: ["root"] }),
      task("end", "true", { dependencies: ["middle"] }),
      task("after", 'cat "$DISPATCH_INPUT_FILE"', {
        dependencies: ["root", "free"],
        run_when: "all_finished",
        input_data: { mine: 1 },
      }),
      task("free", "echo '[1, 2]'"),
    ],
  });
  expect(exit_code).toBe(1);
  expect(result.status).toBe("partial");
  expect(result.results.map((row) => [row.task_id, row.status, row.error_kind])).toEqual([
    ["root", "error", "exit"],
    ["middle", "skipped", "dependency"],
    ["end", "skipped", "dependency"],
    ["after", "success", null],
    ["free", "success", null],
  ]);
  expect(result.results[2]?.error).toContain("root");
  expect(result.results[3]?.output).toEqual({
    mine: 1,
    command: expect.any(String),
    upstream_results: { free: [1, 2] },
    upstream_failures: { root: { status: "error", error_kind: "exit", error: "The command exited with 1." } },
  });
  expect(result.summary).toMatchObject({
    total_tasks: 5,
    successful: 2,
    failed: 1,
    skipped: 2,
    cancelled: 0,
    failure_rate: 0.2,
  });
});

test("fail_fast cancels running tasks and tasks that have not started", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  const running = rig.dispatch(
    { tasks: [task("bad", command), task("long", command), task("later", command)], config: { max_workers: 2 } },
    ["--fail-fast"],
  );
  const [one, two] = [await rig.nextInvocation(), await rig.nextInvocation()];
  (one.task_id === "bad" ? one : two).exit(1);
  const { result, exit_code } = await running;
  expect(exit_code).toBe(1);
  expect(result.results.map((row) => [row.status, row.error_kind, row.attempts])).toEqual([
    ["error", "exit", 1],
    ["cancelled", "cancelled", 1],
    ["cancelled", "cancelled", 0],
  ]);
  expect(rig.unclaimed).toBe(0);
});

test("starts tasks by priority, then by the longest chain of dependents", async () => {
  await using rig = new Rig();
  const { result } = await rig.dispatch({
    tasks: [
      task("plain", "true"),
      task("chain", "true"),
      task("chained", "true", { dependencies: ["chain"] }),
      task("urgent", "true", { priority: "critical" }),
    ],
    config: { max_workers: 1 },
  });
  expect(result.status).toBe("success");
  const started = rig.journal().flatMap((event) => (event.type === "task.started" ? [event.task_id] : []));
  expect(started).toEqual(["urgent", "chain", "plain", "chained"]);
});

test("a command gets its task and attempt in the environment, and another task's output never becomes code", async () => {
  await using rig = new Rig();
  const nasty = `"; touch hacked; $(touch hacked) \`touch hacked\` '`;
  const { result } = await rig.dispatch({
    tasks: [
      task("say", ["node", "-e", "console.log(JSON.stringify(process.argv[1]))", nasty]),
      task("use", 'printf "%s|%s|%s" "${tasks.say.output}" "$DISPATCH_TASK_ID" "$DISPATCH_ATTEMPT"', { dependencies: ["say"] }),
    ],
  });
  expect(result.results[1]?.output).toMatchObject({ stdout: `${nasty}|use|1` });
  expect(rig.exists("hacked")).toBe(false);
});

test("--select runs the selected tasks and their dependencies only", async () => {
  await using rig = new Rig();
  const tasks = [task("a", "true"), task("b", "true", { dependencies: ["a"] }), task("c", "true")];
  const { result } = await rig.dispatch({ tasks }, ["--select", "b"]);
  expect(result.results.map((row) => row.task_id)).toEqual(["a", "b"]);
  const unknown = await rig.run(["run", "--select", "d"], { input: { tasks } });
  expect(unknown).toMatchObject({ exit_code: 2, stdout: "" });
  expect(unknown.stderr).toContain("There is no task d");
});

test("--format ndjson prints every event of the journal, and ends with the result", async () => {
  await using rig = new Rig();
  const { stdout } = await rig.run(["run", "--format", "ndjson"], {
    input: { tasks: [task("a", "echo 1"), task("b", "exit 1")] },
  });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { type: string; seq: number; result?: { status: string } });
  expect(lines.map((line) => line.seq)).toEqual(lines.map((_, i) => i + 1));
  expect(lines.at(-1)).toMatchObject({ type: "run.finished", result: { status: "partial" } });
  const journal = rig.journal().map((event) => {
    const { crc: _, ...rest } = event as typeof event & { crc: string };
    return rest;
  });
  expect(lines).toEqual(journal);
});

test("-o replaces stdout, --report writes further files, and a dry run writes nothing", async () => {
  await using rig = new Rig();
  const tasks = [task("a", "echo 1"), task("b", "true", { dependencies: ["a"] })];
  const ended = await rig.run(["run", "-o", "result.json", "--report", "junit=junit.xml", "--report", "markdown"], {
    input: { tasks },
  });
  expect(ended).toMatchObject({ exit_code: 0, stdout: "" });
  const result = JSON.parse(rig.read("result.json")) as { status: string; trace_index: string };
  expect(result.status).toBe("success");
  expect(rig.read("junit.xml")).toContain('<testcase name="a"');
  expect(readFileSync(result.trace_index.replace("index.json", "report.md"), "utf8")).toContain("## Success");

  const dry = await rig.run(["run", "--dry-run", "--trace-dir", "elsewhere"], { input: { tasks } });
  expect(dry.exit_code).toBe(0);
  expect(dry.stdout).toContain("Level 2: b");
  expect(dry.stdout).toContain("Critical path: a -> b");
  expect(rig.exists("elsewhere")).toBe(false);
});
