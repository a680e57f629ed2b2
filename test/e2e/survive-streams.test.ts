/** stdout and stderr that are closed, full, slow, or the same file. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { expectNoMess } from "../support/aftermath.ts";
import { no_python } from "../support/python.ts";
import { bin, Rig, task } from "../support/rig.ts";

/** Runs a shell command line in which `$DISPATCH` is the command. */
async function shell(rig: Rig, line: string): Promise<{ exit_code: number | null; stdout: string; stderr: string }> {
  const { DISPATCH_TOKEN: _, ...env } = process.env;
  const child = spawn("/bin/sh", ["-c", line], {
    cwd: rig.folder,
    env: { ...env, NO_COLOR: "1", RIG: rig.folder, DISPATCH: `${process.execPath} ${bin}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [exit_code] = await once(child, "close");
  return { exit_code, stdout, stderr };
}

/** Writes a task file with a success, a failure and a process left behind, so that dispatch prints warnings. */
function writeTasks(rig: Rig): void {
  rig.write("hold", "");
  rig.write("tasks.json", {
    tasks: [task("good", `tail -f '${rig.folder}/hold' & echo '{"ok": true}'`), task("bad", "echo no >&2; exit 3")],
  });
}

const resultIn = (rig: Rig): RunResult => JSON.parse(rig.read(`traces/${rig.runs()[0]}/result.json`)) as RunResult;

describe.concurrent("streams", () => {
  test("a reader that leaves after the first line changes nothing", async () => {
    await using rig = new Rig();
    // More than a pipe holds, so that a write fails after the reader has left.
    rig.write("tasks.json", { tasks: Array.from({ length: 400 }, (_, i) => task(`t${i}`, ["true"])) });
    const { stdout, stderr } = await shell(rig, "($DISPATCH run tasks.json; echo $? > code) | head -1");
    expect(stdout).toBe("{\n");
    expect(stderr).not.toMatch(/EPIPE|at /);
    expect(rig.read("code")).toBe("0\n");
    expect(resultIn(rig).summary.successful).toBe(400);
    await expectNoMess(rig);
  });

  test("a full pipe that another process made non-blocking receives all output", async ({ skip }) => {
    if (no_python !== undefined) skip(no_python);
    await using rig = new Rig();
    rig.write("tasks.json", { tasks: Array.from({ length: 20_000 }, (_, i) => task(`t${i}`, ["true"])) });
    const line =
      "(python3 -c 'import os; os.set_blocking(1, False)'; $DISPATCH graph tasks.json --format json; echo $? > code) | cat";
    const { stdout, stderr } = await shell(rig, line);
    expect(stderr).toBe("");
    expect(rig.read("code")).toBe("0\n");
    expect(stdout.length).toBeGreaterThan(1024 * 1024);
    expect(() => JSON.parse(stdout)).not.toThrow();
  });

  test.for([
    ["stdout", "$DISPATCH run tasks.json >&-"],
    ["stderr", "$DISPATCH run tasks.json 2>&-"],
    ["stdin, stdout and stderr", "$DISPATCH run tasks.json <&- >&- 2>&-"],
  ])("a closed %s changes nothing", async ([, line = ""]) => {
    await using rig = new Rig();
    writeTasks(rig);
    expect((await shell(rig, line)).exit_code).toBe(1);
    expect(resultIn(rig).results.map((row) => row.status)).toEqual(["success", "error"]);
    await expectNoMess(rig);
  });

  test("stdout and stderr in one file contain only the result", async () => {
    await using rig = new Rig();
    writeTasks(rig);
    await shell(rig, "$DISPATCH run tasks.json > results.json 2>&1");
    expect((JSON.parse(rig.read("results.json")) as RunResult).status).toBe("partial");
    await expectNoMess(rig);
  });

  test("stdout and stderr in one pipe contain only the result", async () => {
    await using rig = new Rig();
    writeTasks(rig);
    const { stdout } = await shell(rig, "$DISPATCH run tasks.json 2>&1 | cat");
    expect((JSON.parse(stdout) as RunResult).status).toBe("partial");
    await expectNoMess(rig);
  });

  test("a reader of stderr that leaves changes nothing", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    rig.write("tasks.json", { tasks: [task("one", command), task("two", "exit 3", { dependencies: ["one"] })] });
    const started = rig.start(["run", "tasks.json", "--progress", "plain"]);
    const one = await rig.nextInvocation();
    started.child.stderr?.destroy();
    one.exit(0);
    const { exit_code, stdout } = await started.ended;
    expect(exit_code).toBe(1);
    expect((JSON.parse(stdout) as RunResult).status).toBe("partial");
    await expectNoMess(rig);
  });

  test("stdout on a full disk is an error", async () => {
    await using rig = new Rig();
    rig.write("tasks.json", { tasks: [task("good", "true")] });
    const { exit_code, stderr } = await shell(rig, "$DISPATCH run tasks.json > /dev/full");
    expect(exit_code).toBe(1);
    expect(stderr).toMatch(/dispatch: .*stdout.*ENOSPC/i);
    expect(resultIn(rig).status).toBe("success");
    await expectNoMess(rig);
  });
});
