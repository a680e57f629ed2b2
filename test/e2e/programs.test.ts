import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { Rig, until } from "../support/rig.ts";
import { startVendorRun } from "../support/vendor-agent.ts";
import { type VendorStream, vendor_streams } from "../support/vendor-streams.ts";

const successLines = ({ message, completed }: VendorStream, text = "done"): object[] => [message(text), completed(text)];

describe.each(Object.entries(vendor_streams))("%s", (adapter, stream) => {
  const { session, fileChange, refusedTool } = stream;

  test("reports the files that it changed, but not those of failed tool calls", async () => {
    await using run = await startVendorRun(adapter);
    const agent = await run.next();
    expect(agent.prompt).toContain("Do it");
    agent.printLines(
      session("s-1"),
      ...fileChange("src/a.ts", "well"),
      ...fileChange("src/b.ts", "badly"),
      ...successLines(stream),
    );
    agent.exit(0);
    expect(await run.row()).toMatchObject({
      status: "success",
      output: "done",
      files_changed: ["src/a.ts"],
      turns: 1,
    });
  });

  test("a completed turn with an exit code other than 0 is an error", async () => {
    await using run = await startVendorRun(adapter);
    const agent = await run.next();
    agent.printLines(session("s-1"), ...successLines(stream));
    agent.exit(3);
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("exited with 3"),
    });
  });

  test("a refused tool fails the task", async () => {
    await using run = await startVendorRun(adapter);
    const agent = await run.next();
    agent.printLines(session("s-1"), ...(refusedTool("publish") ?? []));
    agent.exit(0);
    expect(await run.row()).toMatchObject({
      status: "error",
      error_kind: "agent",
      error: expect.stringContaining("was not allowed"),
    });
  });
});

test.each([
  ["claude", "No conversation found with session ID: s-1"],
  ["codex", "Error: thread/resume: thread/resume failed: no rollout found for thread id s-1 (code -32600)"],
  ["gemini", "Error resuming session: No previous sessions found for this project."],
  ["opencode", "Error: Session not found"],
] as const)("%s starts a new session with the history in the same attempt if its session is gone", async (adapter, message) => {
  const rig = new Rig();
  await using _ = rig;
  const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
  const stream = vendor_streams[adapter];
  const lost = `echo '${message}' >&2; printf '%s\\n' '${JSON.stringify(stream.failed(500, message))}'; exit 1`;
  const script = `case " $* " in *" s-1 "*) ${lost};; esac; PROMPT="$(cat)" exec ${fake}`;
  const running = rig.dispatch({
    tasks: [
      { task_id: "a", agent: "it", description: "Do it", retries: 1, verify: ["test -e proof || { echo no proof; false; }"] },
    ],
    config: { agents: { it: { adapter, command: ["/bin/sh", "-c", script, "sh"] } } },
  });
  const completeTurn = async (session_id: string) => {
    const turn = await rig.nextInvocation();
    turn.print([stream.session(session_id), ...successLines(stream)].map((line) => `${JSON.stringify(line)}\n`).join(""));
    turn.exit(0);
    return turn.env["PROMPT"];
  };
  await completeTurn("s-1");
  expect(await completeTurn("s-2")).toMatch(/Do it[\s\S]*An earlier attempt at this task failed[\s\S]*no proof/);
  const { result } = await running;
  expect(result.results[0]).toMatchObject({ error_kind: "verify", attempts: 2, session_id: "s-2" });
});

test.each([
  ["claude", "error: unknown option '--json-schema'", "does not know the flag --json-schema", "2.1.0 or later"],
  ["codex", "error: unexpected argument '--json' found", "does not know the flag --json", "0.100.0 or later"],
  ["gemini", "Unknown arguments: skip-trust, skipTrust", "does not know the flag --skip-trust", "0.40.0 or later"],
  ["opencode", "Unknown argument: format", "does not know the flag --format", "1.0.0 or later"],
])("%s too old for a flag fails with advice and is not retried", async (adapter, stderr, error, suggestion) => {
  await using rig = new Rig();
  const command = ["/bin/sh", "-c", `echo "${stderr}" >&2; exit 2`, "sh"];
  const { result } = await rig.dispatch({
    tasks: [{ task_id: "a", agent: "it", description: "Do it", retries: 2 }],
    config: { agents: { it: { adapter, command } } },
  });
  expect(result.results[0]).toMatchObject({ status: "error", error_kind: "spawn", attempts: 1 });
  expect(result.results[0]?.error).toContain(error);
  expect(result.results[0]?.suggestion).toContain(suggestion);
});

