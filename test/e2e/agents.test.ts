import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";
import { bin, Rig } from "../support/rig.ts";
import { no_terminal } from "../support/terminal.ts";

test("dispatch agents lists every agent with its adapter and state", async () => {
  await using rig = new Rig();
  const { stdout, exit_code } = await rig.run(["agents"]);
  expect(exit_code).toBe(0);
  expect(stdout).toMatch(/^agent +adapter +state +description\n/);
  expect(stdout).toMatch(/^command +command +ready \(v\d+\.\d+\.\d+\) +Runs a shell script/m);
  expect(JSON.parse((await rig.run(["agents", "--json"])).stdout)).toContainEqual(
    expect.objectContaining({ name: "command", adapter: "command", ready: true, why_not: null }),
  );
});

test("dispatch agents NAME shows the fields of its input", async () => {
  await using rig = new Rig();
  const { stdout } = await rig.run(["agents", "command"]);
  expect(stdout).toMatch(/^command +string or list of string +yes +a script for \/bin\/sh/m);
  expect(stdout).toMatch(/^env +object of string +no +added/m);
  const about = JSON.parse((await rig.run(["agents", "command", "--json"])).stdout) as { input: object[] };
  expect(about.input).toContainEqual({
    name: "stdin",
    type: "string",
    required: false,
    description: "text for the command's standard input; empty by default",
  });
});

test("an unknown agent is an error with a suggestion", async () => {
  await using rig = new Rig();
  const ended = await rig.run(["agents", "comand"]);
  expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
  expect(ended.stderr).toBe('dispatch: Unknown agent "comand". Did you mean "command"?\n');
});

test("prints colours only to a terminal or on request", async () => {
  await using rig = new Rig();
  expect((await rig.run(["agents"], { env: { NO_COLOR: undefined, FORCE_COLOR: "1" } })).stdout).toContain("\u001b[");
  expect((await rig.run(["agents"], { env: { NO_COLOR: undefined } })).stdout).not.toContain("\u001b[");
  if (no_terminal !== undefined) return;
  const painted = (env: Record<string, string>): string => {
    const command = `${process.execPath} ${bin} agents`;
    const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(CI$|FORCE_COLOR|NO_COLOR)/.test(name)));
    return execFileSync("script", ["-qec", command, "/dev/null"], {
      env: { ...kept, TERM: "xterm-256color", ...env },
      cwd: rig.folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
  };
  expect(painted({})).toContain("\u001b[");
  expect(painted({ NO_COLOR: "1" })).not.toContain("\u001b[");
});
