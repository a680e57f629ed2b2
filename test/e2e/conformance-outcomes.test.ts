/** What every adapter makes of what its agent says: the same. */
import { describe, expect, test } from "vitest";
import { pem } from "../secrets/examples.ts";
import { adapters, startFakeRun } from "../support/fake-agents/index.ts";

const output_schema = {
  type: "object",
  properties: { n: { type: "integer" } },
  required: ["n"],
  additionalProperties: false,
};

describe.each(adapters)("%s", (_, adapter) => {
  const { is_process, has_sessions } = adapter;

  test("a turn that it calls completed is a success, with what it said and spent", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    expect(turn.prompt).toContain("Do it");
    turn.startSession();
    turn.complete("done");
    const row = await run.row();
    expect(row).toMatchObject({ status: "success", output: "done", attempts: 1, turns: 1, error_kind: null });
    expect(row?.usage).toMatchObject({ input_tokens: 140, cached_input_tokens: 40, output_tokens: 20 });
    expect(row?.session_id).toBe(has_sessions ? "s-1" : undefined);
  });

  test("an error of the agent is one, in its words", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).fail(500, "the model is gone");
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("the model is gone"),
    });
  });

  test("a turn that failed is no success, although the agent ends as if nothing were wrong", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).failMidTurn("the model is gone");
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("the model is gone"),
      output: null,
    });
  });

  test("an end without the word that the turn is completed is no success", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    turn.startSession();
    turn.say("All tests pass.");
    await run.waitForEvent("attempt.started");
    turn.exit(0);
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "agent", output: null });
  });

  test("no output at all is no success", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).exit(0);
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "agent", output: null });
  });

  test("a turn that is completed without a word is no success", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    turn.startSession();
    turn.complete("");
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "agent", output: null });
  });

  test.each(["at once", "while it speaks"])("a death %s is told as what it is", async (when) => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    if (when !== "at once") {
      turn.startSession();
      turn.say("Looking around.\n");
      await run.waitForEvent("agent.message");
    }
    turn.die();
    const row = await run.row();
    expect(row).toMatchObject({ status: "error", error_kind: is_process ? "signal" : "agent", output: null });
    if (is_process) expect(row?.error).toContain("SIGKILL");
  });

  test("what nobody knows, and a line of 10 MB, between good lines change nothing", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    turn.startSession();
    turn.printNoise();
    turn.printLongEvent(10_000_000);
    turn.printNoise();
    turn.complete("done");
    const row = await run.row();
    expect(row).toMatchObject({ status: "success", output: "done" });
    expect(row).not.toHaveProperty("warnings");
  });

  test("what comes slowly, cut inside a line and a character, is read as what it is", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    await turn.sayInPieces("Grüße\n", async () => {
      await run.waitForEvent("attempt.started");
      expect(run.events("agent.message")).toEqual([]);
    });
    await run.waitForEvent("agent.message");
    expect(run.events("agent.message")).toEqual([expect.objectContaining({ text: expect.stringMatching(/^Grüße/) })]);
    turn.complete("done");
    expect(await run.row()).toMatchObject({ status: "success" });
  });

  test.skipIf(!is_process)("what it said before it used a tool is not its final message", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    turn.startSession();
    turn.say("I will look into it.");
    turn.callTool?.();
    turn.complete("");
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("without a final message"),
      output: null,
    });
  });

  test.skipIf(!adapter.streams_chunks)("a secret that comes in pieces is not told in pieces", async () => {
    const key = pem().split("\n");
    await using run = await startFakeRun(adapter, {}, {}, { SOME_TOKEN: "Zx81-first-second-Qy7" });
    const turn = await run.next();
    turn.startSession();
    for (const piece of ["It is Zx81-first", "-second-Qy7, and\n", ...key.map((line) => `${line}\n`)]) turn.say(piece);
    turn.complete("that is all");
    expect(await run.row()).toMatchObject({ status: "success" });
    const said = run.events("agent.message").map(({ text }) => text);
    expect(said.join("")).toMatch(/^It is \[redacted: \$SOME_TOKEN\], and\n\[redacted: .*\]/);
    const journal = JSON.stringify(run.rig.journal());
    for (const half of ["Zx81-first", "second-Qy7", ...key]) expect(journal).not.toContain(half);
  });

  test.each([401, 403])("who may not sign in (%i) is told how, and not tried again", async (status) => {
    await using run = await startFakeRun(adapter, { retries: 3 });
    (await run.next()).fail(status, "no such key");
    const row = await run.row();
    expect(row).toMatchObject({ status: "error", error_kind: "auth", attempts: 1 });
    expect(row?.error).toContain("no such key");
    expect(row?.suggestion).toMatch(/\w/);
  });

  test("output that fits its schema is a value", async () => {
    await using run = await startFakeRun(adapter, { output_schema });
    const turn = await run.next();
    expect(adapter.schema_pattern === undefined ? turn.prompt : turn.request).toMatch(
      adapter.schema_pattern ?? /JSON Schema[\s\S]*"integer"/,
    );
    turn.startSession();
    turn.complete('{"n": 1}');
    expect(await run.row()).toMatchObject({ status: "success", output: { n: 1 } });
  });

  test.each([
    ["does not fit", '{"n": "one"}', "does not fit"],
    ["is missing", "I have done it.", "the JSON that output_schema requires"],
  ])("output that %s is one more turn, told what was wrong; without a retry it is a failure", async (_, said, told) => {
    await using run = await startFakeRun(adapter, { output_schema, retries: 1 });
    const first = await run.next();
    first.startSession();
    first.complete(said);
    const second = await run.next();
    expect(second.prompt).toContain(told);
    expect(second.session_id).toBe(has_sessions ? "s-1" : undefined);
    second.startSession();
    second.complete(said);
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "invalid_output", attempts: 2, output: null });
  });

  test("what is over its budget is not tried again, and says so", async () => {
    const price = { input: 10_000, output: 10_000 };
    await using run = await startFakeRun(adapter, { budget_usd: 0.2, retries: 3, verify: ["false"] }, { price });
    const turn = await run.next();
    turn.startSession();
    turn.complete("done");
    const row = await run.row();
    expect(row).toMatchObject({ status: "error", error_kind: "budget", attempts: 1 });
    expect(row?.error).toContain("It was not tried again: it has spent its $0.20");
    expect(row?.usage?.cost_usd).toBeGreaterThan(0.2);
  });

  test("a turn that was stopped and told no cost has spent what was set aside for it", async () => {
    const price = { input: 10_000, output: 10_000 };
    const task = { budget_usd: 0.2, retries: 3, timeout_seconds: 1 };
    await using run = await startFakeRun(adapter, task, { price });
    const turn = await run.next();
    turn.startSession();
    turn.say("Working.");
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "budget", attempts: 1 });
  });
});
