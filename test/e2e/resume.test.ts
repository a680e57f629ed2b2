import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { Rig, root, task, until } from "../support/rig.ts";

const lines = (rig: Rig, file: string): string[] => (rig.exists(file) ? rig.read(file).trim().split("\n") : []);

const resultIn = (text: string): RunResult => JSON.parse(text) as RunResult;

/** Tasks whose success is in the newest journal. */
const succeeded = (rig: Rig): Set<string> =>
  new Set(
    rig.runs().length === 0
      ? []
      : rig
          .journal()
          .flatMap((event) => (event.type === "task.finished" && event.outcome.status === "success" ? event.task_id : [])),
  );

describe("dispatch resume", () => {
  test("runs again what failed and what stood behind it, and takes over what had succeeded with its output", async () => {
    await using rig = new Rig();
    const first = await rig.dispatch({
      tasks: [
        task("a", `echo a >> ran; echo '{"n": 42}'`),
        task("b", "echo b >> ran; test -e mended", { dependencies: ["a"] }),
        task("c", "echo c >> ran; echo ${tasks.a.output.n}", { dependencies: ["a", "b"] }),
      ],
    });
    expect(first.exit_code).toBe(1);
    rig.write("mended", "");
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

  test("of a run that had succeeded runs nothing", async () => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "echo a >> ran")] });
    const { stdout, exit_code } = await rig.run(["resume"]);
    expect(exit_code).toBe(0);
    expect(resultIn(stdout).results).toMatchObject([{ status: "success", reused: true }]);
    expect(lines(rig, "ran")).toEqual(["a"]);
  });

  test("is refused while the run is under way, and the run goes on", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const running = rig.dispatch({ tasks: [task("a", command)] });
    const invocation = await rig.nextInvocation();
    const { exit_code, stderr, stdout } = await rig.run(["resume"]);
    expect(exit_code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^dispatch: The run \S+ is under way\./);
    invocation.exit(0);
    expect((await running).exit_code).toBe(0);
  });

  test("of two at once one wins and the other says so", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const started = rig.start(["run"], { input: { tasks: [task("a", command)] } });
    await rig.nextInvocation();
    started.child.kill("SIGKILL");
    await started.ended;
    const both = [rig.start(["resume"]), rig.start(["resume"])];
    // The winner's attempt is on its way; the other has ended by itself.
    const invocation = await rig.nextInvocation();
    const loser = await Promise.race(both.map(({ ended }) => ended));
    expect(loser.exit_code).toBe(2);
    expect(loser.stderr).toContain("is under way");
    invocation.exit(0);
    const ends = await Promise.all(both.map(({ ended }) => ended));
    expect(ends.map(({ exit_code }) => exit_code).sort()).toEqual([0, 2]);
  });

  test("starts nothing before what an earlier start had left is gone", async () => {
    await using rig = new Rig();
    const command = await rig.fake({ ignores: ["SIGTERM"] });
    const started = rig.start(["run"], { input: { tasks: [task("a", command)] } });
    const first = await rig.nextInvocation();
    // Without its watcher nobody ends the attempt when dispatch is killed.
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

  test("after Ctrl-C runs the interrupted first, with all its retries", async () => {
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
    // Somebody else may come before the retry, which waits.
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

  test("--task runs a task again with all that depends on it, and nothing else", async () => {
    await using rig = new Rig();
    await rig.dispatch({
      tasks: [task("a", "echo a >> ran"), task("b", "echo b >> ran", { dependencies: ["a"] }), task("c", "echo c >> ran")],
    });
    const { stdout } = await rig.run(["resume", "--task", "a"]);
    expect(resultIn(stdout).results.map(({ reused }) => reused)).toEqual([false, false, true]);
    expect(lines(rig, "ran").sort()).toEqual(["a", "a", "b", "b", "c"]);
  });

  test("keeps what the first start was told, but for the flags that it is given", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", ["sh", "-c", "echo ${WHO} >> ran; test -e mended"])], config: { retries: 0 } };
    await rig.dispatch(file, ["--var", "WHO=me", "-w", "3", "--timeout", "77"]);
    rig.write("mended", "");
    const { exit_code } = await rig.run(["resume", "--timeout", "88"]);
    expect(exit_code).toBe(0);
    expect(lines(rig, "ran")).toEqual(["me", "me"]);
    const resumed = rig.journal().find((event) => event.type === "run.resumed");
    expect(resumed).toMatchObject({ options: { max_workers: 3, timeout_seconds: 88 } });
  });

  test.each([
    [["resume", "2020"], "There is no run 2020"],
    [["resume", "--task", "nobody"], "--task nobody: the run has no such task."],
  ])("%j is refused", async (args, message) => {
    await using rig = new Rig();
    await rig.dispatch({ tasks: [task("a", "true")] });
    const { exit_code, stderr } = await rig.run(args);
    expect(stderr).toContain(message);
    expect(exit_code).toBe(2);
  });
});

/** From 0 up to 1; the same numbers for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Tasks with dependencies, some of which fail at first; each leaves a line for each of its executions. */
function work(count: number, random: () => number): object[] {
  return Array.from({ length: count }, (_, i) => {
    const dependencies = i === 0 ? [] : [...new Set([Math.floor(random() * i), Math.floor(random() * i)])].map((n) => `t${n}`);
    const fails_first = random() < 0.15;
    const check = fails_first ? `[ "$(grep -cx t${i} ran)" -gt 1 ]` : "true";
    return task(`t${i}`, `echo t${i} >> ran; ${check} && echo '{"of": ${i}}'`, {
      retries: 3,
      dependencies: random() < 0.6 ? dependencies : [],
    });
  });
}

/** What of a result must not depend on how often its run was killed. */
const essence = ({ status, results }: RunResult) => [
  status,
  results.map((row) => [row.task_id, row.status, row.output, row.error]),
];

test("a run that is killed at a hundred moments repeats no success and ends as one that never was", {
  timeout: 600_000,
}, async () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const about = `SEED=${seed}`;
  const random = randomFrom(seed);
  await using rig = new Rig();
  await using calm = new Rig();
  const file = { tasks: work(320, random), config: { max_workers: 4 } };
  const undisturbed = await calm.dispatch(file);
  expect(undisturbed.result.status, about).toBe("success");
  rig.write("tasks.json", file);
  let kills = 0;
  let ended: RunResult | undefined;
  for (let starts = 0; ended === undefined && starts < 1000; starts++) {
    const before = succeeded(rig);
    const executions = new Map(lines(rig, "ran").map((id) => [id, lines(rig, "ran").filter((one) => one === id).length]));
    const is_first = rig.runs().length === 0;
    const started = rig.start([...(is_first ? ["run", "tasks.json"] : ["resume"]), "--format", "ndjson", "-q"]);
    // After so many events, wherever that is; few, so that a hundred kills find something to kill.
    let left = kills >= 100 ? Number.POSITIVE_INFINITY : 1 + Math.floor(random() * 24);
    started.child.stdout?.on("data", (text: string) => {
      left -= text.split("\n").length - 1;
      if (left <= 0) started.child.kill("SIGKILL");
    });
    const { signal, stdout } = await started.ended;
    if (signal === "SIGKILL") kills++;
    else {
      const last = JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as { type: string; result: RunResult };
      expect(last.type, about).toBe("run.finished");
      ended = last.result;
    }
    const after = lines(rig, "ran");
    for (const id of before) {
      expect(after.filter((one) => one === id).length, `${about}: ${id} had succeeded and ran again`).toBe(executions.get(id));
    }
  }
  expect(kills, about).toBeGreaterThanOrEqual(100);
  expect(essence(ended as RunResult), about).toEqual(essence(undisturbed.result));
  await until(() => rig.left().length === 0);
});

