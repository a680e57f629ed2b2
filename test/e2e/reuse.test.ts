import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunForecast } from "../../src/dispatch/index.ts";
import type { RunResult } from "../../src/index.ts";
import { lines, resultIn } from "../support/resumed.ts";
import { Rig, task } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

/** Runs a task file with `--reuse` and returns its rows. */
async function reuse(rig: Rig, file: object, args: readonly string[] = []): Promise<RunResult> {
  const { stdout } = await rig.run(["run", "--reuse", ...args], { input: file });
  return resultIn(stdout);
}

interface Forecast extends RunForecast {
  reuse: { task_id: string; reused: boolean; from?: string; changed?: string[]; verifies?: true; is_blind?: true }[];
}

/** The reuse forecast of a dry run. */
async function dryRun(rig: Rig, file: object, args: readonly string[] = []): Promise<Forecast["reuse"]> {
  const { stdout } = await rig.run(["run", "--reuse", "--dry-run", "--format", "json", ...args], { input: file });
  return (JSON.parse(stdout) as Forecast).reuse;
}

const reused = ({ results }: RunResult) => results.map((row) => [row.task_id, row.status, row.reused]);

describe("run --reuse", () => {
  test("reuses successes with their outputs and runs nothing", async () => {
    await using rig = new Rig();
    const file = {
      tasks: [
        task("a", `echo a >> ran; echo '{"n": 42}'`),
        task("b", "echo b >> ran; echo ${tasks.a.output.n}", { dependencies: ["a"] }),
      ],
    };
    const first = await rig.dispatch(file);
    const second = await reuse(rig, file);
    expect(second.run_id).not.toBe(first.result.run_id);
    expect(second.results).toMatchObject([
      { task_id: "a", status: "success", output: { n: 42 }, reused: true, reused_from: first.result.run_id, attempts: 0 },
      { task_id: "b", status: "success", output: 42, reused: true, attempts: 0 },
    ]);
    expect(second.summary).toMatchObject({ successful: 2, reused: 2 });
    expect(lines(rig, "ran")).toEqual(["a", "b"]);
  });

  test("without the flag everything runs", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo a >> ran")] };
    await rig.dispatch(file);
    const second = await rig.dispatch(file);
    expect(second.result.results[0]?.reused).toBe(false);
    expect(lines(rig, "ran")).toEqual(["a", "a"]);
  });

  test("does not reuse a failure, and runs its dependents", async () => {
    await using rig = new Rig();
    const file = {
      tasks: [
        task("a", "echo a >> ran"),
        task("b", "echo b >> ran; test -e mended", { dependencies: ["a"] }),
        task("c", "echo c >> ran", { dependencies: ["b"] }),
      ],
    };
    await rig.dispatch(file);
    rig.write("mended", "");
    expect(reused(await reuse(rig, file))).toEqual([
      ["a", "success", true],
      ["b", "success", false],
      ["c", "success", false],
    ]);
    expect(lines(rig, "ran")).toEqual(["a", "b", "b", "c"]);
  });

  test("runs the readers of a changed file, and only dependents that see a different output", async () => {
    await using rig = new Rig();
    rig.write("in.txt", "one\n");
    const file = {
      tasks: [
        task("count", "echo count >> ran; wc -l < in.txt"),
        task("copy", "echo copy >> ran; cat in.txt"),
        task("of-count", "echo of-count >> ran", { dependencies: ["count"] }),
        task("of-copy", "echo of-copy >> ran", { dependencies: ["copy"] }),
      ],
    };
    await rig.dispatch(file, ["-w", "1"]);
    rig.write("in.txt", "two\n");
    expect(reused(await reuse(rig, file))).toEqual([
      ["count", "success", false],
      ["copy", "success", false],
      ["of-count", "success", true],
      ["of-copy", "success", false],
    ]);
    // After changing the file back, the first run's success holds again.
    rig.write("in.txt", "one\n");
    expect((await reuse(rig, file)).summary.reused).toBe(4);
  });

  test("sees changes anywhere in a folder that a command names", async () => {
    await using rig = new Rig();
    rig.write("src/deep/a.txt", "one");
    const file = { tasks: [task("a", "ls -R src > list.txt")] };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).summary.reused).toBe(1);
    rig.write("src/deep/b.txt", "two");
    expect((await reuse(rig, file)).summary.reused).toBe(0);
  });

  test("runs a task again if a file that it left is gone or has changed", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo made > out.txt")] };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).summary.reused).toBe(1);
    rmSync(join(rig.folder, "out.txt"));
    expect((await reuse(rig, file)).summary.reused).toBe(0);
    expect(rig.read("out.txt")).toBe("made\n");
    rig.write("out.txt", "by hand");
    expect((await reuse(rig, file)).summary.reused).toBe(0);
  });

  test("reuses only successes whose verify commands still pass", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo a >> ran; date > made-$((1 + 1))", { verify: ["test -s made-2"] })] };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).summary.reused).toBe(1);
    rmSync(join(rig.folder, "made-2"));
    const { stderr, stdout } = await rig.run(["run", "--reuse"], { input: file });
    expect(resultIn(stdout).results[0]).toMatchObject({ status: "success", reused: false });
    expect(stderr).toContain("a runs again: the verify command exited with 1: test -s made-2");
    expect(lines(rig, "ran")).toHaveLength(2);
  });

  test("reuses from a run that reused the success, when the run that did the work is gone", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo a >> ran; echo 7")] };
    const first = await rig.dispatch(file);
    await reuse(rig, file);
    rmSync(join(rig.folder, "traces", first.result.run_id), { recursive: true });
    expect((await reuse(rig, file)).results[0]).toMatchObject({ output: 7, reused: true, reused_from: first.result.run_id });
    expect(lines(rig, "ran")).toEqual(["a"]);
  });

  test("ignores a journal line that was changed", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo a >> ran; echo 7")] };
    const first = await rig.dispatch(file);
    const journal = join(rig.folder, "traces", first.result.run_id, "journal.ndjson");
    writeFileSync(journal, readFileSync(journal, "utf8").replaceAll('"output":7', '"output":8'));
    expect((await reuse(rig, file)).results[0]).toMatchObject({ output: 7, reused: false });
    expect(lines(rig, "ran")).toEqual(["a", "a"]);
  });

  test("continues after a resume: tasks that were not yet compared are still reused", async () => {
    await using rig = new Rig();
    const command = await rig.fake();
    const tasks = (held: object) => ({ tasks: [held, task("after", "echo after >> ran; echo 1", { dependencies: ["held"] })] });
    await rig.dispatch(tasks(task("held", "true")));
    const running = rig.start(["run", "--reuse"], { input: tasks(task("held", command)) });
    const invocation = await rig.nextInvocation();
    running.child.kill("SIGKILL");
    await invocation.gone;
    const resumed = rig.start(["resume"]);
    (await rig.nextInvocation()).exit(0);
    const { stdout } = await resumed.ended;
    expect(reused(resultIn(stdout))).toEqual([
      ["held", "success", false],
      ["after", "success", true],
    ]);
    expect(lines(rig, "ran")).toEqual(["after"]);
  });

  test("a dry run knows how long a reused task takes when it runs", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "sleep 0.1")] };
    await rig.dispatch(file);
    await reuse(rig, file);
    const { stdout } = await rig.run(["run", "--dry-run", "--format", "json"], { input: file });
    expect((JSON.parse(stdout) as RunForecast).expected_ms?.sequential).toBeGreaterThanOrEqual(100);
  });

  test("warns of reused commands that name no input file", async () => {
    await using rig = new Rig();
    rig.write("in.txt", "one\n");
    const file = { tasks: [task("blind", "true"), task("seeing", "cat in.txt")] };
    await rig.dispatch(file);
    const { stderr } = await rig.run(["run", "--reuse"], { input: file });
    expect(stderr).toContain("Reused without seeing any input file: blind.");
  });

  test("the trace of a task says which run its success comes from, or why it runs again", async () => {
    await using rig = new Rig();
    rig.write("in.txt", "one\n");
    const file = { tasks: [task("a", "echo 7"), task("b", "cat in.txt")] };
    const first = await rig.dispatch(file);
    rig.write("in.txt", "two\n");
    await reuse(rig, file);
    expect((await rig.run(["trace", "latest", "a"])).stdout).toContain(`reused from run ${first.result.run_id}`);
    expect((await rig.run(["trace", "latest", "b"])).stdout).toMatch(/runs again, because .*: in\.txt has changed/s);
  });
});

