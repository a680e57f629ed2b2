import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { RunResult } from "../../src/index.ts";
import { lines, resultIn } from "../support/resumed.ts";
import { Rig, task } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

/** Runs a task file with `--reuse`; returns the tasks that ran, and the result. */
async function reuse(rig: Rig, file: object, env: Record<string, string> = {}): Promise<{ ran: string[]; result: RunResult }> {
  const { stdout } = await rig.run(["run", "--reuse"], { input: file, env });
  const result = resultIn(stdout);
  return { ran: result.results.filter((row) => !row.reused).map((row) => row.task_id), result };
}

/** The tasks of `tasks.json` that would be reused. */
async function dryRun(rig: Rig): Promise<boolean[]> {
  const { stdout } = await rig.run(["run", "tasks.json", "--reuse", "--dry-run", "--format", "json"]);
  const { reuse: forecasts } = JSON.parse(stdout) as { reuse: { reused: boolean }[] };
  return forecasts.map(({ reused }) => reused);
}

/** An agent that counts its runs and ends as Claude Code does; `more` runs before its final message. */
function agentIn(rig: Rig, more = ""): object {
  const { session, message, completed } = vendor_streams.claude;
  rig.write("said.txt", asLines([session("s-1"), message("done"), completed("done")]));
  rig.write("agent.sh", `cat > /dev/null\ncd '${rig.folder}'\necho ran >> ran\n${more}\ncat said.txt\n`);
  return { adapter: "claude", command: ["/bin/sh", join(rig.folder, "agent.sh")] };
}

const asLines = (stream: readonly object[]): string => stream.map((line) => `${JSON.stringify(line)}\n`).join("");

