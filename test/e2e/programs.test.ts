import { describe, expect, test } from "vitest";
import type { RunEvent, RunResult } from "../../src/index.ts";
import { Rig, until } from "../support/rig.ts";
import { nextTurn, vendorAgent } from "../support/vendor-agent.ts";
import { type VendorStream, vendor_streams } from "../support/vendor-streams.ts";

/** A rig whose agent `it` is a vendor's program that the test speaks for. */
async function rigOf(adapter: string, task: object = {}, config: object = {}) {
  const rig = new Rig();
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: "Do it", ...task }],
    config: { agents: { it: { ...(await vendorAgent(rig, adapter)), ...config } } },
  };
  const started = rig.start(["run"], { input: file });
  const next = () => nextTurn(rig);
  const row = async () => (JSON.parse((await started.ended).stdout) as RunResult).results[0];
  /** Resolves when the journal has an event of this kind. */
  const tells = (type: RunEvent["type"]): Promise<void> => until(() => rig.journal().some((event) => event.type === type));
  return { rig, started, next, row, tells, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

const succeed = ({ said, completed }: VendorStream, text = "done"): object[] => [said(text), completed(text)];

describe.each(Object.entries(vendor_streams))("%s", (adapter, stream) => {
  const { begun, failed, changed, refused } = stream;

  test("a turn that it calls completed is a success, with what it spent and changed", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    expect(agent.prompt).toContain("Do it");
    agent.say(begun("s-1"), ...changed("src/a.ts", "well"), ...changed("src/b.ts", "badly"), ...succeed(stream));
    agent.exit(0);
    expect(await it.row()).toMatchObject({
      status: "success",
      output: "done",
      session_id: "s-1",
      usage: { input_tokens: 140, cached_input_tokens: 40, output_tokens: 20 },
      files_changed: ["src/a.ts"],
      turns: 1,
    });
  });

  test("exit 0 without its word that the turn was completed is no success", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    agent.say(begun("s-1"), stream.said("All tests pass."));
    agent.exit(0);
    expect(await it.row()).toMatchObject({ status: "error", error_kind: "agent" });
  });

  test("exit 0 with a failed turn is no success", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    agent.say(begun("s-1"), failed(500, "the model is gone"));
    agent.exit(0);
    expect(await it.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("the model is gone"),
    });
  });

  test("a turn that was completed, and another exit code than 0, is no success", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    agent.say(begun("s-1"), ...succeed(stream));
    agent.exit(3);
    expect(await it.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("exited with 3"),
    });
  });

  test("no output at all is no success", async () => {
    await using it = await rigOf(adapter);
    (await it.next()).exit(0);
    expect(await it.row()).toMatchObject({ status: "error", error_kind: "agent" });
  });

  test("a tool that it was not allowed to use fails the task, and is named", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    agent.say(begun("s-1"), ...(refused("publish") ?? []));
    agent.exit(0);
    expect(await it.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("was not allowed"),
    });
  });

  test.each([
    [401, "auth"],
    [403, "auth"],
    [500, "agent"],
  ])("the endpoint's %i is %s", async (status, error_kind) => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    agent.say(begun("s-1"), failed(status, "no"));
    agent.exit(1);
    expect(await it.row()).toMatchObject({ status: "error", error_kind });
  });

  test("garbage, unknown events and a line of 10 MB between good lines change nothing", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    const long = { type: "unheard-of", padding: "x".repeat(10_000_000) };
    agent.say(begun("s-1"), "Warning: nothing", "{broken", "[1]", "null", long, { type: 7 }, {}, ...succeed(stream));
    agent.exit(0);
    expect(await it.row()).toMatchObject({ status: "success", output: "done" });
  });

  test("what it says is told while it still works", async () => {
    await using it = await rigOf(adapter);
    const agent = await it.next();
    agent.say(begun("s-1"), stream.said("Looking around."));
    await it.tells("agent.message");
    agent.say(...succeed(stream));
    agent.exit(0);
    expect(await it.row()).toMatchObject({ status: "success" });
  });

  test("a retry is the next turn of the same session, told what failed", async () => {
    await using it = await rigOf(adapter, { retries: 1, verify: ["test -e proof || { echo no proof here; false; }"] });
    const first = await it.next();
    first.say(begun("s-1"), ...succeed(stream));
    first.exit(0);
    const second = await it.next();
    expect(second.argv).toContain(stream.resumes);
    expect(second.argv).toContain("s-1");
    expect(second.prompt).toContain("no proof here");
    it.rig.write("proof", "");
    second.say(begun("s-1"), ...succeed(stream, "now it is"));
    second.exit(0);
    expect(await it.row()).toMatchObject({ status: "success", output: "now it is", attempts: 2, usage: { output_tokens: 40 } });
  });

  test("output that does not fit output_schema is one more turn, with the misfit", async () => {
    const output_schema = {
      type: "object",
      properties: { n: { type: "integer" } },
      required: ["n"],
      additionalProperties: false,
    };
    await using it = await rigOf(adapter, { retries: 1, output_schema });
    const first = await it.next();
    expect(first.prompt + first.argv).toMatch(/"integer"|schema/);
    first.say(begun("s-1"), ...succeed(stream, '{"n": "one"}'));
    first.exit(0);
    const second = await it.next();
    expect(second.prompt).toContain("does not fit");
    second.say(begun("s-1"), ...succeed(stream, '```json\n{"n": 1}\n```'));
    second.exit(0);
    expect(await it.row()).toMatchObject({ status: "success", output: { n: 1 }, attempts: 2 });
  });

  test("a rate limit costs no attempt: the turn is taken again when the agent may", async () => {
    await using it = await rigOf(adapter);
    const first = await it.next();
    first.say(begun("s-1"), failed(429, "Too many requests, try again in 50ms"));
    first.exit(1);
    const second = await it.next();
    expect(second.attempt).toBe(2);
    second.say(begun("s-1"), ...succeed(stream));
    second.exit(0);
    expect(await it.row()).toMatchObject({ status: "success", attempts: 2 });
  });

  test("a stop ends it, and what it spent until then stands", async () => {
    await using it = await rigOf(adapter, { timeout_seconds: 3600 });
    const agent = await it.next();
    agent.say(begun("s-1"), stream.said("Working."));
    await it.tells("agent.message");
    it.started.child.kill("SIGINT");
    await agent.gone;
    expect(await it.row()).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
  });
});