describe("run --reuse --dry-run", () => {
  const file = {
    vars: { GREETING: "hello" },
    tasks: [
      task("say", "echo ${GREETING}", { cwd: ".", env: { A: "1" } }),
      task("count", "wc -l < in.txt", { verify: ["true"], context_requirements: ["file:notes.md"] }),
      task("after", "cat other.txt", { dependencies: ["count"] }),
      task("of-say", "echo ${tasks.say.output}", { dependencies: ["say"] }),
    ],
  };

  async function ranOnce() {
    const rig = new Rig();
    rig.write("in.txt", "one\n");
    rig.write("other.txt", "other\n");
    rig.write("notes.md", "# Notes\n");
    const { result } = await rig.dispatch(file);
    return { rig, run_id: result.run_id, [Symbol.asyncDispose]: () => rig[Symbol.asyncDispose]() };
  }

  const changing = (change: Partial<Record<string, object>>) => ({
    ...file,
    tasks: file.tasks.map((one) => ({ ...one, ...change[String(one["task_id"])] })),
  });

  test("names for each task the run that its success would come from, and runs and writes nothing", async () => {
    await using it = await ranOnce();
    expect(await dryRun(it.rig, file)).toEqual([
      { task_id: "say", reused: true, from: it.run_id, is_blind: true },
      { task_id: "count", reused: true, from: it.run_id, verifies: true },
      { task_id: "after", reused: true, from: it.run_id },
      { task_id: "of-say", reused: true, from: it.run_id, is_blind: true },
    ]);
    expect(it.rig.runs()).toEqual([it.run_id]);
    const { stdout } = await it.rig.run(["run", "--reuse", "--dry-run"], { input: file });
    expect(stdout).toContain("Reuse: 4 of 4 tasks would be reused from earlier runs.");
  });

  test.each([
    ["its input", { say: { input_data: { command: "echo other" } } }, ["its input_data has changed"]],
    ["its environment", { say: { env: { A: "2" } } }, ["its env has changed"]],
    ["its description", { say: { description: "Says it" } }, ["its description is new"]],
    ["its schema", { say: { output_schema: {} } }, ["its output_schema is new"]],
    ["its folder", { say: { cwd: "traces" } }, ["its cwd has changed"]],
  ])("names the part of a key that has changed: %s", async (_, change, changed) => {
    await using it = await ranOnce();
    const [say, , , of_say] = await dryRun(it.rig, changing(change));
    expect(say).toEqual({ task_id: "say", reused: false, from: it.run_id, changed });
    expect(of_say).toMatchObject({ reused: false, changed: ["say must run first"] });
  });

  test.each([
    ["priority", { priority: "critical" }],
    ["timeout_seconds", { timeout_seconds: 7 }],
    ["retries", { retries: 3 }],
    ["metadata", { metadata: { owner: "me" } }],
    ["dependencies", { dependencies: [] }],
  ])("a scheduling field is not part of the key: %s", async (_, change) => {
    await using it = await ranOnce();
    expect((await dryRun(it.rig, changing({ say: change })))[0]?.reused).toBe(true);
  });

  test("names a variable's effect, a file, a context key, and a task that never succeeded", async () => {
    await using it = await ranOnce();
    it.rig.write("in.txt", "another\n");
    it.rig.write("notes.md", "# Other notes\n");
    const more = { ...file, tasks: [...file.tasks, task("new", "true")] };
    const [say, count, after, , added] = await dryRun(it.rig, more, ["--var", "GREETING=bye"]);
    expect(say?.changed).toEqual(["its input_data has changed"]);
    expect(count?.changed).toEqual(["in.txt has changed", "notes.md has changed"]);
    expect(after?.changed).toEqual(["count must run first"]);
    expect(added).toEqual({ task_id: "new", reused: false, changed: ["no task with this id succeeded in an earlier run"] });
  });
});