describe("run --reuse does not reuse", () => {
  test("an agent's work after a file or folder that its description names has changed", async () => {
    await using rig = new Rig();
    rig.write("src/a.ts", "one\n");
    rig.write("docs/deep/b.md", "one\n");
    const file = {
      tasks: [
        { task_id: "file", agent: "it", description: "Sum up src/a.ts." },
        { task_id: "folder", agent: "it", description: "Sum up docs/deep, and/or say that it is good." },
      ],
      config: { agents: { it: agentIn(rig) } },
    };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).ran).toEqual([]);
    rig.write("src/a.ts", "two\n");
    expect((await reuse(rig, file)).ran).toEqual(["file"]);
    rig.write("docs/deep/b.md", "two\n");
    expect((await reuse(rig, file)).ran).toEqual(["folder"]);
  });

  test("the work of an agent whose own script has changed", async () => {
    await using rig = new Rig();
    const file = { tasks: [{ task_id: "a", agent: "it", description: "Do it" }], config: { agents: { it: agentIn(rig) } } };
    await rig.dispatch(file);
    agentIn(rig, "true");
    expect((await reuse(rig, file)).ran).toEqual(["a"]);
  });

  test("a command after an environment variable that it names has changed", async () => {
    await using rig = new Rig();
    const file = {
      tasks: [task("plain", "echo to $TARGET"), task("default", "echo ${STAGE:-none}"), task("other", "echo $((1 + 1))")],
    };
    await rig.dispatch(file, [], { env: { TARGET: "here" } });
    expect((await reuse(rig, file, { TARGET: "here" })).ran).toEqual([]);
    const { ran, result } = await reuse(rig, file, { TARGET: "there", STAGE: "live" });
    expect(ran).toEqual(["plain", "default"]);
    expect(result.results[0]?.output).toMatchObject({ stdout: "to there\n" });
    const changed = rig.journal().flatMap((event) => (event.type === "task.changed" ? event.changed : []));
    expect(changed).toEqual(["the variable $TARGET has changed", "the variable $STAGE is new"]);
  });

  test.each([100, 300])(
    "a task whose context was cut, after the part that it did not get has changed: %i tokens",
    async (most) => {
      await using rig = new Rig();
      const text = (end: string): string => `${"export const a = 1;\n".repeat(400)}${end}\n`;
      rig.write("src/long.ts", text("one"));
      const file = {
        tasks: [task("a", "true", { context_requirements: ["file:src/*.ts"] })],
        config: { context: { max_tokens_per_task: most } },
      };
      await rig.dispatch(file);
      expect((await reuse(rig, file)).ran).toEqual([]);
      rig.write("src/long.ts", text("two"));
      expect((await reuse(rig, file)).ran).toEqual(["a"]);
    },
  );

  test("a success after a file of its failed first attempt is gone", async () => {
    await using rig = new Rig();
    rig.write("tools.txt", asLines(vendor_streams.claude.fileChange(join(rig.folder, "first"), "well")));
    const agent = agentIn(rig, "test -e first || { echo made > first; cat tools.txt; exit 1; }");
    const file = {
      tasks: [
        { task_id: "agent", agent: "it", description: "Do it", retries: 1 },
        task("command", "test -e one || { mkdir one; touch one/x; exit 1; }", { retries: 1 }),
      ],
      config: { agents: { it: agent } },
    };
    expect((await rig.dispatch(file)).result.results.map((row) => [row.status, row.attempts])).toEqual([
      ["success", 2],
      ["success", 2],
    ]);
    expect((await reuse(rig, file)).ran).toEqual([]);
    rmSync(join(rig.folder, "first"));
    rmSync(join(rig.folder, "one"), { recursive: true });
    expect((await reuse(rig, file)).ran).toEqual(["agent", "command"]);
  });

  test("a command whose output folder lost a file; files of other tasks there do not matter", async () => {
    await using rig = new Rig();
    rig.write("build.sh", "mkdir -p dist/deep; echo 1 > dist/a.js; echo 2 > dist/deep/b.js\n");
    const file = { tasks: [task("build", "sh build.sh dist")] };
    await rig.dispatch(file);
    rig.write("dist/others.txt", "");
    expect((await reuse(rig, file)).ran).toEqual([]);
    rmSync(join(rig.folder, "dist/deep/b.js"));
    expect((await reuse(rig, file)).ran).toEqual(["build"]);
  });

  test("a command that had changed a file which another task wrote again", async () => {
    await using rig = new Rig();
    const file = {
      tasks: [task("make", "echo made > f.txt"), task("edit", "sed -i.bak s/made/edited/ f.txt", { dependencies: ["make"] })],
    };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).ran).toEqual(["make", "edit"]);
    expect(rig.read("f.txt")).toBe("edited\n");
    const changed = rig.journal().flatMap((event) => (event.type === "task.changed" ? event.changed : []));
    expect(changed).toEqual(["f.txt has changed", "f.txt was changed while it ran"]);
  });

  test("a command that had appended to a file which another task wrote again", async () => {
    await using rig = new Rig();
    const file = {
      tasks: [
        task("make", "echo made > f.txt"),
        task("more", "echo more >> f.txt", { dependencies: ["make"] }),
        task("log", "echo log >> log.txt", { dependencies: ["more"] }),
      ],
    };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).ran).toEqual(["make", "more"]);
    expect(rig.read("f.txt")).toBe("made\nmore\n");
    const changed = rig.journal().flatMap((event) => (event.type === "task.changed" ? event.changed : []));
    expect(changed).toEqual(["f.txt has changed", "f.txt, which it appends to, was written again by make"]);
  });

  test("a task that a resumed run had started", async () => {
    await using rig = new Rig();
    rig.write("in.txt", "one\n");
    const file = { tasks: [task("a", "echo a >> ran; cat in.txt; test ! -e no")] };
    await rig.dispatch(file);
    rig.write("in.txt", "two\n");
    rig.write("no", "");
    expect((await reuse(rig, file)).result.status).toBe("failure");
    rig.write("in.txt", "one\n");
    rmSync(join(rig.folder, "no"));
    const { stdout } = await rig.run(["resume"]);
    expect(resultIn(stdout).results).toMatchObject([{ status: "success", reused: false, attempts: 2 }]);
    expect(lines(rig, "ran")).toEqual(["a", "a", "a"]);
  });

  test("a task that a resume must repeat", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo a >> ran"), task("b", "echo b >> ran", { dependencies: ["a"] })] };
    await rig.dispatch(file);
    await reuse(rig, file);
    expect(lines(rig, "ran")).toEqual(["a", "b"]);
    const { stdout } = await rig.run(["resume", "--task", "a"]);
    expect(resultIn(stdout).results.map((row) => row.reused)).toEqual([false, false]);
    expect(lines(rig, "ran")).toEqual(["a", "b", "a", "b"]);
  });
});

