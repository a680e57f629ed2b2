/** Stopping: timeouts, Ctrl-C once and twice, and other signals. Every test ends with no process left. */
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { expectNoMess } from "../support/aftermath.ts";
import { childrenOf, isLive, Rig, type Started, task, until } from "../support/rig.ts";

const resultOf = async (started: Started): Promise<RunResult> => JSON.parse((await started.ended).stdout) as RunResult;

/** Returns a script that ignores SIGTERM, as do its children, and holds its descriptors until it is killed. */
const stubborn = (rig: Rig, sign: string): string =>
  `trap '' TERM INT HUP; echo $$ > '${rig.folder}/${sign}'; tail -f '${rig.write("hold", "")}'`;

describe.concurrent("a task that times out", () => {
  test("ends with its whole tree although it ignores SIGTERM", async () => {
    await using rig = new Rig();
    const { result, exit_code } = await rig.dispatch({
      tasks: [task("slow", stubborn(rig, "here"), { timeout_seconds: 2 })],
    });
    expect(exit_code).toBe(1);
    expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout", attempts: 1 });
    expect(rig.exists("here")).toBe(true);
    await expectNoMess(rig);
  });

  test("ends with a grandchild that ignores SIGTERM and holds stdout", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({
      tasks: [task("slow", `(${stubborn(rig, "grandchild")}) & echo said; wait`, { timeout_seconds: 2 })],
    });
    expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout" });
    expect(rig.exists("grandchild")).toBe(true);
    await expectNoMess(rig);
  });

  test("ends with grandchildren in other sessions, including late ones and ones that ignore SIGTERM", async () => {
    await using rig = new Rig();
    const late = `trap 'setsid sh -c "echo here > ${rig.folder}/late; exec tail -f ${rig.folder}/hold" & wait' TERM`;
    rig.write("stubborn.sh", stubborn(rig, "early"));
    const { result } = await rig.dispatch({
      tasks: [
        task("slow", `${late}; setsid sh '${rig.folder}/stubborn.sh' & tail -f ${rig.folder}/hold & wait`, {
          timeout_seconds: 8,
        }),
      ],
    });
    expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout" });
    expect(rig.exists("early") && rig.exists("late")).toBe(true);
    await expectNoMess(rig);
  });

  test("ends although it is suspended (SIGSTOP)", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({
      tasks: [task("slow", `tail -f '${rig.write("hold", "")}' & kill -s STOP $$; wait`, { timeout_seconds: 2 })],
    });
    expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout" });
    await expectNoMess(rig);
  });

  test("is an error even if it exits with 0 on SIGTERM", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({
      tasks: [task("polite", `trap 'exit 0' TERM; tail -f '${rig.write("hold", "")}' & wait`, { timeout_seconds: 2 })],
    });
    expect(result.results[0]).toMatchObject({ status: "error", error_kind: "timeout", output: null });
    await expectNoMess(rig);
  });
});

describe.concurrent("a signal", () => {
  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s stops running tasks, starts no more, and the result is written", async ([signal, exit_code]) => {
    await using rig = new Rig();
    const command = await rig.fake();
    const started = rig.start(["run", "-w", "2"], {
      input: { tasks: [task("done", "true"), task("runs", command), task("next", command, { dependencies: ["runs"] })] },
    });
    await rig.nextInvocation();
    await until(() => rig.journal().some((event) => event.type === "task.finished"));
    started.child.kill(signal);
    const result = await resultOf(started);
    expect((await started.ended).exit_code).toBe(exit_code);
    expect(result.status).toBe("partial");
    expect(result.results.map((row) => [row.status, row.error_kind])).toEqual([
      ["success", null],
      ["cancelled", "interrupted"],
      ["cancelled", "interrupted"],
    ]);
    expect(result.results[1]?.error).toContain(signal);
    expect(result.results[2]).toMatchObject({ attempts: 0, error: `Not started: stopped by ${signal}.` });
    expect(JSON.parse(rig.read(`traces/${result.run_id}/result.json`))).toEqual(result);
    expect(rig.unclaimed).toBe(0);
    await expectNoMess(rig);
  });

  test("sent a second time kills at once", async () => {
    await using rig = new Rig();
    const started = rig.start(["run"], { input: { tasks: [task("deaf", await rig.fake({ ignores: ["SIGTERM"] }))] } });
    const deaf = await rig.nextInvocation();
    started.child.kill("SIGINT");
    await deaf.signalled("SIGTERM");
    await started.waitForOutput("A second signal kills");
    // One that comes at once is the echo of the first, so it is sent until it counts.
    const again = setInterval(() => started.child.kill("SIGINT"), 50);
    await started.waitForOutput("Killing");
    clearInterval(again);
    const result = await resultOf(started);
    expect((await started.ended).exit_code).toBe(130);
    expect(result.results[0]).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
    await expectNoMess(rig);
  });

  test("during a backoff ends the task with the attempts it made", async () => {
    await using rig = new Rig();
    const started = rig.start(["run", "--retries", "100"], { input: { tasks: [task("fails", "exit 7")] } });
    // A backoff lasts up to 30 s, so the signal almost always arrives in one.
    await until(() => rig.runs().length > 0 && rig.journal().some((event) => event.type === "task.retrying"));
    started.child.kill("SIGINT");
    const result = await resultOf(started);
    expect((await started.ended).exit_code).toBe(130);
    expect(result.results[0]?.status).not.toBe("success");
    expect(result.results[0]?.attempts).toBeGreaterThan(0);
    await expectNoMess(rig);
  });

  test("during a verify command leaves no success", async () => {
    await using rig = new Rig();
    const started = rig.start(["run"], { input: { tasks: [task("works", "echo 1", { verify: [await rig.fake()] })] } });
    await rig.nextInvocation();
    started.child.kill("SIGTERM");
    const result = await resultOf(started);
    expect((await started.ended).exit_code).toBe(143);
    expect(result.results[0]).toMatchObject({ status: "cancelled", error_kind: "interrupted", output: null });
    await expectNoMess(rig);
  });

  test("while dispatch reads the task file ends it without a trace", async () => {
    await using rig = new Rig();
    const started = rig.start(["run"], { keep_stdin: true });
    // dispatch reads its input only after start-up, so an emptied pipe shows that it is ready.
    started.child.stdin?.write(" ".repeat(100_000));
    await until(() => started.child.stdin?.writableLength === 0);
    started.child.kill("SIGINT");
    const { signal, exit_code, stdout } = await started.ended;
    expect([signal, exit_code, stdout]).toEqual(["SIGINT", null, ""]);
    expect(rig.exists("traces")).toBe(false);
    await expectNoMess(rig);
  });

  test("stops sixty tasks that ignore SIGTERM within one grace period, not one after the other", async () => {
    await using rig = new Rig();
    const count = 60;
    const tasks = Array.from({ length: count }, (_, i) => task(`t${i}`, stubborn(rig, `sign-${i}`)));
    const started = rig.start(["run", "-w", String(count)], { input: { tasks } });
    for (let i = 0; i < count; i++) await rig.waitForFile(`sign-${i}`);
    const [watcher = 0] = childrenOf(started.pid, "dispatch-watcher");
    expect(isLive(watcher)).toBe(true);
    started.child.kill("SIGINT");
    const result = await resultOf(started);
    expect(result.summary.cancelled).toBe(count);
    await until(() => !isLive(watcher));
    await expectNoMess(rig);
  });
});
