/** Trace directories that are full, read-only, impossible or removed. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { expectNoMess } from "../support/aftermath.ts";
import { Rig, task } from "../support/rig.ts";

/** Mounts a small file system below the rig's folder for the duration of a test. Needs root, as in CI. */
function mount(rig: Rig, path: string, options: string): Disposable {
  const folder = join(rig.folder, path);
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", folder], { stdio: "ignore" });
  return { [Symbol.dispose]: () => void execFileSync("umount", ["-l", folder]) };
}

function canMount(): boolean {
  const rig = new Rig();
  try {
    mount(rig, "disk", "size=64k")[Symbol.dispose]();
    return true;
  } catch {
    return false;
  } finally {
    rmSync(rig.folder, { recursive: true });
  }
}

const mounts = canMount();
if (!mounts) process.stderr.write("survive-disk: cannot mount tmpfs; tests on full and read-only disks are skipped.\n");

/** Waits until two fake commands run, and makes this task's one exit. */
async function exitGate(rig: Rig, task_id: string): Promise<void> {
  const invocations = [await rig.nextInvocation(), await rig.nextInvocation()];
  invocations.find((one) => one.task_id === task_id)?.exit(0);
}

/** Expects every success in the result to be in the journal. */
function expectNoLie(rig: Rig, result: RunResult, trace_dir = "traces"): void {
  const journaled = rig
    .journal(trace_dir)
    .filter((event) => event.type === "task.finished" && event.outcome.status === "success")
    .map((event) => (event.type === "task.finished" ? event.task_id : ""));
  for (const row of result.results) if (row.status === "success") expect(journaled).toContain(row.task_id);
}

