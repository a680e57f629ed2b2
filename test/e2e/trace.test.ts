import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findRun } from "../../src/traces/index.ts";
import { cutJournal, goodRun, interruptedRun, killedRun, mixed_file, mixedRun } from "../support/recorded.ts";
import { type Ended, Rig, task } from "../support/rig.ts";

describe("dispatch trace", () => {
  const rig = new Rig();
  let run_id: string;
  beforeAll(async () => {
    await goodRun(rig);
    run_id = (await mixedRun(rig)).folder.run_id;
  });
  afterAll(() => rig.close());
  const trace = (...args: string[]): Promise<Ended> => rig.run(["trace", ...args]);

  test("without an argument it lists the runs, the newest first", async () => {
    const { stdout, exit_code } = await trace();
    expect(exit_code).toBe(0);
    const [head, first, second] = stdout.split("\n");
    expect(head).toMatch(/^run +status +tasks +time +when +request$/);
    expect(first).toMatch(new RegExp(`^${run_id} +partial +2/8 +.*Build it, \\| test <it> and \\*ship\\* it$`));
    expect(second).toMatch(/success +2\/2/);
    const rows = JSON.parse((await trace("--json")).stdout);
    expect(rows[0]).toMatchObject({ run_id, status: "partial", finished: true, summary: { total_tasks: 8 } });
    expect(rows).toHaveLength(2);
  });

  test("with a run it shows the tasks and explains the failures", async () => {
    const { stdout } = await trace("latest");
    expect(stdout).toMatch(/^\S+: partial; 8 tasks: 2 success, 4 error, 2 skipped; /);
    for (const { task_id } of mixed_file.tasks) expect(stdout).toMatch(new RegExp(`^${task_id} +command +`, "m"));
    expect(stdout).toMatch(
      /^check +command +error +1 .* The command exited with 3: bad thing \(2 tasks skipped because of it\)$/m,
    );
    expect(stdout).toContain(
      "check: error (exit)\n  The command exited with 3: bad thing\n  Skipped because of it: deploy, announce\n",
    );
    expect(stdout).toContain("twin-1, twin-2: error (exit)\n");
    expect(stdout).toContain(`dispatch resume ${run_id}`);
    expect(stdout).not.toContain("\u001b");
  });

  test("a run as JSON has what the table shows, with a row per task", async () => {
    const run = JSON.parse((await trace(run_id, "--json")).stdout);
    expect(run).toMatchObject({ run_id, status: "partial", finished: true, skipped_lines: 0 });
    const row = run.tasks.find((one: { task_id: string }) => one.task_id === "check");
    expect(row).toMatchObject({ state: "error", error_kind: "exit", took_down: ["deploy", "announce"] });
  });

  test("the trace of a task shows its events, its input and its logs", async () => {
    const { stdout } = await trace(run_id, "flaky");
    expect(stdout).toMatch(/^flaky: success, 2 attempts, /);
    const events = [
      /ready$/m,
      /attempt 1 started/,
      /attempt 1 error in .* \(exit\): The command exited with 7\.$/m,
      /retries in .* \(attempt 2\)$/m,
      /attempt 2 started/,
      /attempt 2 success in/,
    ];
    let from = 0;
    for (const what of events) {
      const at = stdout.slice(from).search(what);
      expect(at, String(what)).not.toBe(-1);
      from += at;
    }
    expect(stdout).toContain('"command": "test \\"$DISPATCH_ATTEMPT\\" = 2 || exit 7; echo fine"');
    expect(stdout).toContain("Stdout (attempt 2)\n  fine\n");
  });

  test("a single argument may be a task of the newest run", async () => {
    const { stdout } = await trace("check");
    expect(stdout).toMatch(/^check: error \(exit\), 1 attempt, /);
    expect(stdout).toContain("ready after its last dependency, build");
    expect(stdout).toContain(
      "Why it failed\n  The command exited with 3: bad thing\n  Skipped because of it: deploy, announce\n",
    );
    expect(stdout).toContain("Stderr\n  bad thing\n");
    expect(stdout).not.toContain("dispatch resume");
  });

  test("the log of verify commands is shown, and a skipped task names its cause", async () => {
    expect((await trace("proved")).stdout).toContain("Verify commands\n  $ echo looking; exit 4\n  looking\n");
    const { stdout } = await trace("announce");
    expect(stdout).toMatch(/^announce: skipped\n/);
    expect(stdout).toContain("check (error): The command exited with 3: bad thing");
    expect(stdout).toContain(`  dispatch trace ${run_id} check\n`);
  });

  test("a task as JSON is its trace", async () => {
    const printed = JSON.parse((await trace("latest", "flaky", "--json")).stdout);
    expect(printed).toMatchObject({ state: "success", finished: true, took_down: [] });
    expect(printed).toMatchObject(JSON.parse(rig.read(`traces/${run_id}/tasks/flaky.json`)));
  });

  test("an unknown name is an error that suggests the nearest one", async () => {
    expect(await trace("chek")).toMatchObject({
      exit_code: 2,
      stdout: "",
      stderr: `dispatch: chek is neither a run nor a task of the newest run, ${run_id}. Did you mean check?\n`,
    });
    expect(await trace("latest", "chek")).toMatchObject({
      exit_code: 2,
      stdout: "",
      stderr: `dispatch: The run ${run_id} has no task chek. Did you mean check?\n`,
    });
  });

  test("help has examples", async () => {
    const { stdout, exit_code } = await trace("--help");
    expect(exit_code).toBe(0);
    expect(stdout).toContain("dispatch trace latest");
  });
});

