/** Commands are started by posix_spawn, or by Node if that is turned off or koffi cannot be loaded; all behave the same. */
import { spawnSync } from "node:child_process";
import { chmodSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { openPosixSpawn } from "../../src/process/posix-spawn.ts";
import { expectNoMess } from "../support/aftermath.ts";
import { Rig, task } from "../support/rig.ts";

const has_posix_spawn = openPosixSpawn() !== undefined;
if (!has_posix_spawn) process.stderr.write("skipped: posix_spawn needs Linux and a build of koffi\n");

const ignoring_ends = ["env", "--ignore-signal=CHLD"];
const can_ignore = spawnSync("env", [...ignoring_ends.slice(1), "true"]).status === 0;
if (!can_ignore) process.stderr.write("skipped: this machine's env has no --ignore-signal\n");

/** Returns an environment in which dispatch cannot load koffi. */
function withoutKoffi(rig: Rig): Record<string, string> {
  const script = `
    const { Module } = require("node:module");
    const load = Module._load;
    Module._load = (name, ...rest) => { if (name === "koffi") throw new Error("gone"); return load(name, ...rest); };`;
  return { NODE_OPTIONS: `--require ${rig.write("no-koffi.cjs", script)}` };
}

/** An environment that lets the command line use posix_spawn: an empty variable counts as unset. */
const by_library = { DISPATCH_SPAWN: "" };

/** Returns a script that writes its process id to a file and runs until it is killed. */
const hold = (rig: Rig, sign: string): string => `echo $$ > '${rig.folder}/${sign}'; exec tail -f '${rig.write("hold", "")}'`;

describe.each([
  ["posix_spawn", true, (_: Rig) => by_library],
  ["Node, with DISPATCH_SPAWN=node,", false, (_: Rig) => ({ DISPATCH_SPAWN: "node" })],
  ["Node, without koffi,", false, (rig: Rig) => ({ ...by_library, ...withoutKoffi(rig) })],
] as const)("started by %s commands", (how, by_koffi, envOf) => {
  const run = how === "posix_spawn" ? test.skipIf(!has_posix_spawn) : test;

  run("have correct outcomes and leave no process", async () => {
    await using rig = new Rig();
    rig.write("nameless", "echo 7");
    chmodSync(`${rig.folder}/nameless`, 0o755);
    rig.write("plain.txt", "text");
    const held = hold(rig, "sign");
    const cases: Record<string, [command: string | readonly string[], more: object, row: object]> = {
      by: ["grep -q koffi /proc/$PPID/maps && echo true || echo false", {}, { status: "success", output: by_koffi }],
      code: ["exit 3", {}, { error_kind: "exit" }],
      signal: ["kill -s SEGV $$", {}, { error_kind: "signal", error: "The command was killed by SIGSEGV." }],
      abort: ["kill -s ABRT $$", {}, { error_kind: "signal", error: "The command was killed by SIGABRT." }],
      missing: [["no-such-program"], {}, { error_kind: "spawn", error: "The program no-such-program was not found." }],
      plain: [[`${rig.folder}/plain.txt`], {}, { error_kind: "spawn", error: expect.stringContaining("is not executable") }],
      nameless: [[`${rig.folder}/nameless`], {}, { status: "success", output: 7 }],
      folder: ["true", { cwd: "missing" }, { error_kind: "spawn", error: expect.stringContaining("does not exist") }],
      stdin: ["wc -c", { input_data: { stdin: "x".repeat(1_000_000) } }, { output: 1_000_000 }],
      env: ["echo $GREETING", { input_data: { env: { GREETING: "42" } } }, { output: 42 }],
      verified: ["echo 1", { verify: ["exit 1"] }, { error_kind: "verify" }],
      leaver: [`setsid sh -c "${held}" & :`, {}, { status: "success", warnings: [expect.stringContaining("left process")] }],
      deaf: [`trap '' TERM; ${hold(rig, "deaf")}`, { timeout_seconds: 0.3 }, { error_kind: "timeout" }],
      again: ["[ $DISPATCH_ATTEMPT = 2 ] && echo 2", { retries: 1 }, { status: "success", attempts: 2 }],
    };
    const tasks = Object.entries(cases).map(([id, [command, more]]) => task(id, command, { ...more }));
    const { result } = await rig.dispatch({ tasks }, ["-w", "6"], { env: envOf(rig) });
    for (const [id, [, , row]] of Object.entries(cases))
      expect(result.results.find(({ task_id }) => task_id === id)).toMatchObject(row);
    await expectNoMess(rig);
  });

  run.each([
    ["SIGINT", 130],
    ["SIGKILL", null],
  ] as const)("are gone after %s ended dispatch", async (signal, exit_code) => {
    await using rig = new Rig();
    const ways = [hold(rig, "plain"), `setsid sh -c "${hold(rig, "session")}" & wait`, `env -i sh -c "${hold(rig, "clean")}"`];
    const tasks = ways.map((command, i) => task(`held${i}`, command));
    const started = rig.start(["run", "-w", "4"], { input: { tasks }, env: envOf(rig) });
    for (const sign of ["plain", "session", "clean"]) await rig.waitForFile(sign);
    started.child.kill(signal);
    expect((await started.ended).exit_code).toBe(exit_code);
    await expectNoMess(rig, { killed: signal === "SIGKILL" });
  });

  run("are reaped although dispatch was started with SIGCHLD ignored", async (context) => {
    if (!can_ignore) context.skip();
    await using rig = new Rig();
    const tasks = Array.from({ length: 20 }, (_, i) => task(`t${i}`, `exit ${i % 2}`));
    const { result } = await rig.dispatch({ tasks }, [], { before: ignoring_ends, env: envOf(rig) });
    expect(result.summary).toMatchObject({ successful: 10, failed: 10 });
  });
});

test.skipIf(!has_posix_spawn)(
  "a command killed by a real-time signal is an error, although Node would report exit code 0",
  async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch({ tasks: [task("it", "kill -40 $$")] }, [], { env: by_library });
    expect(result.results[0]).toMatchObject({ error_kind: "signal", error: "The command was killed by signal 40." });
  },
);

test("an unknown value of DISPATCH_SPAWN is an error, and nothing runs", async () => {
  await using rig = new Rig();
  const input = { tasks: [task("it", "true")] };
  const { exit_code, stderr } = await rig.run(["run"], { input, env: { DISPATCH_SPAWN: "posix" } });
  expect(stderr).toBe('dispatch: DISPATCH_SPAWN has the unknown value "posix". Set it to node, or unset it.\n');
  expect(exit_code).toBe(2);
  expect(rig.runs()).toEqual([]);
});
