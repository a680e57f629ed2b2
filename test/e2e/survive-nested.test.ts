/** Two dispatches: side by side in one folder, and one inside the other. */
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { expectNoMess } from "../support/aftermath.ts";
import { bin, childrenOf, isLive, Rig, task, until } from "../support/rig.ts";

const inner = [process.execPath, bin, "run", "inner.json", "--trace-dir", "inner-traces", "--progress", "none"];

describe.concurrent("two dispatches", () => {
  test("run side by side in one folder", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const runs = [rig.dispatch({ tasks: [task("same", command)] }), rig.dispatch({ tasks: [task("same", command)] })];
    const invocations = [await rig.nextInvocation(), await rig.nextInvocation()];
    for (const one of invocations) one.exit(0);
    const results = await Promise.all(runs);
    expect(results.map(({ result }) => result.status)).toEqual(["success", "success"]);
    expect(new Set(results.map(({ result }) => result.run_id)).size).toBe(2);
    expect(rig.runs().length).toBe(2);
    await expectNoMess(rig);
  });

  test("nested: the inner result is the output of the outer task", async () => {
    await using rig = new Rig();
    rig.write("inner.json", { tasks: [task("in", "echo 7")] });
    const { result } = await rig.dispatch({ tasks: [task("out", inner)] });
    expect(result.results[0]?.status).toBe("success");
    expect(result.results[0]?.warnings).toBeUndefined();
    expect(result.results[0]?.output).toMatchObject({ results: [{ task_id: "in", output: 7 }] });
    await expectNoMess(rig);
    await expectNoMess(rig, { trace_dir: "inner-traces" });
  });

  test("nested: stopping the outer one stops the inner one, which still writes its result", async () => {
    await using rig = new Rig();
    rig.write("inner.json", { tasks: [task("in", await rig.fake())] });
    const started = rig.start(["run"], { input: { tasks: [task("out", inner)] } });
    const running = await rig.nextInvocation();
    started.child.kill("SIGINT");
    const { exit_code, stdout } = await started.ended;
    await running.gone;
    expect(exit_code).toBe(130);
    expect((JSON.parse(stdout) as RunResult).results[0]).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
    const written = JSON.parse(rig.read(`inner-traces/${rig.runs("inner-traces")[0]}/result.json`)) as RunResult;
    expect(written.results[0]?.status).not.toBe("success");
    await expectNoMess(rig);
    await expectNoMess(rig, { trace_dir: "inner-traces" });
  });

  test("nested: SIGKILL of the outer one leaves no process of the inner one", async () => {
    await using rig = new Rig();
    const file = rig.write("hold", "");
    const clean = `echo $$ > '${rig.folder}/clean'; exec tail -f '${file}'`;
    rig.write("inner.json", { tasks: [task("in", await rig.fake()), task("clean", ["env", "-i", "/bin/sh", "-c", clean])] });
    const started = rig.start(["run"], { input: { tasks: [task("out", inner)] } });
    await rig.nextInvocation();
    await rig.waitForFile("clean");
    const [inside = 0] = childrenOf(started.pid, "inner.json");
    const watchers = [...childrenOf(started.pid, "dispatch-watcher"), ...childrenOf(inside, "dispatch-watcher")];
    expect(watchers.length).toBe(2);
    started.child.kill("SIGKILL");
    await started.ended;
    await expectNoMess(rig, { killed: true });
    await until(() => !watchers.some(isLive));
    await expectNoMess(rig, { killed: true, trace_dir: "inner-traces" });
  });
});
