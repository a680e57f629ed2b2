import { chmodSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Rig } from "../support/rig.ts";

test("route prints the agent and the scores; its exit code says whether there is one", async () => {
  await using rig = new Rig();
  const one = await rig.run(["route", "investigate", "the error"]);
  expect([one.exit_code, one.stdout.split("\n")[0]]).toEqual([0, "debug"]);
  expect(one.stdout).toContain("investigate, error");
  const tie = await rig.run(["route", "create a bug"]);
  expect([tie.exit_code, tie.stdout.split("\n")[0]]).toEqual([
    1,
    "A tie between coder and debug. Name one of them in the task.",
  ]);
  const code = await rig.run(["route", "run npm test"]);
  expect([code.exit_code, code.stdout.split("\n")[0]]).toEqual([0, "command"]);
  expect(code.stdout).toContain('"agent": "auto" never chooses command, because it executes its input.');
  const json = JSON.parse((await rig.run(["route", "--json", "nothing of the kind"])).stdout);
  expect(json).toMatchObject({ agent: null, tie: [], scores: expect.any(Array) });
});

test("a task with agent auto runs on the matching agent; a tie or no match is an error that lists the words", async () => {
  await using rig = new Rig();
  const input_data = { problem_description: "it is slow" };
  const { result } = await rig.dispatch({ tasks: [{ task_id: "a", agent: "auto", description: "Investigate", input_data }] });
  expect(result.results[0]).toMatchObject({ agent: "debug", status: "success" });
  for (const [description, message] of [
    ["create a bug", 'agent "auto" is a tie between coder and debug (coder: create; debug: bug). Name one of them.'],
    ["hello", 'agent "auto" finds no agent'],
  ]) {
    const { exit_code, stderr } = await rig.run(["validate"], {
      input: { tasks: [{ task_id: "a", agent: "auto", description }] },
    });
    expect(stderr).toContain(message);
    expect(exit_code).toBe(2);
  }
});

test("init writes a valid configuration for the installed programs and replaces no file", async () => {
  await using rig = new Rig();
  mkdirSync(join(rig.folder, "bin"));
  const claude = rig.write("bin/claude", "#!/bin/sh\necho 2.1.330 '(Claude Code)'\n");
  chmodSync(claude, 0o755);
  const env = { PATH: `${rig.folder}/bin:/usr/bin:/bin`, HOME: rig.folder };
  const first = await rig.run(["init"], { env });
  expect(first.exit_code).toBe(0);
  const config = rig.read("dispatch.config.json");
  expect(config).toContain("claude 2.1.330 is installed; tasks that use it cost money");
  expect(config).toContain("// codex: codex was not found; install it: npm install -g @openai/codex");
  // The configuration is read: the example uses its agents.
  const checked = await rig.run(["validate", "dispatch.example.json"], { env });
  expect(checked.stdout).toContain("2 tasks, no problems found.");
  const agents = JSON.parse((await rig.run(["agents", "--json"], { env })).stdout);
  expect(agents.find(({ name }: { name: string }) => name === "claude")).toMatchObject({
    ready: true,
    version: "2.1.330",
    signed_in: null,
    sign_in: expect.stringContaining("ANTHROPIC_API_KEY"),
  });
  const again = await rig.run(["init"], { env });
  expect(again.exit_code).toBe(2);
  expect(again.stderr).toContain("dispatch.config.json already exists. Use --force to replace it");
  const signed = await rig.run(["agents"], { env: { ...env, ANTHROPIC_API_KEY: "k" } });
  expect(signed.stdout.replaceAll(/\s+/g, " ")).toContain("ready (2.1.330, credentials from");
});

test("init without any installed program writes an example that costs nothing", async () => {
  await using rig = new Rig();
  const env = { PATH: "/usr/bin:/bin" };
  expect((await rig.run(["init", "--print"], { env })).stdout).toContain('// "claude": { "adapter": "claude"');
  expect(existsSync(join(rig.folder, "dispatch.config.json"))).toBe(false);
  await rig.run(["init"], { env });
  const { exit_code } = await rig.run(["run", "dispatch.example.json"], { env });
  expect(exit_code).toBe(0);
});