describe("a dispatch that dies at a write", () => {
  const file = {
    tasks: [
      task("a", `echo a >> ran; echo '{"n": 1}'`),
      task("b", "echo b >> ran; echo ${tasks.a.output.n}", { dependencies: ["a"] }),
      task("c", "echo c >> ran; false", { retries: 0 }),
    ],
    config: { max_workers: 1 },
  };
  const withFault = (rig: Rig, how: string, at: number) => ({
    NODE_OPTIONS: `--require=${join(root, "test/support/fault.cjs")}`,
    FAULT: JSON.stringify({ at, how, below: join(rig.folder, "traces") }),
  });

  test.each(["before", "torn", "after"])(
    "%s it is resumed to the right result from each of them",
    { timeout: 600_000 },
    async (how) => {
      for (let at = 1; ; at++) {
        const about = `${how} write ${at}`;
        await using rig = new Rig();
        const killed = await rig.run(["run"], { input: file, env: withFault(rig, how, at) });
        if (killed.signal === null) {
          // It had ended before there were so many.
          expect(at).toBeGreaterThan(20);
          break;
        }
        // Before the folder has its name there is no run, and nothing was run.
        if (rig.runs().length === 0) {
          expect(lines(rig, "ran"), about).toEqual([]);
          continue;
        }
        const done = succeeded(rig);
        const ran = lines(rig, "ran");
        const { stdout, exit_code, stderr } = await rig.run(["resume", "-q"]);
        expect(exit_code, `${about}: ${stderr}`).toBe(1);
        const { results } = resultIn(stdout);
        expect(
          results.map(({ status, output }) => [status, output]),
          about,
        ).toEqual([
          ["success", { n: 1 }],
          ["success", 1],
          ["error", null],
        ]);
        const again = lines(rig, "ran").slice(ran.length);
        for (const id of done) expect(again, `${about}: ${id} had succeeded`).not.toContain(id);
        for (const { task_id, trace_file } of results)
          expect(JSON.parse(readFileSync(trace_file, "utf8")), about).toMatchObject({ task_id });
        // The watcher may still be looking around.
        await until(() => rig.left().length === 0);
      }
    },
  );

  test.each(["ENOSPC", "EACCES", "EIO"])(
    "%s at any write is never told as a success that is not recorded",
    { timeout: 600_000 },
    async (how) => {
      for (let at = 1; at <= 45; at++) {
        const about = `${how} at write ${at}`;
        await using rig = new Rig();
        const { exit_code, stdout, stderr } = await rig.run(["run", "-q"], { input: file, env: withFault(rig, how, at) });
        expect([1, 2], `${about}: ${stderr}`).toContain(exit_code);
        expect(stderr, about).not.toMatch(/\n\s+at /);
        if (stdout !== "") {
          const recorded = succeeded(rig);
          for (const { task_id, status } of resultIn(stdout).results)
            if (status === "success") expect(recorded.has(task_id), `${about}: ${task_id}`).toBe(true);
        }
        // The watcher may still be looking around.
        await until(() => rig.left().length === 0);
      }
    },
  );
});

test("a torn line at the journal's end is passed over, and what it told is done again", async () => {
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

test("what a task was given to read is what it is given again, whatever has become of the workspace", async () => {
  await using rig = new Rig();
  rig.write("notes.txt", "as it was\n");
  const reads = `cp "$DISPATCH_CONTEXT_FILE" seen; test -e mended`;
  const file = { tasks: [task("a", reads, { context_requirements: ["file:notes.txt"] })] };
  const first = await rig.dispatch(file);
  expect(first.result.results[0]?.status).toBe("error");
  rig.write("notes.txt", "changed since\n");
  rig.write("mended", "");
  const { stdout } = await rig.run(["resume"]);
  expect(resultIn(stdout)).toMatchObject({
    status: "success",
    results: [{ context: { keys: ["file:notes.txt"] } }],
    context: { items: 1 },
  });
  expect(rig.read("seen")).toContain("as it was");
});

test("a secret that was being printed when dispatch was killed is redacted by the resume", async () => {
  await using rig = new Rig();
  const command = await rig.fake();
  // Put together here, so that nobody takes this file for a leak.
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