describe("a paid agent under --reuse", () => {
  /** A rig whose agent `it` counts its runs, writes to src/a.ts, and reports that. */
  function rigWithAgent() {
    const rig = new Rig();
    const { session, fileChange, message, completed } = vendor_streams.claude;
    const file = join(rig.folder, "src/a.ts");
    rig.write("src/a.ts", "broken\n");
    const said_lines = [session("s-1"), ...fileChange(file, "well"), message("done"), completed("done")];
    rig.write("said", said_lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const at = (name: string) => `'${join(rig.folder, name)}'`;
    rig.write("agent.sh", `cat > /dev/null\necho ran >> ${at("ran")}\necho mended > ${at("src/a.ts")}\ncat ${at("said")}\n`);
    const agent = { adapter: "claude", command: ["/bin/sh", join(rig.folder, "agent.sh")] };
    const tasks = [
      { task_id: "fix", agent: "it", description: "Mend src/a.ts", context_requirements: ["file:src/a.ts"] },
      { task_id: "named", agent: "it", input_data: { prompt: "Mend @src/a.ts." }, dependencies: ["fix"] },
    ];
    return { rig, file: { tasks, config: { agents: { it: agent } } }, agent };
  }

  test("is not paid twice while its change is there, although its context has that file", async () => {
    const { rig, file } = rigWithAgent();
    await using _ = rig;
    await rig.dispatch(file);
    expect(lines(rig, "ran")).toHaveLength(2);
    const again = await reuse(rig, file);
    expect(again.summary).toMatchObject({ successful: 2, reused: 2 });
    expect(again.summary.usage).toBeUndefined();
    expect(lines(rig, "ran")).toHaveLength(2);
  });

  test("runs again if its change was reverted", async () => {
    const { rig, file } = rigWithAgent();
    await using _ = rig;
    await rig.dispatch(file);
    rig.write("src/a.ts", "broken\n");
    expect((await dryRun(rig, file))[0]).toMatchObject({ reused: false, changed: ["src/a.ts has changed"] });
    expect((await reuse(rig, file)).results[0]?.reused).toBe(false);
    expect(rig.read("src/a.ts")).toBe("mended\n");
  });

  test("runs again with other settings, but not with another price", async () => {
    const { rig, file, agent } = rigWithAgent();
    await using _ = rig;
    await rig.dispatch(file);
    const withAgent = (more: object) => ({ ...file, config: { agents: { it: { ...agent, ...more } } } });
    expect((await dryRun(rig, withAgent({ model: "another" })))[0]).toMatchObject({
      reused: false,
      changed: ["the agent or its settings have changed"],
    });
    expect((await dryRun(rig, withAgent({ price: { input: 1, output: 1 } })))[0]?.reused).toBe(true);
  });

  test("needs no budget for reused tasks", async () => {
    const { rig, file } = rigWithAgent();
    await using _ = rig;
    await rig.dispatch(file);
    const poor = { ...file, config: { ...file.config, budget_usd: 0.000001 } };
    expect((await reuse(rig, poor)).summary).toMatchObject({ successful: 2, skipped: 0, reused: 2 });
  });
});
