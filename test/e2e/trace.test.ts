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
    expect(stdout).toMatch(/^\S+: partial; 8 tasks: 2 succeeded, 4 failed, 2 skipped; /);
    for (const { task_id } of mixed_file.tasks) expect(stdout).toMatch(new RegExp(`^${task_id} +command +`, "m"));
    expect(stdout).toMatch(
      /^check +command +failed +1 .* The command exited with 3: bad thing \(kept 2 tasks from running\)$/m,
    );
    expect(stdout).toContain(
      "check: failed (exit)\n  The command exited with 3: bad thing\n  Did not run because of it: deploy, announce\n",
    );
    expect(stdout).toContain("twin-1, twin-2: failed (exit)\n");
    expect(stdout).toContain(`dispatch resume ${run_id}`);
    expect(stdout).not.toContain("\u001b");
  });

  test("a run as JSON has what the table shows, and a row a task", async () => {
    const run = JSON.parse((await trace(run_id, "--json")).stdout);
    expect(run).toMatchObject({ run_id, status: "partial", finished: true, skipped_lines: 0 });
    const row = run.tasks.find((one: { task_id: string }) => one.task_id === "check");
    expect(row).toMatchObject({ state: "failed", error_kind: "exit", took_down: ["deploy", "announce"] });
  });

  test("a task's story tells all that one would look for in its files", async () => {
    const { stdout } = await trace(run_id, "flaky");
    expect(stdout).toMatch(/^flaky: succeeded, 2 attempts, /);
    const happened = [
      /ready$/m,
      /attempt 1 started/,
      /attempt 1 failed after .* \(exit\): The command exited with 7\.$/m,
      /waits .* before attempt 2$/m,
      /attempt 2 started/,
      /attempt 2 succeeded/,
    ];
    let from = 0;
    for (const what of happened) {
      const at = stdout.slice(from).search(what);
      expect(at, String(what)).not.toBe(-1);
      from += at;
    }
    expect(stdout).toContain('"command": "test \\"$DISPATCH_ATTEMPT\\" = 2 || exit 7; echo fine"');
    expect(stdout).toContain("What it printed (attempt 2)\n  fine\n");
  });

  test("a single argument may be a task of the newest run", async () => {
    const { stdout } = await trace("check");
    expect(stdout).toMatch(/^check: failed \(exit\), 1 attempt, /);
    expect(stdout).toContain("ready: build had ended, the last that it depends on");
    expect(stdout).toContain(
      "Why it failed\n  The command exited with 3: bad thing\n  Did not run because of it: deploy, announce\n",
    );
    expect(stdout).toContain("What it printed to stderr\n  bad thing\n");
    expect(stdout).not.toContain("dispatch resume");
  });

  test("what verify did is shown, and a task that was skipped leads to its cause", async () => {
    expect((await trace("proved")).stdout).toContain("What its verify commands did\n  $ echo looking; exit 4\n  looking\n");
    const { stdout } = await trace("announce");
    expect(stdout).toMatch(/^announce: skipped\n/);
    expect(stdout).toContain("check (failed): The command exited with 3: bad thing");
    expect(stdout).toContain(`  dispatch trace ${run_id} check\n`);
  });

  test("a task as JSON is its trace", async () => {
    const told = JSON.parse((await trace("latest", "flaky", "--json")).stdout);
    expect(told).toMatchObject({ state: "succeeded", finished: true, took_down: [] });
    expect(told).toMatchObject(JSON.parse(rig.read(`traces/${run_id}/tasks/flaky.json`)));
  });

  test("a name that is neither is an error that says which were meant", async () => {
    expect(await trace("chek")).toMatchObject({
      exit_code: 2,
      stdout: "",
      stderr: `dispatch: There is no run chek, and no such task in the newest run ${run_id}. Did you mean check?\n`,
    });
    expect(await trace("latest", "chek")).toMatchObject({
      exit_code: 2,
      stdout: "",
      stderr: `dispatch: There is no task chek in the run ${run_id}. Did you mean check?\n`,
    });
  });

  test("help has examples", async () => {
    const { stdout, exit_code } = await trace("--help");
    expect(exit_code).toBe(0);
    expect(stdout).toContain("dispatch trace latest");
  });
});

test("a task whose name begins a run's id is that task", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("2", "true")] });
  expect((await rig.run(["trace", "2"])).stdout).toMatch(/^2: succeeded/);
});

test("where there are no runs, that is said", async () => {
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

test("that there are no runs is said where stdout and stderr are one, too", async () => {
  await using rig = new Rig();
  const { stdout, stderr } = await rig.run(["trace"], { before: ["sh", "-c", 'exec "$@" 2>&1', "sh"] });
  expect(stdout + stderr).toMatch(/^dispatch: There are no runs in /);
});

test("a trace directory that was named and is not there is an error", async () => {
  await using rig = new Rig();
  const path = join(rig.folder, "nope");
  for (const more of [[], ["--json"], ["latest"]])
    expect(await rig.run(["trace", ...more, "--trace-dir", path])).toMatchObject({
      exit_code: 2,
      stdout: "",
      stderr: expect.stringContaining(`dispatch: There are no runs in ${path}: the folder does not exist. `),
    });
});

test("a run that was killed is told by its journal alone", async () => {
  await using rig = new Rig();
  await killedRun(rig);
  expect((await rig.run(["trace"])).stdout).toMatch(/unfinished +1\/3/);
  const { stdout } = await rig.run(["trace", "latest"]);
  expect(stdout).toContain("it is still under way, or it was killed");
  expect(stdout).toMatch(/^held +command +unfinished/m);
  expect(stdout).toMatch(/^after +command +not started/m);
  const held = await rig.run(["trace", "held"]);
  expect(held.stdout).toMatch(/^held: unfinished, 1 attempt/);
  expect(held.stdout).toContain("it still runs, or the run was killed");
  expect(held.stdout).toContain("If nobody runs it any more, go on with the run:\n    dispatch resume ");
});

test("a journal that was cut in the middle of a line still tells what came before", async () => {
  await using rig = new Rig();
  await goodRun(rig);
  cutJournal(rig, '"type":"attempt.finished","task_id":"second"');
  const { stdout } = await rig.run(["trace", "latest"]);
  expect(stdout).toMatch(/^first +command +succeeded/m);
  expect(stdout).toMatch(/^second +command +unfinished/m);
  expect(stdout).toContain("1 line of the journal is damaged and was skipped");
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
  expect((await rig.run(["trace", good.folder.run_id.slice(0, -2)])).stdout).toMatch(/^first +command +succeeded/m);
});

test("what a signal stopped is told as stopped", async () => {
  await using rig = new Rig();
  await interruptedRun(rig);
  const { stdout } = await rig.run(["trace", "held"]);
  expect(stdout).toMatch(/^held: cancelled \(interrupted\), 1 attempt/);
  expect(stdout).toContain("Why it was stopped\n  Stopped by SIGINT.\n");
  expect(stdout).toContain("What to do\n  dispatch resume goes on with the run");
  expect((await rig.run(["trace", "after"])).stdout).toContain("Not started: stopped by SIGINT.");
});

test("a reader that has seen enough is no error", async () => {
  await using rig = new Rig();
  await rig.dispatch({
    tasks: Array.from({ length: 300 }, (_, i) => task(`t${i}`, ["true"], { description: "x".repeat(100) })),
    config: { max_workers: 20 },
  });
  const running = rig.start(["trace", "latest"]);
  running.child.stdout?.destroy();
  expect((await running.ended).exit_code).toBe(0);
});