test.each([
  ["gemini", 'Attempt 2 failed with status 429. Retrying with backoff... _ApiError: {"error":{"message":"Too many"}}'],
  ["opencode", 'level=ERROR message="stream error" error.error="AI_APICallError: Too many requests"'],
])("%s that retries by itself until its timeout has this in its error", async (adapter, stderr) => {
  await using rig = new Rig();
  const command = ["/bin/sh", "-c", `printf '%s\\n' '${stderr}' >&2; exec sleep 1000`, "sh"];
  const { result } = await rig.dispatch({
    tasks: [{ task_id: "a", agent: "it", description: "Do it", timeout_seconds: 1 }],
    config: { agents: { it: { adapter, command } } },
  });
  const [row] = result.results;
  expect(row).toMatchObject({ status: "error", error_kind: "timeout" });
  expect(row?.error).toMatch(/^Timed out after 1 s\. .* was still retrying after: .*Too many/);
});

test("codex that waits for the network until its timeout has this in its error, unless it recovered", async () => {
  const { session, message } = vendor_streams.codex;
  const connecting = { type: "error", message: "Reconnecting... waiting for network (Connection failed)" };
  for (const then of [[], [message("Here I am.")]]) {
    await using run = await startVendorRun("codex", { timeout_seconds: 1 });
    (await run.next()).printLines(session("s-1"), connecting, ...then);
    const row = await run.row();
    expect(row).toMatchObject({ status: "error", error_kind: "timeout" });
    expect(row?.error?.includes("waiting for network")).toBe(then.length === 0);
  }
});

test("a program whose stderr asks the user to sign in fails with kind auth", async () => {
  await using rig = new Rig();
  const message = "Please set an Auth method in your settings.json or specify one of: GEMINI_API_KEY";
  const { result } = await rig.dispatch({
    tasks: [{ task_id: "a", agent: "it", description: "Do it", retries: 2 }],
    config: { agents: { it: { adapter: "gemini", command: ["/bin/sh", "-c", `echo "${message}" >&2; exit 41`, "sh"] } } },
  });
  expect(result.results[0]).toMatchObject({ error_kind: "auth", attempts: 1, suggestion: expect.stringContaining("gemini") });
});

test("a failure that opencode explains only in its log has the log's message", async () => {
  await using rig = new Rig();
  const data = { message: "Unexpected server error. Check server logs for details.", ref: "err_1" };
  const line = JSON.stringify({ type: "error", sessionID: "s-1", error: { name: "UnknownError", data } });
  const log = 'level=ERROR message=failed ref=err_1 error="ProviderModelNotFoundError: Model not found: x/y." cause="z"';
  const script = `printf '%s\\n' '${log}' >&2; printf '%s\\n' '${line}'; exit 1`;
  const { result } = await rig.dispatch({
    tasks: [{ task_id: "a", agent: "it", description: "Do it" }],
    config: { agents: { it: { adapter: "opencode", command: ["/bin/sh", "-c", script, "sh"] } } },
  });
  expect(result.results[0]).toMatchObject({
    error_kind: "agent",
    error: "OpenCode: ProviderModelNotFoundError: Model not found: x/y.",
  });
});

test("a task cannot override permissions that are passed in a variable", async () => {
  await using run = await startVendorRun(
    "opencode",
    { env: { OPENCODE_PERMISSION: '{"bash":"allow"}' } },
    { permissions: "read-only" },
  );
  const agent = await run.next();
  expect(JSON.parse(agent.env["OPENCODE_PERMISSION"] ?? "")).toMatchObject({ bash: "deny", edit: "deny" });
  agent.exit(1);
  await run.row();
});

test("the first start of a program that creates a database runs alone until its first output", async () => {
  const rig = new Rig();
  await using _ = rig;
  const fake = (await rig.fake()).map((word) => `'${word}'`).join(" ");
  const database = ".local/share/opencode/opencode.db";
  const script = `test -e "$HOME/${database}" && echo after >> starts || echo first >> starts; exec ${fake}`;
  const task = { agent: "it", description: "Do it" };
  const running = rig.dispatch(
    {
      tasks: [1, 2, 3].map((n) => ({ task_id: `t${n}`, ...task })),
      config: { agents: { it: { adapter: "opencode", command: ["/bin/sh", "-c", script, "sh"] } } },
    },
    [],
    { env: { HOME: rig.folder, XDG_DATA_HOME: undefined } },
  );
  const first = await rig.nextInvocation();
  await until(() => rig.journal().filter(({ type }) => type === "attempt.started").length === 3);
  rig.write(database, "");
  const { session } = vendor_streams.opencode;
  const lines = [session("s-1"), ...successLines(vendor_streams.opencode)].map((line) => `${JSON.stringify(line)}\n`);
  first.print(lines[0] ?? "");
  const others = [await rig.nextInvocation(), await rig.nextInvocation()];
  first.print(lines.slice(1).join(""));
  for (const other of others) other.print(lines.join(""));
  for (const one of [first, ...others]) one.exit(0);
  expect((await running).result.status).toBe("success");
  expect(rig.read("starts")).toBe("first\nafter\nafter\n");
});

