/** How every adapter goes on after a turn that was not the last. */
import { describe, expect, test } from "vitest";
import { adapters, speakFor } from "../support/speakers/index.ts";

describe.each(adapters)("%s", (_, adapter) => {
  const session = adapter.has_sessions ? "s-1" : undefined;

  test("a retry is the next turn of the session, told what the check printed", async () => {
    const verify = ["test -e proof || { echo no proof here; false; }"];
    await using it = await speakFor(adapter, { retries: 1, verify });
    const first = await it.next();
    first.begins();
    first.completes("done");
    const second = await it.next();
    expect(second.continues).toBe(session);
    expect(second.prompt).toContain("no proof here");
    expect(second.prompt.includes("Do it")).toBe(!adapter.has_sessions);
    it.rig.write("proof", "");
    second.begins();
    second.completes("now it is");
    const row = await it.row();
    expect(row).toMatchObject({ status: "success", output: "now it is", attempts: 2 });
    expect(row?.usage?.output_tokens).toBe(40);
  });

  test("a turn that took too long is stopped, and its session goes on, told so", async () => {
    await using it = await speakFor(adapter, { retries: 1, timeout_seconds: 1 });
    const first = await it.next();
    first.begins();
    first.says("Looking around.\n");
    await first.gone;
    const second = await it.next();
    expect(second.continues).toBe(session);
    expect(second.prompt).toContain("It took longer than 1 s");
    second.begins();
    second.completes("done");
    expect(await it.row()).toMatchObject({ status: "success", attempts: 2 });
  });

  test.each([
    [429, "Too many requests"],
    [503, "The service is overloaded"],
    [529, "Overloaded"],
  ])("a limit (%i) costs no retry: the turn is taken again when the agent may", async (status, message) => {
    await using it = await speakFor(adapter);
    (await it.next()).fails(status, `${message}, try again in 50ms`);
    const second = await it.next();
    expect(second.prompt).toMatch(/Do it|Go on/);
    second.begins();
    second.completes("done");
    expect(await it.row()).toMatchObject({ status: "success", output: "done" });
    const [waiting] = it.told("task.waiting");
    expect(Date.parse(waiting?.until ?? "") - Date.parse(waiting?.time ?? "")).toBeLessThan(1000);
  });

  test("a limit that tells no time is waited for all the same", async () => {
    await using it = await speakFor(adapter);
    (await it.next()).fails(429, "Too many requests");
    await it.tells("task.waiting");
    const [waiting] = it.told("task.waiting");
    // At least half of the first rest, which is five seconds.
    expect(Date.parse(waiting?.until ?? "") - Date.parse(waiting?.time ?? "")).toBeGreaterThan(2000);
    it.started.child.kill("SIGINT");
    expect(await it.row()).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
  });

  test("what a limit turned away is told the failure before it, not the limit", async () => {
    const verify = ["test -e proof || { echo no proof here; false; }"];
    await using it = await speakFor(adapter, { retries: 1, verify });
    const first = await it.next();
    first.begins();
    first.completes("done");
    (await it.next()).fails(429, "Too many requests, try again in 50ms");
    it.rig.write("proof", "");
    const third = await it.next();
    if (third.continues === undefined) expect(third.prompt).toContain("no proof here");
    expect(third.continues).toBe(session);
    third.begins();
    third.completes("done");
    expect(await it.row()).toMatchObject({ status: "success", attempts: 3 });
  });
});
