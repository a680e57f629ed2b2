import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lines, resultIn } from "../support/resumed.ts";
import { Rig, task, until } from "../support/rig.ts";

describe("dispatch resume", () => {
  test("repeats failed and skipped tasks, and reuses successes with their outputs", async () => {
    await using rig = new Rig();
    const first = await rig.dispatch({
      tasks: [
        task("a", `echo a >> ran; echo '{"n": 42}'`),
        task("b", "echo b >> ran; test -e fixed", { dependencies: ["a"] }),
        task("c", "echo c >> ran; echo ${tasks.a.output.n}", { dependencies: ["a", "b"] }),
      ],
    });
    expect(first.exit_code).toBe(1);
    rig.write("fixed", "");
    const { stdout, exit_code } = await rig.run(["resume"]);
    expect(exit_code).toBe(0);
    const result = resultIn(stdout);
    expect(result.run_id).toBe(first.result.run_id);
    expect(result.results.map(({ status, reused, output }) => [status, reused, output])).toEqual([
      ["success", true, { n: 42 }],
      ["success", false, { stdout: "", bytes: 0, truncated: false }],
      ["success", false, 42],
    ]);
    expect(lines(rig, "ran")).toEqual(["a", "b", "b", "c"]);
    expect(rig.runs()).toHaveLength(1);
    expect(result.summary).toMatchObject({ successful: 3, reused: 1 });
  });

  test("runs nothing if the run had succeeded", async () => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "echo a >> ran")] });
    const { stdout, exit_code } = await rig.run(["resume"]);
    expect(exit_code).toBe(0);
    expect(resultIn(stdout).results).toMatchObject([{ status: "success", reused: true }]);
    expect(lines(rig, "ran")).toEqual(["a"]);
  });

  test("is refused while the run is still running, and the run continues", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const running = rig.dispatch({ tasks: [task("a", command)] });
    const invocation = await rig.nextInvocation();
    const { exit_code, stderr, stdout } = await rig.run(["resume"]);
    expect(exit_code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^dispatch: The run \S+ is still running\./);
    invocation.exit(0);
    expect((await running).exit_code).toBe(0);
  });

  test("of two at the same time one is refused", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const started = rig.start(["run"], { input: { tasks: [task("a", command)] } });
    await rig.nextInvocation();
    started.child.kill("SIGKILL");
    await started.ended;
    const both = [rig.start(["resume"]), rig.start(["resume"])];
    // The winner starts an attempt; the other ends by itself.
    const invocation = await rig.nextInvocation();
    const loser = await Promise.race(both.map(({ ended }) => ended));
    expect(loser.exit_code).toBe(2);
    expect(loser.stderr).toContain("is still running");
    invocation.exit(0);
    const ends = await Promise.all(both.map(({ ended }) => ended));
    expect(ends.map(({ exit_code }) => exit_code).sort()).toEqual([0, 2]);
  });

  test("kills leftover processes before it starts a task", async () => {
    await using rig = new Rig();
    const command = await rig.fake({ ignores: ["SIGTERM"] });
    const started = rig.start(["run"], { input: { tasks: [task("a", command)] } });
    const first = await rig.nextInvocation();
    // Without its watcher, the attempt outlives the killed dispatch.
    for (const pid of rig.watchers()) process.kill(pid, "SIGKILL");
    started.child.kill("SIGKILL");
    await started.ended;
    const resumed = rig.start(["resume"]);
    await first.gone;
    const second = await rig.nextInvocation();
    expect(second.attempt).toBe(2);
    second.exit(0);
    expect((await resumed.ended).exit_code).toBe(0);
  });

  test("after Ctrl-C starts interrupted tasks first, with all their retries", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const tasks = [
      task("z", command, { retries: 1 }),
      task("y", command, { priority: "critical", dependencies: ["z"] }),
      task("x", command),
    ];
    const started = rig.start(["run", "-w", "1"], { input: { tasks } });
    expect((await rig.nextInvocation()).task_id).toBe("z");
    started.child.kill("SIGINT");
    expect((await started.ended).exit_code).toBe(130);
    const resumed = rig.start(["resume"]);
    const again = await rig.nextInvocation();
    expect([again.task_id, again.attempt]).toEqual(["z", 2]);
    again.exit(1);
    const retried = await rig.nextInvocation();
    // Another task may start before the retry, which waits.
    if (retried.task_id === "x") {
      retried.exit(0);
      const third = await rig.nextInvocation();
      expect([third.task_id, third.attempt]).toEqual(["z", 3]);
      third.exit(0);
    } else {
      retried.exit(0);
    }
    for (let left = retried.task_id === "x" ? 1 : 2; left > 0; left--) (await rig.nextInvocation()).exit(0);
    expect((await resumed.ended).exit_code).toBe(0);
  });

  test("--task repeats a task and its dependents, and nothing else", async () => {
    await using rig = new Rig();
    await rig.dispatch({
      tasks: [task("a", "echo a >> ran"), task("b", "echo b >> ran", { dependencies: ["a"] }), task("c", "echo c >> ran")],
    });
    const { stdout } = await rig.run(["resume", "--task", "a"]);
    expect(resultIn(stdout).results.map(({ reused }) => reused)).toEqual([false, false, true]);
    expect(lines(rig, "ran").sort()).toEqual(["a", "a", "b", "b", "c"]);
  });

  test("keeps the options of the first start unless flags override them", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", ["sh", "-c", "echo ${WHO} >> ran; test -e fixed"])], config: { retries: 0 } };
    await rig.dispatch(file, ["--var", "WHO=me", "-w", "3", "--timeout", "77"]);
    rig.write("fixed", "");
    const { exit_code } = await rig.run(["resume", "--timeout", "88"]);
    expect(exit_code).toBe(0);
    expect(lines(rig, "ran")).toEqual(["me", "me"]);
    const resumed = rig.journal().find((event) => event.type === "run.resumed");
    expect(resumed).toMatchObject({ options: { max_workers: 3, timeout_seconds: 88 } });
  });

  test.each([
    [["resume", "2020"], "There is no run 2020"],
    [["resume", "--task", "missing"], "--task missing: the run has no such task."],
  ])("%j is refused", async (args, message) => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "true")] });
    const { exit_code, stderr } = await rig.run(args);
    expect(stderr).toContain(message);
    expect(exit_code).toBe(2);
  });
});