test("a tool's input that is nested too deeply is left out, and the turn continues", async () => {
  await using run = await startVendorRun("gemini");
  const agent = await run.next();
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  const { session } = vendor_streams.gemini;
  agent.printLines(session("s-1"), `{"type":"tool_use","tool_name":"look","tool_id":"l","parameters":${deep}}`);
  agent.printLines(...successLines(vendor_streams.gemini));
  agent.exit(0);
  expect(await run.row()).toMatchObject({ status: "success", output: "done" });
  const tools = run.rig.journal().filter(({ type }) => type === "agent.tool");
  expect(tools).toEqual([expect.objectContaining({ tool: "look" })]);
});

test("output that is nested too deeply does not fit any schema", async () => {
  await using run = await startVendorRun("codex", { output_schema: { type: "array" } });
  const agent = await run.next();
  agent.printLines(
    vendor_streams.codex.session("s-1"),
    ...successLines(vendor_streams.codex, "[".repeat(50_000) + "]".repeat(50_000)),
  );
  agent.exit(0);
  expect(await run.row()).toMatchObject({ status: "error", error_kind: "invalid_output" });
});

test("a tool call that the system refused does not fail the task", async () => {
  await using run = await startVendorRun("opencode");
  const agent = await run.next();
  const state = { status: "error", error: "EACCES: permission denied, open '/etc/shadow'" };
  agent.printLines(
    { type: "tool_use", sessionID: "s-1", part: { tool: "read", state } },
    ...successLines(vendor_streams.opencode),
  );
  agent.exit(0);
  expect(await run.row()).toMatchObject({ status: "success" });
});

describe("claude", () => {
  test.each([
    ["error_max_budget_usd", "budget"],
    ["error_max_structured_output_retries", "invalid_output"],
    ["error_max_turns", "agent"],
  ])("ending with %s is an error of kind %s", async (subtype, error_kind) => {
    await using run = await startVendorRun("claude");
    const agent = await run.next();
    agent.printLines(vendor_streams.claude.session("s-1"), {
      type: "result",
      subtype,
      is_error: true,
      num_turns: 3,
      errors: ["No more."],
    });
    agent.exit(1);
    expect(await run.row()).toMatchObject({ status: "error", error_kind, error: "Claude Code: No more.", turns: 3 });
  });
});

test("a resumed run keeps the amount that it had spent", async () => {
  await using run = await startVendorRun("claude", { budget_usd: 0.3, verify: ["false"] });
  const agent = await run.next();
  agent.printLines(vendor_streams.claude.session("s-1"), ...successLines(vendor_streams.claude));
  agent.exit(0);
  // It cost $0.25.
  expect(await run.row()).toMatchObject({ status: "error", error_kind: "verify" });
  const resumed = run.rig.start(["resume"]);
  const again = await run.next();
  expect(again.argv).toMatch(/--max-budget-usd 0\.0?[45]/);
  again.printLines(vendor_streams.claude.session("s-1"), ...successLines(vendor_streams.claude));
  again.exit(0);
  await resumed.ended;
  const third = await run.rig.run(["resume"]);
  expect((JSON.parse(third.stdout) as RunResult).results[0]).toMatchObject({ status: "skipped", error_kind: "budget" });
});

test("an agent sees its own variables and those of the task, but no other vendor's keys", async () => {
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
    [{ agent: "claude" }, {}, "the agent claude needs a prompt"],
    [{ agent: "x", description: "Do it" }, { x: { adapter: "claud" } }, 'Did you mean "claude"?'],
    [
      { agent: "x", description: "Do it" },
      { x: { adapter: "claude", permision: "full" } },
      'unknown key "permision" in config.agents.x. Did you mean "permissions"?',
    ],
    [{ agent: "x", description: "Do it" }, { x: { adapter: "claude", permissions: "ful" } }, 'Did you mean "full"?'],
    [{ agent: "claud", description: "Do it" }, {}, 'Did you mean "claude"?'],
    [
      { agent: "x", description: "Do it" },
      { x: { adapter: "claude", env: { ANTHROPIC_API_KEY: `sk-ant-api03-${"aB3".repeat(31)}-${"Z".repeat(6)}AA` } } },
      "environment",
    ],
  ])("%j with %j: %s", async (task, agents, message) => {
    await using rig = new Rig();
    const file = { tasks: [{ task_id: "a", ...task }], config: { agents } };
    const { exit_code, stderr, stdout } = await rig.run(["run"], { input: file, env: { PATH: rig.folder } });
    expect(stderr).toContain(message);
    expect(exit_code).toBe(2);
    expect(stdout).toBe("");
  });
});