test("a name that is a task and the start of a run's id means the task", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("2", "true")] });
  expect((await rig.run(["trace", "2"])).stdout).toMatch(/^2: success/);
});

test("without any runs, every command says so", async () => {
  await using rig = new Rig();
  const how = "Start one with dispatch run TASK-FILE, or name another folder with --trace-dir.\n";
  const missing = `dispatch: There are no runs in ./traces: the folder does not exist. ${how}`;
  expect(await rig.run(["trace"])).toMatchObject({ exit_code: 0, stdout: "", stderr: missing });
  expect(await rig.run(["trace", "--json"])).toMatchObject({ exit_code: 0, stdout: "[]\n", stderr: missing });
  for (const args of [["trace", "latest"], ["report"], ["resume"]])
    expect(await rig.run(args), args[0]).toMatchObject({ exit_code: 2, stdout: "", stderr: missing });
  const empty = join(rig.folder, "empty");
  mkdirSync(empty);
  const none = `dispatch: There are no runs in ${empty}. ${how}`;
  expect(await rig.run(["trace", "--trace-dir", empty])).toMatchObject({ exit_code: 0, stdout: "", stderr: none });
});

test("without any runs, trace says so even if stdout and stderr are the same file", async () => {
  await using rig = new Rig();
  const { stdout, stderr } = await rig.run(["trace"], { before: ["sh", "-c", 'exec "$@" 2>&1', "sh"] });
  expect(stdout + stderr).toMatch(/^dispatch: There are no runs in /);
});

test("a named trace directory that does not exist is an error", async () => {
  await using rig = new Rig();
  const path = join(rig.folder, "nope");
  for (const more of [[], ["--json"], ["latest"]])
    expect(await rig.run(["trace", ...more, "--trace-dir", path])).toMatchObject({
      exit_code: 2,
      stdout: "",
      stderr: expect.stringContaining(`dispatch: There are no runs in ${path}: the folder does not exist. `),
    });
});

test("the trace of a killed run comes from its journal alone", async () => {
  await using rig = new Rig();
  await killedRun(rig);
  expect((await rig.run(["trace"])).stdout).toMatch(/open +1\/3/);
  const { stdout } = await rig.run(["trace", "latest"]);
  expect(stdout).toContain("it is still running, or it was killed");
  expect(stdout).toMatch(/^held +command +open/m);
  expect(stdout).toMatch(/^after +command +not started/m);
  const held = await rig.run(["trace", "held"]);
  expect(held.stdout).toMatch(/^held: open, 1 attempt/);
  expect(held.stdout).toContain("The task is still running, or the run was killed.");
  expect(held.stdout).toContain("If the run was killed, resume it:\n    dispatch resume ");
});

test("a journal that is cut in the middle of a line still shows what came before", async () => {
  await using rig = new Rig();
  await goodRun(rig);
  cutJournal(rig, '"type":"attempt.finished","task_id":"second"');
  const { stdout } = await rig.run(["trace", "latest"]);
  expect(stdout).toMatch(/^first +command +success/m);
  expect(stdout).toMatch(/^second +command +open/m);
  expect(stdout).toContain("1 damaged line of the journal was skipped");
});

test("a damaged run hides no other", async () => {
  await using rig = new Rig();
  const good = await goodRun(rig);
  await goodRun(rig);
  cutJournal(rig, '"type":"run.started"');
  rmSync(findRun(join(rig.folder, "traces")).first_line);
  const listed = await rig.run(["trace"]);
  expect(listed).toMatchObject({ exit_code: 0, stderr: expect.stringContaining("is damaged, and so is its copy") });
  expect(listed.stdout).toContain(good.folder.run_id);
  expect((await rig.run(["trace", good.folder.run_id.slice(0, -2)])).stdout).toMatch(/^first +command +success/m);
});

test("a task stopped by a signal is shown as interrupted", async () => {
  await using rig = new Rig();
  await interruptedRun(rig);
  const { stdout } = await rig.run(["trace", "held"]);
  expect(stdout).toMatch(/^held: interrupted, 1 attempt/);
  expect(stdout).toContain("Why it was interrupted\n  Stopped by SIGINT.\n");
  expect(stdout).toContain("What to do\n  Continue the run with dispatch resume");
  expect((await rig.run(["trace", "after"])).stdout).toContain("Not started: stopped by SIGINT.");
});

test("a reader that closes stdout early is not an error", async () => {
  await using rig = new Rig();
  await rig.dispatch({
    tasks: Array.from({ length: 300 }, (_, i) => task(`t${i}`, ["true"], { description: "x".repeat(100) })),
    config: { max_workers: 20 },
  });
  const running = rig.start(["trace", "latest"]);
  running.child.stdout?.destroy();
  expect((await running.ended).exit_code).toBe(0);
});
