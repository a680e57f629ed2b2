/** How every adapter continues after a turn that was not the last. */
import { describe, expect, test } from "vitest";
import { adapters, startFakeRun } from "../support/fake-agents/index.ts";

describe.each(adapters)("%s", (_, adapter) => {
  const session = adapter.has_sessions ? "s-1" : undefined;

  test("a retry is the next turn of the session, with the output of the verify command in its prompt", async () => {
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

  test("a turn that times out is stopped, and the retry continues its session with the reason in the prompt", async () => {
    await using run = await startFakeRun(adapter, { retries: 1, timeout_seconds: 1 });
    const first = await run.next();
    first.startSession();
    first.say("Looking around.\n");
    await first.gone;
    const second = await run.next();
    expect(second.session_id).toBe(session);
    expect(second.prompt).toContain("Timed out after 1 s");
    second.startSession();
    second.complete("done");
    expect(await run.row()).toMatchObject({ status: "success", attempts: 2 });
  });

  test.each([
    [429, "Too many requests"],
    [503, "The service is overloaded"],
    [529, "Overloaded"],
  ])("a rate limit (%i) costs no retry: the turn is repeated when the limit resets", async (status, message) => {
    await using run = await startFakeRun(adapter);
    (await run.next()).fail(status, `${message}, try again in 50ms`);
    const second = await run.next();
    expect(second.prompt).toMatch(/Do it|Continue/);
    second.startSession();
    second.complete("done");
    expect(await run.row()).toMatchObject({ status: "success", output: "done" });
    const [waiting] = run.events("task.waiting");
    expect(Date.parse(waiting?.until ?? "") - Date.parse(waiting?.time ?? "")).toBeLessThan(1000);
  });

  test("a rate limit without a reset time is waited out too", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).fail(429, "Too many requests");
    await run.waitForEvent("task.waiting");
    const [waiting] = run.events("task.waiting");
    // At least half of the first pause, which is five seconds.
    expect(Date.parse(waiting?.until ?? "") - Date.parse(waiting?.time ?? "")).toBeGreaterThan(2000);
    run.started.child.kill("SIGINT");
    expect(await run.row()).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
  });

  test("a turn repeated after a rate limit gets the failure before it in its prompt, not the limit", async () => {
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
