import { existsSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Rig, root, until } from "../support/rig.ts";

const command = [process.execPath, join(root, "test/support/acp-agent.mjs")];

const act = (steps: readonly object[]): string => `Do it. ACT[[${Buffer.from(JSON.stringify(steps)).toString("base64")}]]`;

/** Runs one task on an agent that speaks the protocol and runs these steps. */
async function runTask(steps: readonly object[], config: object = {}, task: object = {}, prepare?: (rig: Rig) => void) {
  const rig = new Rig();
  prepare?.(rig);
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: act(steps), ...task }],
    config: { agents: { it: { adapter: "acp", command, ...config } } },
  };
  const { result } = await rig.dispatch(file, [], { env: { HOME: rig.folder } });
  const [row] = result.results;
  const permissions = rig.journal().filter((event) => event.type === "agent.permission");
  return { rig, row, permissions, left: rig.leftovers(), [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
}

test("a turn that the agent ends is a success, with its message, usage and changed files", async () => {
  await using run = await runTask([
    { say: "Looking." },
    { update: { sessionUpdate: "tool_call", toolCallId: "t", title: "Edit", kind: "edit", locations: [{ path: "/w/a" }] } },
    { update: { sessionUpdate: "tool_call_update", toolCallId: "t", status: "completed" } },
    { raw: "no JSON" },
    { raw: '{"jsonrpc":"2.0","method":"session/update","params":{"update":{"sessionUpdate":"unheard_of"}}}' },
    { say: "Don" },
    { say: "e." },
  ]);
  expect(run.row).toMatchObject({
    status: "success",
    output: "Done.",
    session_id: "acp-1",
    files_changed: ["/w/a"],
    usage: { input_tokens: 140, cached_input_tokens: 40, output_tokens: 20 },
    turns: 2,
  });
  expect(run.left).toEqual([]);
  // Its raw output stays in the log.
  expect(run.rig.read(run.row?.log_files[0]?.replace(run.rig.folder, "") ?? "")).toContain("no JSON");
});

test.each([
  ["edit", "edit", "a.txt", "once", true],
  ["edit", "edit", "/etc/passwd", "no", false],
  ["edit", "execute", "a.txt", "no", false],
  ["edit", "switch_mode", "a.txt", "no", false],
  ["read-only", "edit", "a.txt", "no", false],
  ["read-only", "read", "a.txt", "once", true],
  ["full", "execute", "/etc/passwd", "once", true],
])(
  "with permissions %s, a request to %s %s gets the answer %s and is recorded",
  async (permissions, kind, path, answer, granted) => {
    await using run = await runTask([{ asks: { kind, locations: [{ path }] } }], { permissions });
    expect(run.permissions).toEqual([expect.objectContaining({ granted, wanted: 'do "Change a file"' })]);
    const messages = run.rig.journal().flatMap((event) => (event.type === "agent.message" ? event.text : []));
    expect(messages).toContain(`answer: ${answer}`);
    // The agent needed what was refused, so its turn cannot count as a success.
    expect(run.row).toMatchObject(granted ? { status: "success" } : { status: "error", error_kind: "agent" });
  },
);

test("files are read and written inside the workspace", async () => {
  await using run = await runTask(
    [
      { calls: ["fs/write_text_file", { path: "sub/made.txt", content: "one\ntwo\nthree\n" }] },
      { calls: ["fs/read_text_file", { path: "sub/made.txt", line: 2, limit: 1 }] },
    ],
    {},
  );
  expect(run.rig.read("sub/made.txt")).toBe("one\ntwo\nthree\n");
  expect(run.row).toMatchObject({ status: "success", output: 'fs/read_text_file: {"content":"two"}' });
  expect(run.row?.files_changed).toEqual(["sub/made.txt"]);
});

test("a link does not lead out of the workspace", async () => {
  await using run = await runTask(
    [{ calls: ["fs/write_text_file", { path: "out/x", content: "x" }] }],
    {},
    { cwd: "in" },
    (rig) => {
      rig.write("in/.keep", "");
      rig.write("dispatch.config.json", "{}");
      symlinkSync(tmpdir(), join(rig.folder, "in/out"));
    },
  );
  expect(run.row).toMatchObject({ status: "error", error: expect.stringContaining("was not allowed") });
  expect(existsSync(join(tmpdir(), "x"))).toBe(false);
});

test("only permissions full allow a terminal, and its processes end with the attempt", async () => {
  await using run = await runTask([{ runs: "sleep 1000 & echo hello; exit 3" }], { permissions: "full" });
  expect(run.row).toMatchObject({ status: "success", output: 'ran: [3,"hello\\n"]' });
  expect(run.left).toEqual([]);
  await using other = await runTask([{ calls: ["terminal/create", { command: "touch made" }] }]);
  expect(other.row).toMatchObject({ status: "error", error_kind: "agent" });
  expect(other.rig.exists("made")).toBe(false);
});

test.each([
  [{ fails: { code: -32000, message: "Authentication required" } }, "auth", "Authentication required"],
  [{ fails: { code: -32603, message: "Internal error", data: { details: "429 Too Many Requests" } } }, "rate_limited", "429"],
  [{ fails: { code: -32603, message: "Internal error" } }, "agent", "Internal error"],
  [{ stops: "refusal" }, "agent", "refused"],
  [{ stops: "max_tokens" }, "agent", "reached its output limit"],
  [{ exit: 3 }, "agent", "exited with 3"],
  [{ exit: 0 }, "agent", "did not report a completed turn"],
])("%j is %s", async (step, error_kind, error) => {
  const steps = [{ say: "Hm." }, step];
  const rig = new Rig();
  await using _ = rig;
  const file = {
    tasks: [{ task_id: "a", agent: "it", description: act(steps) }],
    config: { agents: { it: { adapter: "acp", command } } },
  };
  const started = rig.start(["run"], { input: file, env: { HOME: rig.folder } });
  const finished = () => rig.runs().length > 0 && rig.journal().find(({ type }) => type === "attempt.finished");
  await until(() => finished() !== undefined && finished() !== false);
  expect(finished()).toMatchObject({ status: "error", error_kind, error: expect.stringContaining(error) });
  started.child.kill("SIGINT");
  await started.ended;
});

test("a stop ends the agent and its process tree", async () => {
  await using run = await runTask([{ say: "Waiting." }, { hangs: true }], {}, { timeout_seconds: 2 });
  expect(run.row).toMatchObject({ status: "error", error_kind: "timeout" });
  expect(run.left).toEqual([]);
});

test.each([
  ["loads its session", {}, "is not complete yet"],
  ["gets the history in its prompt if the agent cannot load a session", { env: { NO_LOAD: "1" } }, "ACT"],
])("a retry %s", async (_, config, text) => {
  const check = "test -e proof || { touch proof; echo no proof here; false; }";
  await using run = await runTask([{ say: "Done." }], config, { retries: 1, verify: [check] });
  expect(run.row).toMatchObject({ status: "success", attempts: 2 });
  const prompt = run.rig.read(`traces/latest/io/a@2.prompt.md`);
  expect(prompt).toContain("no proof here");
  expect(prompt).toContain(text);
});

test("an acp agent without a command is rejected before the run", async () => {
  await using rig = new Rig();
  const file = { tasks: [{ task_id: "a", agent: "it", description: "x" }], config: { agents: { it: { adapter: "acp" } } } };
  const { exit_code, stderr } = await rig.run(["run"], { input: file });
  expect(stderr).toContain("is missing; the acp adapter requires it");
  expect(exit_code).toBe(2);
});
