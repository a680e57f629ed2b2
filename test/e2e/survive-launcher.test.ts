/** With a Node that is too old, bin/dispatch.js starts the pinned one; the behaviour must be the same. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { expectNoMess } from "../support/aftermath.ts";
import { childrenOf, isLive, Rig, task, until } from "../support/rig.ts";

/** Returns a Node on this machine that is older than dispatch needs. */
function findOldNode(): string | undefined {
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/bin", "/usr/local/bin"];
  return folders
    .filter((folder) => !folder.includes("node_modules"))
    .map((folder) => join(folder, "node"))
    .filter((file) => existsSync(file))
    .find((file) => {
      const [major = 0, minor = 0] = execFileSync(file, ["-p", "process.versions.node"], { encoding: "utf8" })
        .split(".")
        .map(Number);
      return major < 22 || (major === 22 && minor < 18);
    });
}

const old_node = findOldNode();
if (old_node === undefined) process.stderr.write("survive-launcher: found no Node older than 22.18; tests are skipped.\n");
const node = old_node ?? "";

/** Resolves to the id of the dispatch process that a launcher has started. */
async function launchedDispatch(launcher: number): Promise<number> {
  await until(() => childrenOf(launcher, "dispatch.js").length === 1);
  return childrenOf(launcher, "dispatch.js")[0] ?? 0;
}

describe.skipIf(old_node === undefined).concurrent("under an old Node", () => {
  test("exit codes, input and output are those of dispatch", async () => {
    await using rig = new Rig();
    const { result, exit_code } = await rig.dispatch({ tasks: [task("one", "echo 1"), task("two", "exit 3")] }, [], { node });
    expect(exit_code).toBe(1);
    expect(result.results.map((row) => row.output)).toEqual([1, null]);
    expect((await rig.run(["run", "missing.json"], { node })).exit_code).toBe(2);
    expect((await rig.run(["--version"], { node })).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    await expectNoMess(rig);
  });

  test.for([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)("%s is forwarded to dispatch", async ([signal, exit_code]) => {
    await using rig = new Rig();
    const started = rig.start(["run"], { input: { tasks: [task("one", await rig.fake())] }, node });
    await rig.nextInvocation();
    started.child.kill(signal);
    const ended = await started.ended;
    expect([ended.exit_code, ended.signal]).toEqual([exit_code, null]);
    expect((JSON.parse(ended.stdout) as RunResult).results[0]?.status).toBe("cancelled");
    await expectNoMess(rig);
  });

  test("a terminal's Ctrl-C, which both receive, counts once", async () => {
    await using rig = new Rig();
    const started = rig.start(["run"], {
      input: { tasks: [task("deaf", await rig.fake({ ignores: ["SIGTERM"] }))] },
      node,
      own_group: true,
    });
    const deaf = await rig.nextInvocation();
    process.kill(-started.pid, "SIGINT");
    await deaf.signalled("SIGTERM");
    deaf.exit(0);
    const { exit_code, stderr } = await started.ended;
    expect(exit_code).toBe(130);
    expect(stderr).toContain("stopping");
    expect(stderr).not.toContain("Killing");
    await expectNoMess(rig);
  });

  test.for(["SIGKILL", "SIGSEGV", "SIGTERM"] as const)(
    "the launcher dies of the same signal as dispatch: %s",
    async (signal) => {
      await using rig = new Rig();
      const started = rig.start(["run"], { keep_stdin: true, node });
      // dispatch does not handle signals yet: it waits for its task file.
      started.child.stdin?.write(" ".repeat(200_000));
      const inside = await launchedDispatch(started.pid);
      await until(() => started.child.stdin?.writableLength === 0);
      process.kill(inside, signal);
      const ended = await started.ended;
      expect([ended.exit_code, ended.signal]).toEqual([null, signal]);
      await expectNoMess(rig);
    },
  );

  test("SIGKILL of the launcher leaves neither dispatch nor its children", async () => {
    await using rig = new Rig();
    const file = rig.write("hold", "");
    const session = `setsid sh -c 'echo here > ${rig.folder}/session; exec tail -f ${file}' & wait`;
    const started = rig.start(["run"], { input: { tasks: [task("one", await rig.fake()), task("two", session)] }, node });
    await rig.nextInvocation();
    await rig.waitForFile("session");
    const inside = await launchedDispatch(started.pid);
    const [watcher = 0] = childrenOf(inside, "dispatch-watcher");
    started.child.kill("SIGKILL");
    await started.ended;
    await until(() => !isLive(inside) && !isLive(watcher));
    await expectNoMess(rig, { killed: true });
  });

  test("a command inherits neither the launcher's variable nor its descriptor", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({ tasks: [task("one", 'ls /proc/$$/fd; echo "$DISPATCH_LAUNCHER"')] }, [], { node });
    const { stdout } = (result.results[0]?.output ?? { stdout: "" }) as { stdout: string };
    expect(
      stdout
        .trim()
        .split("\n")
        .filter((fd) => Number(fd) < 10),
    ).toEqual(["0", "1", "2"]);
    await expectNoMess(rig);
  });
});