describe.concurrent("with a trace directory that cannot be written, nothing runs and no file is left", () => {
  test("below a file", async () => {
    await using rig = new Rig();
    rig.write("file", "");
    const input = { tasks: [task("one", `: > '${rig.folder}/ran'`)] };
    const { exit_code, stdout, stderr } = await rig.run(["run", "--trace-dir", "file/traces"], { input });
    expect([exit_code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(
      /^(--trace-dir|dispatch): The trace directory .*file\/traces cannot be written: .*file is not a folder.*--trace-dir/,
    );
    expect(readdirSync(rig.folder)).toEqual(["file"]);
    await expectNoMess(rig);
  });

  test.runIf(process.platform === "linux")("where the system does not create folders", async () => {
    await using rig = new Rig();
    const { exit_code, stdout, stderr } = await rig.run(["run", "--trace-dir", "/proc/none/traces"], {
      input: { tasks: [task("one", "true")] },
    });
    expect([exit_code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/The trace directory \/proc\/none\/traces cannot be written: ENOENT/);
    await expectNoMess(rig);
  });

  test("with a file size limit below the size of the task file", async () => {
    await using rig = new Rig();
    // The journal's first line would fit; a truncated task file must not count as complete.
    const { exit_code, stdout, stderr } = await rig.run(["run"], {
      input: { tasks: [task("one", `: > '${rig.folder}/ran'`, { input_data: { stdin: "x".repeat(50_000) } })] },
      before: ["/bin/sh", "-c", 'ulimit -f 16; exec "$@"', "sh"],
    });
    expect([exit_code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/The trace directory .* cannot be written: EFBIG/);
    expect(readdirSync(rig.folder)).toEqual([]);
    await expectNoMess(rig);
  });

  test.skipIf(!mounts).for([
    ["full", "size=4k", 100],
    ["full after the task file", "size=8k", 5000],
    ["full in the middle of the task file", "size=8k", 50_000],
    ["out of inodes", "size=1m,nr_inodes=4", 100],
    ["read-only", "size=1m,ro", 100],
  ] as const)("on a disk that is %s", async ([what, options, bytes]) => {
    await using rig = new Rig();
    using _ = mount(rig, "disk", options);
    if (what === "full") rig.write("disk/filler", "x".repeat(4096));
    const before = readdirSync(join(rig.folder, "disk"));
    const input = { tasks: [task("one", `: > '${rig.folder}/ran'`, { description: "x".repeat(bytes) })] };
    const { exit_code, stdout, stderr } = await rig.run(["run", "--trace-dir", "disk/traces"], { input });
    expect([exit_code, stdout]).toEqual([2, ""]);
    expect(stderr).toMatch(/^(--trace-dir|dispatch): The trace directory .* cannot be written: (ENOSPC|EROFS).*--trace-dir/);
    expect(readdirSync(join(rig.folder, "disk"))).toEqual(before);
    expect(rig.exists("ran")).toBe(false);
    await expectNoMess(rig);
  });
});

describe.concurrent("when the journal can no longer be written, the run stops and reports only journaled successes", () => {
  test.skipIf(!mounts)("on a disk that fills up", async () => {
    await using rig = new Rig();
    using _ = mount(rig, "disk", "size=256k");
    const command = await rig.fake();
    const fill = task("fill", `head -c 1000000 /dev/zero`, { dependencies: ["before"] });
    const after = Array.from({ length: 100 }, (_, i) =>
      task(`after${i}`, "true", { dependencies: ["fill"], run_when: "all_finished" }),
    );
    const started = rig.start(["run", "-w", "3", "--trace-dir", "disk/traces"], {
      input: { tasks: [task("held", command), task("before", command), fill, ...after] },
    });
    await exitGate(rig, "before");
    const { exit_code, stdout, stderr } = await started.ended;
    const result = JSON.parse(stdout) as RunResult;
    expect(exit_code).toBe(1);
    expect(stderr).toMatch(/its journal cannot be written: ENOSPC/);
    expect(result.results.slice(0, 2)).toMatchObject([
      { status: "cancelled", error_kind: "interrupted" },
      { status: "success", attempts: 1 },
    ]);
    expect(result.results.at(-1)?.status).toBe("cancelled");
    expectNoLie(rig, result, "disk/traces");
    await expectNoMess(rig, { trace_dir: "disk/traces" });
  });

  test("at a file size limit", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const more = Array.from({ length: 100 }, (_, i) => task(`t${i}`, "true", { dependencies: ["gate"] }));
    const tasks = [task("held", command), task("gate", command), ...more];
    const started = rig.start(["run", "-w", "2"], {
      input: { tasks },
      // In blocks of 512 bytes: enough for the first line and some tasks.
      before: ["/bin/sh", "-c", 'ulimit -f 64; exec "$@"', "sh"],
    });
    await exitGate(rig, "gate");
    const { exit_code, stdout, stderr } = await started.ended;
    const result = JSON.parse(stdout) as RunResult;
    expect(exit_code).toBe(1);
    expect(stderr).toMatch(/its journal cannot be written: EFBIG/);
    expect(result.results[0]).toMatchObject({ status: "cancelled", error_kind: "interrupted" });
    expect(result.summary.successful).toBeGreaterThan(0);
    expect(result.summary.cancelled).toBeGreaterThan(1);
    expectNoLie(rig, result);
    await expectNoMess(rig);
  });

  test.for(["removed", "moved"] as const)("in a folder that was %s", async (what) => {
    await using rig = new Rig();
    const command = await rig.fake();
    const started = rig.start(["run", "-w", "2"], {
      input: {
        tasks: [
          task("first", "true"),
          task("one", command, { dependencies: ["first"] }),
          task("two", command, { dependencies: ["first"] }),
          task("next", command, { dependencies: ["one"] }),
        ],
      },
    });
    const invocations = [await rig.nextInvocation(), await rig.nextInvocation()];
    if (what === "moved") renameSync(join(rig.folder, "traces"), join(rig.folder, "elsewhere"));
    else rmSync(join(rig.folder, "traces"), { recursive: true });
    invocations.find((one) => one.task_id === "one")?.exit(0);
    const { exit_code, stdout, stderr } = await started.ended;
    const result = JSON.parse(stdout) as RunResult;
    expect(exit_code).toBe(1);
    expect(stderr).toMatch(/its journal cannot be written: .* has been moved or removed/);
    expect(result.results.map((row) => row.status)).toEqual(["success", "cancelled", "cancelled", "cancelled"]);
    expect(rig.exists("traces")).toBe(false);
    await expectNoMess(rig, { trace_dir: "elsewhere" });
  });
});
