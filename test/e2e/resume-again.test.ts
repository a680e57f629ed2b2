/** Runs that are resumed more than once, or after their folder was changed from outside. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { journalLine } from "../../src/traces/index.ts";
import { lines, resultIn } from "../support/resumed.ts";
import { processesWith, Rig, type Started, task, until } from "../support/rig.ts";

const runFolderOf = (rig: Rig, trace_dir = "traces"): string => join(rig.folder, trace_dir, rig.runs(trace_dir)[0] ?? "");

async function kill(started: Started): Promise<void> {
  started.child.kill("SIGKILL");
  await started.ended;
}

describe("a resume that is killed itself", () => {
  test("keeps the request of --task: the next resume repeats tasks that were not repeated yet", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    // In its second execution `a` waits for the test.
    const fake = command.map((word) => `'${word}'`).join(" ");
    const tasks = [
      task("a", `echo a >> ran; [ "$DISPATCH_ATTEMPT" = 1 ] || ${fake}`),
      task("b", "echo b >> ran", { dependencies: ["a"] }),
    ];
    await rig.dispatch({ tasks });
    const repeated = rig.start(["resume", "--task", "a"]);
    await rig.nextInvocation();
    await kill(repeated);
    const again = rig.start(["resume"]);
    (await rig.nextInvocation()).exit(0);
    const { stdout, exit_code } = await again.ended;
    expect(exit_code).toBe(0);
    expect(resultIn(stdout).results.map(({ reused }) => reused)).toEqual([false, false]);
    expect(lines(rig, "ran")).toEqual(["a", "b", "a", "a", "b"]);
  });

  test("leaves no trace, index or result of an end that no longer counts", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const fake = command.map((word) => `'${word}'`).join(" ");
    await rig.dispatch({
      tasks: [
        task("first", `[ "$DISPATCH_ATTEMPT" = 2 ]`, { retries: 0 }),
        task("held", `[ "$DISPATCH_ATTEMPT" = 1 ] && exit 1; ${fake}`, { retries: 0 }),
      ],
    });
    const folder = runFolderOf(rig);
    const resumed = rig.start(["resume", "-w", "1"]);
    await rig.nextInvocation();
    // As after a crash between the line in the journal and the file: the journal has the success, the trace is missing.
    const trace = join(folder, "tasks", "first.json");
    expect(JSON.parse(readFileSync(trace, "utf8"))).toMatchObject({ status: "success" });
    expect(["index.json", "result.json", "tasks/held.json"].filter((name) => existsSync(join(folder, name)))).toEqual([]);
    await kill(resumed);
    const { stdout } = await rig.run(["trace", "latest", "--json"]);
    const { tasks } = JSON.parse(stdout) as { tasks: { state: string }[] };
    expect(tasks.map(({ state }) => state)).toEqual(["success", "open"]);
  });

  test("passes its flags and values on to the next resume", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const fake = command.map((word) => `'${word}'`).join(" ");
    await rig.dispatch({ tasks: [task("a", `echo \${WHO} >> ran; [ "$DISPATCH_ATTEMPT" = 1 ] && exit 1; ${fake}`)] }, [
      "--var",
      "WHO=me",
    ]);
    const resumed = rig.start(["resume", "--timeout", "88", "-w", "7", "--var", "WHO=you"]);
    await rig.nextInvocation();
    await kill(resumed);
    const again = rig.start(["resume", "-w", "2"]);
    (await rig.nextInvocation()).exit(0);
    expect((await again.ended).exit_code).toBe(0);
    expect(lines(rig, "ran")).toEqual(["me", "you", "you"]);
    const last = rig.journal().findLast((event) => event.type === "run.resumed");
    expect(last).toMatchObject({ options: { timeout_seconds: 88, max_workers: 2 } });
  });
});

test("a resume prints what it reuses and what it runs, and that it does not read the task file again", async () => {
  await using rig = new Rig();
  rig.write("tasks.json", { tasks: [task("a", "true"), task("b", "test -e fixed")], config: { retries: 0 } });
  await rig.run(["run", "tasks.json"]);
  const failed = await rig.run(["resume"]);
  expect(failed.stderr).toMatch(
    /^dispatch: Resuming run \S+: 1 of 2 tasks reused, 1 to run\. Later changes to the task file are ignored\.\n/,
  );
  expect(failed.stderr).toContain("[1/2] b started\n[2/2] b error after 2 attempts");
  rig.write("fixed", "");
  expect((await rig.run(["resume", "-q"])).stderr).toBe("");
  const whole = await rig.run(["resume"]);
  expect(whole.stderr).toMatch(/^dispatch: All tasks of run \S+ have succeeded; nothing to run\.\n/);
  expect(whole.exit_code).toBe(0);
  for (const [ids, words] of [
    [["a"], "1 task to run"],
    [["a", "b"], "2 tasks to run"],
  ] as const) {
    await rig.dispatch({ tasks: ids.map((id) => task(id, "false")) });
    const { stderr } = await rig.run(["resume"]);
    expect(stderr).toMatch(
      new RegExp(`^dispatch: Resuming run \\S+: ${words}\\. Later changes to the task file are ignored\\.`),
    );
  }
});

test("a task that waited for a retry when dispatch was killed starts first, with its remaining retries", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  const tasks = [task("other", command), task("waiting", command, { retries: 2, priority: "low" })];
  const started = rig.start(["run", "-w", "2"], { input: { tasks } });
  const both = [await rig.nextInvocation(), await rig.nextInvocation()];
  both.find((one) => one.task_id === "waiting")?.exit(1);
  await until(() => rig.journal().some((event) => event.type === "task.retrying"));
  // The journal must not have the second attempt, so cut it after the line that announces the retry.
  await kill(started);
  const journal = join(runFolderOf(rig), "journal.ndjson");
  const text = readFileSync(journal, "utf8");
  const at = text.indexOf("\n", text.indexOf('"type":"task.retrying"')) + 1;
  writeFileSync(journal, text.slice(0, at).replace(/^.*"type":"attempt.started","task_id":"other".*\n/m, ""));
  const [{ token: old_token = "" } = {}] = rig.journal().flatMap((event) => (event.type === "run.started" ? [event] : []));
  const resumed = rig.start(["resume", "-w", "1"]);
  // The old start may have reached the second attempt before it was killed.
  let first = await rig.nextInvocation();
  while (first.env["DISPATCH_TOKEN"]?.startsWith(`${old_token}.`)) first = await rig.nextInvocation();
  expect(first.task_id).toBe("waiting");
  const number = first.attempt;
  first.exit(1);
  // Its last attempt may start before or after the other task.
  let last = 0;
  for (let left = 2; left > 0; left--) {
    const next = await rig.nextInvocation();
    if (next.task_id === "waiting") last = next.attempt;
    next.exit(next.task_id === "waiting" ? 1 : 0);
  }
  expect(last).toBe(number + 1);
  const { stdout } = await resumed.ended;
  expect(resultIn(stdout).results.map(({ status }) => status)).toEqual(["success", "error"]);
});

test("a resume ends an old suspended watcher before it starts a task, and leaves another run's watcher alone", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  const other = rig.start(["run"], { input: { tasks: [task("other", command)] } });
  const kept = await rig.nextInvocation();
  await until(() => rig.watchers().length === 1);
  const [others_watcher = 0] = rig.watchers();
  const started = rig.start(["run"], { input: { tasks: [task("a", command)] } });
  const first = await rig.nextInvocation();
  await until(() => rig.watchers().length === 2);
  const [watcher = 0] = rig.watchers().filter((pid) => pid !== others_watcher);
  process.kill(watcher, "SIGSTOP");
  await kill(started);
  const resumed = rig.start(["resume", rig.runs().at(-1) ?? ""]);
  await first.gone;
  const second = await rig.nextInvocation();
  expect(rig.watchers()).not.toContain(watcher);
  expect(rig.watchers()).toContain(others_watcher);
  expect(processesWith(rig.folder)).toEqual(expect.arrayContaining([second.pid, kept.pid]));
  second.exit(0);
  kept.exit(0);
  expect([(await resumed.ended).exit_code, (await other.ended).exit_code]).toEqual([0, 0]);
});

describe("a trace directory that was changed from outside:", () => {
  test("after a move, the run continues there with its frozen context", async () => {
    await using rig = new Rig();
    rig.write("notes.txt", "as it was\n");
    const reads = `cp "$DISPATCH_CONTEXT_FILE" seen; test -e fixed`;
    await rig.dispatch({ tasks: [task("a", reads, { context_requirements: ["file:notes.txt"] })] });
    rig.write("notes.txt", "changed since\n");
    rig.write("fixed", "");
    renameSync(join(rig.folder, "traces"), join(rig.folder, "elsewhere"));
    const { exit_code, stderr, stdout } = await rig.run(["resume", "--trace-dir", "elsewhere"]);
    expect(exit_code, stderr).toBe(0);
    expect(rig.read("seen")).toContain("as it was");
    expect(stderr).not.toContain("gathered anew");
    expect(existsSync(resultIn(stdout).results[0]?.trace_file ?? "")).toBe(true);
    expect(rig.exists("traces")).toBe(false);
  });

  test("lines of another run in the journal are skipped", async () => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "echo a >> ran; false")] });
    const [mine] = rig.journal();
    const success = {
      ...mine,
      run_id: "20200101T000000000-abcdef",
      seq: 99,
      type: "task.finished",
      task_id: "a",
      outcome: { status: "success", output: 1 },
    };
    // A complete line with a valid check.
    const line = journalLine(success as Parameters<typeof journalLine>[0]);
    writeFileSync(join(runFolderOf(rig), "journal.ndjson"), line, { flag: "a" });
    const { stderr, exit_code } = await rig.run(["resume"]);
    expect([exit_code, lines(rig, "ran")]).toEqual([1, ["a", "a"]]);
    expect(stderr).toContain("lines of the journal were skipped: 1");
  });

  test("the journal of a newer dispatch is an error, and nothing is run", async () => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "echo a >> ran; false")] });
    const newer = { ...rig.journal()[0], v: 2 };
    writeFileSync(join(runFolderOf(rig), "journal.ndjson"), journalLine(newer as unknown as Parameters<typeof journalLine>[0]));
    for (const command of ["resume", "trace"]) {
      const { stderr, exit_code, stdout } = await rig.run([command, "latest"]);
      expect([exit_code, stdout]).toEqual([2, ""]);
      expect(stderr).toMatch(/^dispatch: The journal of the run \S+ was written by a newer dispatch\. .*Update dispatch\.\n$/);
    }
    expect(lines(rig, "ran")).toEqual(["a"]);
  });

  test("a resume removes temporary files of a killed dispatch, and the next run its hidden folders", async () => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "false")] });
    const folder = runFolderOf(rig);
    mkdirSync(join(folder, "context"), { recursive: true });
    const names = ["index.json", "logs/a@1.out", "tasks/a.json", "io/a.input.json", "context/0.json"];
    for (const name of names) writeFileSync(join(folder, `${name}.4711.tmp`), "{");
    await rig.run(["resume"]);
    expect(readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".tmp"))).toEqual([]);
    const traces = join(rig.folder, "traces");
    const long_ago = new Date(Date.now() - 7_200_000);
    for (const name of [".20200101T000000000-abcdef", ".20200101T000000000-fedcba", ".mine"]) {
      mkdirSync(join(traces, name));
      writeFileSync(join(traces, name, "tasks.json"), "{");
      // Another dispatch is creating one at this moment.
      if (!name.includes("fedcba")) utimesSync(join(traces, name), long_ago, long_ago);
    }
    symlinkSync("nowhere", join(traces, ".latest-20200101T000000000-fedcba"));
    await rig.dispatch({ tasks: [task("a", "true")] });
    expect(
      readdirSync(traces)
        .filter((name) => name.startsWith("."))
        .sort(),
    ).toEqual([".20200101T000000000-fedcba", ".gitignore", ".latest-20200101T000000000-fedcba", ".mine"]);
  });

  test("a journal without its first line is still read", async () => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "echo a >> ran"), task("b", "echo b >> ran; test -e fixed")] });
    const journal = join(runFolderOf(rig), "journal.ndjson");
    writeFileSync(journal, readFileSync(journal, "utf8").replace('"type"', '"tipe"'));
    expect((await rig.run(["trace", "latest"])).stdout).toContain("1 damaged line of the journal was skipped");
    rig.write("fixed", "");
    const { exit_code, stderr } = await rig.run(["resume"]);
    expect(exit_code, stderr).toBe(0);
    expect(lines(rig, "ran").sort()).toEqual(["a", "b", "b"]);
  });

  test("a resume whose trace directory is removed stops with an error", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const fake = command.map((word) => `'${word}'`).join(" ");
    await rig.dispatch({ tasks: [task("a", `[ "$DISPATCH_ATTEMPT" = 1 ] && exit 1; ${fake}`)] });
    const resumed = rig.start(["resume"]);
    const invocation = await rig.nextInvocation();
    renameSync(join(rig.folder, "traces"), join(rig.folder, "gone"));
    invocation.exit(0);
    const { exit_code, stderr, stdout } = await resumed.ended;
    expect(exit_code).toBe(1);
    expect(stderr).toMatch(/its journal cannot be written: .* has been moved or removed/);
    expect(resultIn(stdout).results).toMatchObject([{ status: "cancelled", error_kind: "interrupted" }]);
  });
});
