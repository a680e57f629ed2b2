import { expect, test } from "vitest";
import { Rig } from "../support/rig.ts";

test("dispatch agents lists every agent, its adapter and whether it is ready", async () => {
  await using rig = new Rig();
  const { stdout, exit_code } = await rig.run(["agents"]);
  expect(exit_code).toBe(0);
  expect(stdout).toMatch(/^AGENT +ADAPTER +STATE +WHAT IT DOES\n/);
  expect(stdout).toMatch(/^command +command +ready \(v\d+\.\d+\.\d+\) +Runs a shell script/m);
  expect(JSON.parse((await rig.run(["agents", "--json"])).stdout)).toContainEqual(
    expect.objectContaining({ name: "command", adapter: "command", ready: true, why_not: null }),
  );
});

test("dispatch agents NAME shows what its input takes", async () => {
  await using rig = new Rig();
  const { stdout } = await rig.run(["agents", "command"]);
  expect(stdout).toMatch(/^ {2}command +string or list of string +required +a script for \/bin\/sh/m);
  expect(stdout).toMatch(/^ {2}env +object of string +optional/m);
  const about = JSON.parse((await rig.run(["agents", "command", "--json"])).stdout) as { input: object[] };
  expect(about.input).toContainEqual({
    name: "stdin",
    type: "string",
    required: false,
    description: "what the command reads; empty without it",
  });
});

test("an agent that is not there is a mistake with a hint", async () => {
  await using rig = new Rig();
  const ended = await rig.run(["agents", "comand"]);
  expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
  expect(ended.stderr).toBe('dispatch: There is no agent "comand". Did you mean "command"?\n');
});

test("colours are for a terminal that wants them", async () => {
  await using rig = new Rig();
  const wanted = { NO_COLOR: undefined, FORCE_COLOR: "1" };
  expect((await rig.run(["agents"], { env: wanted })).stdout).toContain("\u001b[");
  expect((await rig.run(["agents"], { env: { ...wanted, NO_COLOR: "1" } })).stdout).not.toContain("\u001b[");
  expect((await rig.run(["agents"], { env: { NO_COLOR: undefined } })).stdout).not.toContain("\u001b[");
});