test("a torn line at the journal's end is skipped, and its task runs again", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("a", "echo a >> ran"), task("b", "echo b >> ran", { dependencies: ["a"] })] });
  const journal = join(rig.folder, "traces", rig.runs()[0] ?? "", "journal.ndjson");
  const text = readFileSync(journal, "utf8");
  const end_of_b = text.split("\n").findIndex((line) => line.includes('"task.finished"') && line.includes('"task_id":"b"'));
  writeFileSync(journal, `${text.split("\n").slice(0, end_of_b).join("\n")}\n`);
  appendFileSync(journal, '{"v":1,"seq":99,"type":"task.finished","task_id":"b","outcome":{"status":"succ');
  const { exit_code, stderr } = await rig.run(["resume"]);
  expect(exit_code).toBe(0);
  expect(stderr).toContain("Damaged lines of the journal were skipped: 1.");
  expect(lines(rig, "ran")).toEqual(["a", "b", "b"]);
});

test("a resumed task gets its frozen context, even if the workspace has changed", async () => {
  await using rig = new Rig();
  rig.write("notes.txt", "as it was\n");
  const reads = `cp "$DISPATCH_CONTEXT_FILE" seen; test -e fixed`;
  const file = { tasks: [task("a", reads, { context_requirements: ["file:notes.txt"] })] };
  const first = await rig.dispatch(file);
  expect(first.result.results[0]?.status).toBe("error");
  rig.write("notes.txt", "changed since\n");
  rig.write("fixed", "");
  const { stdout } = await rig.run(["resume"]);
  expect(resultIn(stdout)).toMatchObject({
    status: "success",
    results: [{ context: { keys: ["file:notes.txt"] } }],
    context: { items: 1 },
  });
  expect(rig.read("seen")).toContain("as it was");
});

test("a resume masks a secret that was printed before dispatch was killed", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  // Joined here, so that secret scanners do not flag this file.
  const secret = ["ghp", "0123456789abcdefghijABCDEFGHIJ456789"].join("_");
  const started = rig.start(["run"], { input: { tasks: [task("a", command)] } });
  const first = await rig.nextInvocation();
  first.print(`token ${secret}\n`);
  const log = join("traces", rig.runs()[0] ?? "", "logs", "a@1.out");
  await until(() => rig.exists(log) && rig.read(log).includes(secret));
  started.child.kill("SIGKILL");
  await started.ended;
  const resumed = rig.start(["resume"]);
  (await rig.nextInvocation()).exit(0);
  expect((await resumed.ended).exit_code).toBe(0);
  expect(rig.read(log)).toMatch(/^token \[redacted: .+\]\n$/);
});