test("an agent sees its own variables and those of the task, and no other's keys", async () => {
  const rig = new Rig();
  await using _ = rig;
  const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
  const running = rig.dispatch(
    {
      tasks: [{ task_id: "a", agent: "claude", description: "Do it", env: { MINE: "1" } }],
      config: {
        agents: { claude: { adapter: "claude", command: ["/bin/sh", "-c", `exec ${fake}`, "sh"], pass_env: ["PASSED"] } },
      },
    },
    [],
    { env: { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", AWS_SECRET_ACCESS_KEY: "s", PASSED: "p" } },
  );
  const agent = await rig.nextInvocation();
  expect(agent.env).toMatchObject({ ANTHROPIC_API_KEY: "a", MINE: "1", PASSED: "p" });
  expect(agent.env).not.toHaveProperty("OPENAI_API_KEY");
  expect(agent.env).not.toHaveProperty("AWS_SECRET_ACCESS_KEY");
  agent.exit(1);
  await running;
});

describe("before anything runs", () => {
  test.each([
    [
      { agent: "codex", description: "Do it" },
      {},
      "The program codex of the agent codex was not found. Install it: npm install -g @openai/codex",
    ],
    [{ agent: "claude" }, {}, "the agent claude is not told what to do"],
    [{ agent: "x", description: "Do it" }, { x: { adapter: "claud" } }, "must be one of claude, codex"],
    [{ agent: "x", description: "Do it" }, { x: { adapter: "claude", permision: "full" } }, 'unknown key "permision"'],
    [{ agent: "x", description: "Do it" }, { x: { adapter: "claude", permissions: "ful" } }, "permissions"],
  ])("%j with %j: %s", async (task, agents, message) => {
    await using rig = new Rig();
    const file = { tasks: [{ task_id: "a", ...task }], config: { agents } };
    const { exit_code, stderr, stdout } = await rig.run(["run"], { input: file, env: { PATH: rig.folder } });
    expect(stderr).toContain(message);
    expect(exit_code).toBe(2);
    expect(stdout).toBe("");
  });
});

/** The `result` of a Claude Code that counts by session: what it has spent in all, and since its last result. */
const countedBySession = (turns: number, own: number, text: string): object => {
  const spent = (n: number) => ({
    m: {
      inputTokens: 100 * n,
      cacheReadInputTokens: 40 * n,
      cacheCreationInputTokens: 0,
      outputTokens: 20 * n,
      costUSD: 0.25 * n,
    },
  });
  const { type, subtype } = { type: "result", subtype: "success" };
  const about = {
    num_turns: own,
    total_cost_usd: 0.25 * turns,
    modelUsage: spent(turns),
    model_usage_since_last_result: spent(own),
  };
  return { type, subtype, is_error: false, result: text, ...about };
};

const failing_once = { retries: 2, verify: ["test -e proof"] };

test("of a session that went on, Claude Code's earlier turns are not paid twice in the sum", async () => {
  await using it = await rigOf("claude", failing_once);
  const { begun, said } = vendor_streams.claude;
  const first = await it.next();
  first.say(begun("s-1"), said("Done."), countedBySession(1, 1, "Done."));
  first.exit(0);
  const second = await it.next();
  it.rig.write("proof", "");
  // What it does behind its first result has a result of its own.
  second.say(begun("s-1"), said("Now."), countedBySession(3, 2, "Now."), countedBySession(4, 1, "Now it is."));
  second.exit(0);
  const usage = { input_tokens: 560, cached_input_tokens: 160, output_tokens: 80, cost_usd: 1 };
  expect(await it.row()).toMatchObject({ status: "success", attempts: 2, usage });
});

test("of a session that went on, Codex's earlier turns are not paid twice in the sum", async () => {
  await using it = await rigOf("codex", failing_once, { price: { input: 1, output: 10 } });
  const { begun, said } = vendor_streams.codex;
  const completed = (turns: number): object => ({
    type: "turn.completed",
    usage: {
      input_tokens: 100 * turns,
      cached_input_tokens: 40 * turns,
      output_tokens: 20 * turns,
      reasoning_output_tokens: 5 * turns,
    },
  });
  for (const turns of [1, 2, 4]) {
    const agent = await it.next();
    if (turns === 4) it.rig.write("proof", "");
    agent.say(begun("s-1"), said("Done."), completed(turns));
    agent.exit(0);
  }
  const usage = { input_tokens: 400, cached_input_tokens: 160, output_tokens: 80, reasoning_tokens: 20, cost_usd: 0.0012 };
  expect(await it.row()).toMatchObject({ status: "success", attempts: 3, usage });
});