describe("run --reuse does not repeat", () => {
  test("a command that recreated its output folder", async () => {
    await using rig = new Rig();
    rig.write("src.txt", "one\n");
    rig.write("build.sh", "mkdir -p $2; cp $1 $2/out.txt\n");
    const file = { tasks: [task("build", "sh build.sh src.txt dist")] };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).ran).toEqual([]);
    rig.write("src.txt", "two\n");
    expect((await reuse(rig, file)).ran).toEqual(["build"]);
    expect((await reuse(rig, file)).ran).toEqual([]);
  });

  test("an agent's work that another agent of the run continued, unless a third process changed it", async () => {
    await using rig = new Rig();
    rig.write("a.ts", "zero\n");
    rig.write("tools.txt", asLines(vendor_streams.claude.fileChange(join(rig.folder, "a.ts"), "well")));
    const agents = { it: agentIn(rig, "echo more >> a.ts; cat tools.txt") };
    const fix = (task_id: string, dependencies: string[]) => ({ task_id, agent: "it", description: "Mend a.ts", dependencies });
    const file = { tasks: [fix("one", []), fix("two", ["one"]), fix("three", ["two"])], config: { agents } };
    await rig.dispatch(file);
    expect((await reuse(rig, file)).ran).toEqual([]);
    expect((await reuse(rig, file)).ran).toEqual([]);
    const other = { ...file, tasks: [...file.tasks.slice(0, 2), { ...fix("three", ["two"]), description: "Mend a.ts well" }] };
    expect((await reuse(rig, other)).ran).toEqual(["three"]);
    expect((await reuse(rig, other)).ran).toEqual([]);
    rig.write("a.ts", "zero\n");
    expect((await reuse(rig, other)).ran).toEqual(["one", "two", "three"]);
  });

  test("a task that reads a folder in which dispatch wrote its result and reports", async () => {
    await using rig = new Rig();
    rig.write("tasks.json", { tasks: [task("lint", "grep -rc a . | sort")] });
    const options = ["-o", "result.json", "--report", "junit=junit.xml"];
    await rig.run(["run", "tasks.json", ...options]);
    expect(await dryRun(rig)).toEqual([true]);
    await rig.run(["run", "tasks.json", "--reuse", ...options]);
    expect(resultIn(rig.read("result.json")).summary.reused).toBe(1);
    rig.write("more.txt", "a\n");
    expect(await dryRun(rig)).toEqual([false]);
  });

  test.skipIf(process.platform !== "linux")(
    "nor where a shell has led its streams into that folder (only Linux shows where)",
    async () => {
      await using rig = new Rig();
      rig.write("tasks.json", { tasks: [task("lint", "grep -rc a . | sort")] });
      const before = ["sh", "-c", 'exec "$@" > result.json 2> messages.txt', "sh"];
      await rig.run(["run", "tasks.json"], { before });
      expect(rig.read("messages.txt")).toContain("1 success");
      expect(await dryRun(rig)).toEqual([true]);
    },
  );

  test("a task for a file that only its prose seems to name", async () => {
    await using rig = new Rig();
    rig.write("notes.md", "one\n");
    rig.write("model.py", "class Sum:\n    total: int\n");
    rig.write("tasks.json", {
      tasks: [
        {
          task_id: "node",
          agent: "coder",
          input_data: {
            contract_description: "Compute node that adds two numbers, as in notes.md",
            node_type: "Compute",
            output_path: "made.py",
            context_files: ["model.py"],
            validation_level: "lenient",
          },
        },
      ],
    });
    await rig.run(["run", "tasks.json"]);
    rig.write("notes.md", "two\n");
    expect(await dryRun(rig)).toEqual([true]);
    rig.write("model.py", "class Sum:\n    total: float\n");
    expect(await dryRun(rig)).toEqual([false]);
  });

  test("a success that new verify commands confirm; one that they refute runs", async () => {
    await using rig = new Rig();
    const file = (verify: string[]) => ({ tasks: [task("a", "echo a >> ran; date > made", { verify })] });
    await rig.dispatch(file(["true"]));
    expect((await reuse(rig, file(["test -s made", "test ! -e no"]))).ran).toEqual([]);
    rig.write("no", "");
    expect((await reuse(rig, file(["test ! -e no"]))).result.results[0]).toMatchObject({ error_kind: "verify" });
    expect(lines(rig, "ran")).toEqual(["a", "a"]);
  });

  test("a success that is older than many runs of other tasks", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "true")] };
    await rig.dispatch(file);
    await rig.dispatch({ tasks: [task("other", "true")] });
    const [newest = ""] = rig.runs().reverse();
    const journal = rig.read(`traces/${newest}/journal.ndjson`);
    for (let i = 0; i < 60; i++) rig.write(`traces/${newest.slice(0, -6)}${String(900_000 + i)}/journal.ndjson`, journal);
    expect((await reuse(rig, file)).ran).toEqual([]);
  });
});

