/** Every adapter turns the same agent behaviour into the same outcome. */
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

  test("a turn reported as completed is a success, with its message and usage", async () => {
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

  test("an error that the agent reports is an error with its message", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).fail(500, "the model is gone");
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("the model is gone"),
    });
  });

  test("a failed turn is an error even if the agent itself ends normally", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).failMidTurn("the model is gone");
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("the model is gone"),
      output: null,
    });
  });

  test("an end without a completed turn is an error", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    turn.startSession();
    turn.say("All tests pass.");
    await run.waitForEvent("attempt.started");
    turn.exit(0);
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "agent", output: null });
  });

  test("no output at all is an error", async () => {
    await using run = await startFakeRun(adapter);
    (await run.next()).exit(0);
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "agent", output: null });
  });

  test("a completed turn without a message is an error", async () => {
    await using run = await startFakeRun(adapter);
    const turn = await run.next();
    turn.startSession();
    turn.complete("");
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "agent", output: null });
  });

  test.each(["at once", "during a message"])("an agent that dies %s is an error that says so", async (when) => {
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

  test("unknown events and a line of 10 MB are ignored", async () => {
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

  test("a message split inside a line and a character is read correctly", async () => {
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

  test.skipIf(!is_process)("text before a tool call is not the final message", async () => {
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

  test.skipIf(!adapter.streams_chunks)("a secret that arrives in chunks is masked", async () => {
    const key = pem().split("\n");
    await using run = await startFakeRun(adapter, {}, {}, { SOME_TOKEN: "Zx81-first-second-Qy7" });
    const turn = await run.next();
    turn.startSession();
    for (const piece of ["It is Zx81-first", "-second-Qy7, and\n", ...key.map((line) => `${line}\n`)]) turn.say(piece);
    turn.complete("that is all");
    expect(await run.row()).toMatchObject({ status: "success" });
    const texts = run.events("agent.message").map(({ text }) => text);
    expect(texts.join("")).toMatch(/^It is \[redacted: \$SOME_TOKEN\], and\n\[redacted: .*\]/);
    const journal = JSON.stringify(run.rig.journal());
    for (const half of ["Zx81-first", "second-Qy7", ...key]) expect(journal).not.toContain(half);
  });

  test.each([401, 403])("a rejected sign-in (%i) fails with advice and is not retried", async (status) => {
    await using run = await startFakeRun(adapter, { retries: 3 });
    (await run.next()).fail(status, "no such key");
    const row = await run.row();
    expect(row).toMatchObject({ status: "error", error_kind: "auth", attempts: 1 });
    expect(row?.error).toContain("no such key");
    expect(row?.suggestion).toMatch(/\w/);
  });

  test("output that fits its schema is parsed to a value", async () => {
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
  ])("output that %s is retried with the problem in the prompt, then fails", async (_, message, problem) => {
    await using run = await startFakeRun(adapter, { output_schema, retries: 1 });
    const first = await run.next();
    first.startSession();
    first.complete(message);
    const second = await run.next();
    expect(second.prompt).toContain(problem);
    expect(second.session_id).toBe(has_sessions ? "s-1" : undefined);
    second.startSession();
    second.complete(message);
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "invalid_output", attempts: 2, output: null });
  });

  test("a task over its budget is not retried, and its error says so", async () => {
    const price = { input: 10_000, output: 10_000 };
    await using run = await startFakeRun(adapter, { budget_usd: 0.2, retries: 3, verify: ["false"] }, { price });
    const turn = await run.next();
    turn.startSession();
    turn.complete("done");
    const row = await run.row();
    expect(row).toMatchObject({ status: "error", error_kind: "budget", attempts: 1 });
    expect(row?.error).toContain("It was not retried: it has spent its $0.20");
    expect(row?.usage?.cost_usd).toBeGreaterThan(0.2);
  });

  test("a stopped turn that reported no cost is charged its full reservation", async () => {
    const price = { input: 10_000, output: 10_000 };
    const task = { budget_usd: 0.2, retries: 3, timeout_seconds: 1 };
    await using run = await startFakeRun(adapter, task, { price });
    const turn = await run.next();
    turn.startSession();
    turn.say("Working.");
    expect(await run.row()).toMatchObject({ status: "error", error_kind: "budget", attempts: 1 });
  });
});
