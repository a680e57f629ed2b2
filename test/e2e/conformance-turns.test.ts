/** How every adapter goes on after a turn that was not the last. */
import { describe, expect, test } from "vitest";
import { adapters, startFakeRun } from "../support/fake-agents/index.ts";

describe.each(adapters)("%s", (_, adapter) => {
  const session = adapter.has_sessions ? "s-1" : undefined;

  test("a retry is the next turn of the session, told what the check printed", async () => {
    const verify = ["test -e proof || { echo no proof here; false; }"];
    await using run = await startFakeRun(adapter, { retries: 1, verify });
    const first = await run.next();
    first.startSession();
    first.complete("done");
    const second = await run.next();
    expect(second.session_id).toBe(session);
    expect(second.prompt).toContain("no proof here");
    expect(second.prompt.includes("Do it")).toBe(!adapter.has_sessions);
    run.rig.write("proof", "");
    second.startSession();
    second.complete("now it is");
    const row = await run.row();
    expect(row).toMatchObject({ status: "success", output: "now it is", attempts: 2 });
    expect(row?.usage?.output_tokens).toBe(40);
  });

  test("a turn that took too long is stopped, and its session goes on, told so", async () => {
    await using run = await startFakeRun(adapter, { retries: 1, timeout_seconds: 1 });
    const first = await run.next();
    first.startSession();
    first.say("Looking around.\n");
    await first.gone;
    const second = await run.next();
    expect(second.session_id).toBe(session);
    expect(second.prompt).toContain("It took longer than 1 s");
    second.startSession();
    second.complete("done");
    expect(await run.row()).toMatchObject({ status: "success", attempts: 2 });
  });

  test.each([
    [429, "Too many requests"],
    [503, "The service is overloaded"],
    [529, "Overloaded"],
  ])("a limit (%i) costs no retry: the turn is taken again when the agent may", async (status, message) => {
    await using run = await startFakeRun(adapter);
    (await run.next()).fail(status, `${message}, try again in 50ms`);
    const second = await run.next();
    expect(second.prompt).toMatch(/Do it|Go on/);
    second.startSession();
    second.complete("done");
    expect(await run.row()).toMatchObject({ status: "success", output: "done" });
    const [waiting] = run.events("task.waiting");
    expect(Date.parse(waiting?.until ?? "") - Date.parse(waiting?.time ?? "")).toBeLessThan(1000);
  });

  test("a limit that tells no time is waited for all the same", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).fail(429, "Too many requests");
    await run.waitForEvent("task.waiting");
    const [waiting] = run.events("task.waiting");
    // At least half of the first rest, which is five seconds.
    expect(Date.parse(waiting?.until ?? "") - Date.parse(waiting?.time ?? "")).toBeGreaterThan(2000);
    run.started.child.kill("SIGINT");
    expect(await run.row()).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
  });

  test("what a limit turned away is told the failure before it, not the limit", async () => {
    const verify = ["test -e proof || { echo no proof here; false; }"];
    await using run = await startFakeRun(adapter, { retries: 1, verify });
    const first = await run.next();
    first.startSession();
    first.complete("done");
    (await run.next()).fail(429, "Too many requests, try again in 50ms");
    run.rig.write("proof", "");
    const third = await run.next();
    if (third.session_id === undefined) expect(third.prompt).toContain("no proof here");
    expect(third.session_id).toBe(session);
    third.startSession();
    third.complete("done");
    expect(await run.row()).toMatchObject({ status: "success", attempts: 3 });
  });
});