describe("run --reuse says", () => {
  test("that an agent names no input file", async () => {
    await using rig = new Rig();
    const file = { tasks: [{ task_id: "it", agent: "it", description: "Do it" }], config: { agents: { it: agentIn(rig) } } };
    await rig.dispatch(file);
    const { stderr } = await rig.run(["run", "--reuse"], { input: file });
    expect(stderr).toContain("Reused without seeing any input file: it.");
  });

  test("which earlier journals are damaged or unreadable, and continues", async () => {
    await using rig = new Rig();
    const file = { tasks: [task("a", "echo a >> ran")] };
    await rig.dispatch(file);
    await rig.dispatch(file);
    await rig.dispatch(file);
    const [one = "", two = "", three = ""] = rig.runs();
    const journal = (run: string): string => join(rig.folder, "traces", run, "journal.ndjson");
    const text = rig.read(`traces/${one}/journal.ndjson`);
    writeFileSync(journal(one), text.replace('"attempt.input"', '"attempt.Input"'));
    rmSync(journal(two));
    mkdirSync(journal(two));
    // Killed in the middle of a write: not reported.
    writeFileSync(journal(three), text.slice(0, -50));
    for (const args of [
      ["run", "--reuse", "--dry-run"],
      ["run", "--reuse"],
    ]) {
      const { stderr, stdout, exit_code } = await rig.run(args, { input: file });
      expect(stderr).toContain(`not reused, because their journals are damaged or cannot be read: ${two}, ${one}.`);
      expect(stdout).toContain("a");
      expect(exit_code).toBe(0);
    }
    expect(readdirSync(join(rig.folder, "traces"))).toContain(rig.runs().at(-1));
  });

  test("which tasks are open until others have run", async () => {
    await using rig = new Rig();
    rig.write("in.txt", "one");
    const file = { tasks: [task("a", "wc -c in.txt"), task("b", "true", { dependencies: ["a"] })] };
    await rig.dispatch(file);
    rig.write("in.txt", "two");
    const { stdout } = await rig.run(["run", "--reuse", "--dry-run"], { input: file });
    expect(stdout).toContain(
      "Reuse: 0 of 2 tasks would be reused from earlier runs; 1 task can be decided only during the run.",
    );
    expect(stdout).toContain("  b  undecided: a must run first");
    expect((await reuse(rig, file)).ran).toEqual(["a"]);
  });
});
