/** Messages for users who set up agents: mistakes in the configuration, missing programs, flags without effect. */
import { chmodSync } from "node:fs";
import { expect, test } from "vitest";
import { expectLines, refused } from "../support/refused.ts";
import { Rig } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

const taskFor = (agent: string, more: object = {}) => ({ task_id: "a", agent, description: "Look", ...more });

test.each([
  [{}, "config.agents.mine.adapter is missing. Use one of claude, codex, gemini, opencode, acp, api."],
  [{ adapter: "cloude" }, 'config.agents.mine.adapter must be one of claude, codex, gemini, opencode, acp, api, not "cloude".'],
  [{ adapter: "claude", modle: "m" }, 'unknown key "modle" in config.agents.mine. Did you mean "model"?'],
  [
    { adapter: "acp", command: "opencode  acp" },
    'config.agents.mine.command must be a list, not "opencode  acp". Write ["opencode", "acp"].',
  ],
  [
    { adapter: "api", provider: "anthropic", model: "m", permissions: "edit" },
    "config.agents.mine.permissions is not an option of the api adapter. Remove it; api accepts adapter, model, price,",
  ],
  ["codex", 'config.agents.mine must be an object, not "codex". Write {"adapter": "codex"}.'],
])("an agent configured as %j is one problem, and not also an unknown agent", async (mine, expected) => {
  await using rig = new Rig();
  const input = { config: { agents: { mine } }, tasks: [taskFor("mine")] };
  expectLines(await refused(rig, ["run"], { input }), [expected]);
  rig.write("dispatch.config.json", { agents: { mine } });
  expectLines(await refused(rig, ["run"], { input: { tasks: [taskFor("mine")] } }), [
    expected.replace("config.agents", "agents"),
  ]);
});

test("an agent's key in a task is an error that says where it belongs", async () => {
  await using rig = new Rig();
  const lines = await refused(rig, ["run"], { input: { tasks: [taskFor("debug", { model: "opus" })] } });
  expectLines(lines.slice(1), [
    'unknown key "model" in tasks[0]. It is a setting of an agent: define one in config.agents, such as "mine": {"adapter": "claude", "model": …}',
  ]);
});

test("--agent for an agent that no task names gets a warning with the likely name", async () => {
  await using rig = new Rig();
  const claude = rig.write("bin/claude", "#!/bin/sh\n");
  chmodSync(claude, 0o755);
  const input = { tasks: [{ task_id: "a", agent: "command", input_data: { command: "true" } }] };
  const { exit_code, stderr } = await rig.run(["validate", "--agent", "comand=claude"], { input });
  expect({ exit_code, stderr }).toEqual({
    exit_code: 0,
    stderr: "dispatch: --agent comand=claude: no task uses the agent comand. Did you mean command=claude?\n",
  });
  expectLines(await refused(rig, ["run", "--agent", "coder=acp"], { input }), [
    "adapters are claude, codex, gemini, opencode. Configure acp and api agents in config.agents.",
  ]);
});

/** Puts a `claude` on PATH that completes its turn at once and stores its prompt; returns the environment. */
function fakeClaude(rig: Rig, text: string): Record<string, string> {
  const { claude } = vendor_streams;
  const lines = [claude.session("s-1"), claude.message(text), claude.completed(text)].map((line) => JSON.stringify(line));
  const output = rig.write("turn.ndjson", `${lines.join("\n")}\n`);
  chmodSync(rig.write("bin/claude", `#!/bin/sh\ncat > '${rig.folder}/prompt'; cat '${output}'\n`), 0o755);
  return { PATH: `${rig.folder}/bin:/usr/bin:/bin` };
}

test("a model that replaces a built-in agent takes the same input and gets that agent's brief", async () => {
  await using rig = new Rig();
  const env = fakeClaude(rig, "Written.");
  const input_data = { contract_description: "Effect node that writes users", node_type: "Effect", output_path: "x.py" };
  const { result } = await rig.dispatch(
    { tasks: [{ task_id: "a", agent: "coder", input_data }] },
    ["--agent", "coder=claude"],
    {
      env,
    },
  );
  expect(result.results[0]).toMatchObject({ status: "success", output: "Written." });
  expect(rig.read("prompt")).toMatch(/^Write the Python node that contract_description .*\n\nThe task's input:\n/);
});

test("a run of one agent task prints no advice against using dispatch", async () => {
  await using rig = new Rig();
  const { stderr } = await rig.dispatch({ tasks: [taskFor("claude")] }, [], { env: fakeClaude(rig, "Seen.") });
  expect(stderr).toContain("1 success");
  expect(stderr).not.toContain("note ");
});

test("a task skipped for lack of budget advises how to continue with more", async () => {
  await using rig = new Rig();
  const tasks = ["a", "b"].map((task_id) => ({ ...taskFor("claude"), task_id }));
  const { stderr, exit_code } = await rig.dispatch({ tasks, config: { budget_usd: 0.3, max_workers: 1 } }, [], {
    env: fakeClaude(rig, "Seen."),
  });
  expect(exit_code).toBe(1);
  expect(stderr).toContain("try     Raise budget_usd (for the rest of the run: dispatch resume --budget-usd DOLLARS)");
});

test("a dry run reports which agents would spend money, and how much at most", async () => {
  await using rig = new Rig();
  const env = fakeClaude(rig, "Seen.");
  const tasks = ["a", "b"].map((task_id) => ({ ...taskFor("claude"), task_id, budget_usd: 0.5 }));
  const dry = async (more: object, args: string[] = []): Promise<string> =>
    (
      await rig.run(["run", "--dry-run", ...args], {
        input: { tasks: [...tasks, { ...taskFor("claude"), task_id: "c", ...more }] },
        env,
      })
    ).stdout;
  expect(await dry({ budget_usd: 1 })).toMatch(/\nCosts money: 3 tasks with claude; at most \$2\.00\.\n$/);
  expect(await dry({})).toContain("; no budget_usd is set.\n");
  expect(await dry({}, ["--budget-usd", "1.5"])).toContain("; at most $1.50.\n");
});

test("agents and init explain how to sign in, even on a narrow terminal", async () => {
  await using rig = new Rig();
  const env = { ...fakeClaude(rig, ""), HOME: rig.folder, ANTHROPIC_API_KEY: "" };
  chmodSync(rig.write("bin/claude", "#!/bin/sh\necho 2.1.330 '(Claude Code)'\n"), 0o755);
  const how = "Run `claude` once and sign in, or set ANTHROPIC_API_KEY.";
  const { stdout } = await rig.run(["agents"], { env });
  expect(stdout).toMatch(/^claude +claude +installed \(2\.1\.330\), no credentials found +Runs/m);
  expect(stdout).toContain(
    `\nTo set up the other agents\n  claude: ${how}\n  codex: codex was not found; install it: npm install`,
  );
  expect((await rig.run(["init"], { env })).stderr).toContain(`claude: no credentials found. ${how}\n`);
  expect(rig.read("dispatch.config.json")).toContain(`// no credentials found: ${how}\n    "claude"`);
});
