import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { refused } from "../support/refused.ts";
import { Rig, task } from "../support/rig.ts";

/** Prints the context of the task. */
const show = 'cat "$DISPATCH_CONTEXT_FILE"';

const needs = (task_id: string, keys: readonly string[], more: Record<string, unknown> = {}) =>
  task(task_id, show, { context_requirements: keys, ...more });

type Entries = Record<string, { type: string; content: unknown; metadata: Record<string, unknown> }>;

/** The output of a task that runs `show`. */
const printed = (output: unknown): Entries => output as Entries;

const frozen = (rig: Rig): string[] => readdirSync(join(rig.folder, "traces", rig.runs().at(-1) ?? "", "context")).sort();

describe("a task's context", () => {
  test("is in its input and in $DISPATCH_CONTEXT_FILE, in the format that agents receive", async () => {
    await using rig = new Rig();
    rig.write("src/auth.py", "def login(): ...\n");
    const in_input =
      "node -p 'JSON.stringify(JSON.parse(require(\"fs\").readFileSync(process.env.DISPATCH_INPUT_FILE)).pre_gathered_context)'";
    const keys = ["file:auth.py", "pattern:onex-compute-node", "structure:src"];
    const { result, exit_code } = await rig.dispatch({
      tasks: [needs("by-file", keys), task("by-input", in_input, { context_requirements: keys })],
    });
    expect(exit_code).toBe(0);
    const [by_file, by_input] = result.results.map(({ output }) => printed(output));
    expect(Object.keys(by_file ?? {})).toEqual(keys);
    expect(by_file?.["file:auth.py"]).toEqual({
      type: "file",
      content: "def login(): ...\n",
      metadata: { path: "src/auth.py", bytes: 17, language: "python", matches: ["src/auth.py"] },
    });
    expect(by_input).toEqual(by_file);
    const [row] = result.results;
    expect(row?.context).toMatchObject({ keys, missing: [] });
    const { items = 0, pool_tokens = 0, sent_tokens = 0, reduction } = result.context ?? {};
    expect(items).toBe(3);
    expect(row?.context?.tokens).toBe(pool_tokens);
    expect(sent_tokens).toBe(2 * pool_tokens);
    expect(reduction).toBe(0);
  });

  test("is only its own part, and the result reports the reduction", async () => {
    await using rig = new Rig();
    for (const name of ["a", "b", "c", "d"]) rig.write(`${name}.txt`, `${name} word word word`);
    const { result } = await rig.dispatch({ tasks: ["a", "b", "c", "d"].map((name) => needs(name, [`file:${name}.txt`])) });
    expect(result.results.map(({ context }) => context?.tokens)).toEqual([4, 4, 4, 4]);
    expect(result.context).toMatchObject({ items: 4, pool_tokens: 16, sent_tokens: 16, reduction: 0.75 });
  });

  test("stays within the budget, which any layer of the configuration can set", async () => {
    await using rig = new Rig();
    rig.write("big.txt", "word ".repeat(3000));
    rig.write("dispatch.config.json", { context: { max_tokens_per_task: 1000, strict: true } });
    const tasks = [needs("a", ["file:big.txt"])];
    const first = await rig.dispatch({ tasks });
    expect(first.result.results[0]?.context?.tokens).toBeGreaterThan(800);
    expect(first.result.results[0]?.context?.tokens).toBeLessThanOrEqual(1000);
    const second = await rig.dispatch({ tasks, config: { context: { max_tokens_per_task: 100 } } });
    expect(second.result.results[0]?.context?.tokens).toBeLessThanOrEqual(100);
    expect(printed(second.result.results[0]?.output)["file:big.txt"]?.metadata).toMatchObject({ reduced: "cut" });
  });

  test("is merged with pre_gathered_context of the task file, which overrides it key by key", async () => {
    await using rig = new Rig();
    rig.write("a.txt", "from disk");
    rig.write("b.txt", "also from disk");
    const pre_gathered_context = { "file:a.txt": "mine", note: "mine too" };
    const { result } = await rig.dispatch({
      tasks: [
        task("a", 'cat "$DISPATCH_INPUT_FILE"', {
          context_requirements: ["file:a.txt", "file:b.txt"],
          input_data: { pre_gathered_context },
        }),
      ],
    });
    const { pre_gathered_context: given } = (result.results[0]?.output ?? {}) as { pre_gathered_context?: Entries };
    expect(given).toMatchObject({ ...pre_gathered_context, "file:b.txt": { content: "also from disk" } });
  });

  test("is not given to a task without requirements, not even from an outer dispatch", async () => {
    await using rig = new Rig();
    rig.write("a.txt", "x");
    const none = task("b", 'echo "<$DISPATCH_CONTEXT_FILE>"');
    const { result } = await rig.dispatch({ tasks: [needs("a", ["file:a.txt"]), none] }, [], {
      env: { DISPATCH_CONTEXT_FILE: "/outer" },
    });
    expect(result.results[1]?.output).toMatchObject({ stdout: "<>\n" });
    expect(result.results[1]?.context).toBeUndefined();
  });

  test("is disabled by --no-context, and enabled for every task by --enable-context", async () => {
    await using rig = new Rig();
    rig.write("auth/token.py", "TOKEN = 1\n");
    const tasks = [
      needs("a", ["file:token.py"]),
      task("b", show, { description: "look at the token", context_requirements: [] }),
    ];
    const plain = task("c", show, { description: "look at the token" });
    const off = await rig.dispatch(
      { tasks: [task("a", 'echo "<$DISPATCH_CONTEXT_FILE>"', { context_requirements: ["file:nope"] })] },
      ["--no-context", "--strict-context"],
    );
    expect(off.exit_code).toBe(0);
    expect(off.result.results[0]).toMatchObject({ output: { stdout: "<>\n" } });
    expect(off.result.context).toBeUndefined();
    expect(rig.journal().map(({ type }) => type)).not.toContain("context.gathered");
    const on = await rig.dispatch({ tasks: [...tasks.slice(0, 1), plain] }, ["--enable-context"]);
    expect(on.result.results.map(({ context }) => context?.keys)).toEqual([["file:token.py"], ["file:auth/token.py"]]);
    // An empty list of requirements means no context.
    const none = await rig.dispatch({ tasks: [task("b", "true", { context_requirements: [] })] }, ["--enable-context"]);
    expect(none.result.results[0]?.context).toBeUndefined();
  });

  test("is the same for every attempt, even if the workspace changes", async () => {
    await using rig = new Rig();
    rig.write("a.txt", "before");
    const command = 'cp "$DISPATCH_CONTEXT_FILE" "seen-$DISPATCH_ATTEMPT"; echo after > a.txt; test "$DISPATCH_ATTEMPT" = 2';
    const { result } = await rig.dispatch({
      tasks: [task("a", command, { context_requirements: ["file:a.txt"], retries: 1 })],
    });
    expect(result.results[0]).toMatchObject({ status: "success", attempts: 2 });
    expect(rig.read("seen-2")).toBe(rig.read("seen-1"));
    expect(result.context?.sent_tokens).toBe(1);
  });
});

describe("a file that an upstream task creates", () => {
  test("is read when the task starts, and joins the pool", async () => {
    await using rig = new Rig();
    rig.write("changed.txt", "before");
    const { result, stderr } = await rig.dispatch(
      {
        tasks: [
          task("make", "echo made > made.txt; echo after all > changed.txt"),
          needs("use", ["file:made.txt", "file:changed.txt"], { dependencies: ["make"] }),
        ],
      },
      ["--strict-context"],
    );
    const given = printed(result.results[1]?.output);
    expect([given["file:made.txt"]?.content, given["file:changed.txt"]?.content]).toEqual(["made\n", "after all\n"]);
    expect(result.context).toMatchObject({ items: 3 });
    expect(stderr).not.toContain("runs without context");
  });

  test("fails the task without a retry if it is missing with --strict-context, else causes a warning", async () => {
    await using rig = new Rig();
    const file = {
      tasks: [task("make", "true"), needs("use", ["file:made.txt"], { dependencies: ["make"], retries: 3 })],
    };
    const strict = await rig.dispatch(file, ["--strict-context"]);
    expect(strict.exit_code).toBe(1);
    expect(strict.result.results[1]).toMatchObject({
      status: "error",
      error_kind: "context",
      error: "Context is missing: file:made.txt (no such file).",
      attempts: 1,
    });
    const lenient = await rig.dispatch(file);
    expect(lenient.exit_code).toBe(0);
    expect(lenient.stderr).toContain("use runs without context file:made.txt (no such file).");
    expect(lenient.result.results[1]?.context?.missing).toEqual([{ key: "file:made.txt", why: "no such file" }]);
  });
});

describe("a missing key", () => {
  const tasks = [needs("a", ["file:nope.py", "file:here.txt"]), needs("b", ["structure:void", "pattern:flux"])];

  test("causes a warning and is in the result", async () => {
    await using rig = new Rig();
    rig.write("here.txt", "x");
    const { result, stderr, exit_code } = await rig.dispatch({ tasks });
    expect(exit_code).toBe(0);
    expect(stderr).toContain("a runs without context file:nope.py: no such file.");
    expect(stderr).toContain("b runs without context structure:void: no such folder.");
    expect(result.results[0]?.context).toMatchObject({
      keys: ["file:here.txt"],
      missing: [{ key: "file:nope.py", why: "no such file" }],
    });
    const gathered = rig.journal().find(({ type }) => type === "context.gathered");
    expect(gathered).toMatchObject({ missing: [{ task_id: "a", key: "file:nope.py" }, { task_id: "b" }, { task_id: "b" }] });
  });

  test("with --strict-context causes exit 2 before anything runs; all missing keys are reported at their places", async () => {
    await using rig = new Rig();
    rig.write("here.txt", "x");
    const file = rig.write("tasks.json", `{"tasks": [\n${tasks.map((one) => JSON.stringify(one)).join(",\n")}\n]}`);
    const lines = await refused(rig, ["run", file, "--strict-context"]);
    expect(lines.map((line) => line.replace(/^.*tasks\.json:(\d+):\d+ /, "$1 "))).toEqual([
      "2 a: Context file:nope.py is missing: no such file.",
      "3 b: Context structure:void is missing: no such folder.",
      expect.stringMatching(/^3 b: Context pattern:flux is missing: no such pattern/),
    ]);
    expect(await refused(rig, ["context", file, "--strict-context"])).toEqual(lines);
  });
});

describe("the frozen files", () => {
  test("are complete, private, named by hash, and one per content", async () => {
    await using rig = new Rig();
    for (const name of ["a", "b"]) rig.write(`${name}.txt`, name);
    const keys = ["a", "a", "b", "a"].map((name) => [`file:${name}.txt`]);
    const { result } = await rig.dispatch({ tasks: keys.map((one, i) => needs(`t${i}`, one)) });
    expect(frozen(rig)).toHaveLength(2);
    const hash = (path: string): string => execFileSync("sha256sum", [path], { encoding: "utf8" }).slice(0, 32);
    const run = join(rig.folder, "traces", result.run_id);
    for (const name of frozen(rig)) {
      const path = join(run, "context", name);
      expect(basename(name, ".json")).toBe(hash(path));
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    const gathered = rig.journal().find(({ type }) => type === "context.gathered") as {
      packs?: Record<string, { hash: string }>;
    };
    expect(new Set(Object.values(gathered.packs ?? {}).map(({ hash }) => hash))).toEqual(
      new Set(frozen(rig).map((name) => basename(name, ".json"))),
    );
    const trace = JSON.parse(readFileSync(result.results[0]?.trace_file ?? "", "utf8")) as { context: { file: string } };
    expect(existsSync(trace.context.file)).toBe(true);
  });

  test("are complete if dispatch is killed, and `trace` still shows what was given", async () => {
    await using rig = new Rig();
    rig.write("a.txt", "content ".repeat(500));
    const command = await rig.fake();
    const started = rig.start(["run"], {
      input: { tasks: [task("a", command, { context_requirements: ["file:a.txt"] })] },
    });
    const invocation = await rig.nextInvocation();
    const file = invocation.env["DISPATCH_CONTEXT_FILE"] ?? "";
    process.kill(started.pid, "SIGKILL");
    await started.ended;
    await invocation.gone;
    expect(Object.keys(JSON.parse(readFileSync(file, "utf8")) as Entries)).toEqual(["file:a.txt"]);
    expect(frozen(rig)).toEqual([basename(file)]);
    const { stdout } = await rig.run(["trace", "a"]);
    expect(stdout).toContain("Context\n");
    expect(stdout).toContain("file:a.txt: 501 tokens");
  });
});

describe("two runs at once", () => {
  test("share a workspace and its cache, and each gets its context", async () => {
    await using rig = new Rig();
    for (let i = 0; i < 20; i++) rig.write(`src/${i}.txt`, `text number ${i}`);
    const file = { tasks: [needs("a", ["file:src/*.txt", "structure:src"])] };
    const runs = await Promise.all([1, 2, 3].map((i) => rig.dispatch(file, ["--trace-dir", `traces-${i}`])));
    for (const { exit_code, result } of runs) {
      expect(exit_code).toBe(0);
      expect(result.results[0]?.context?.keys).toHaveLength(21);
    }
    const outputs = runs.map(({ result }) => JSON.stringify(result.results[0]?.output));
    expect(new Set(outputs).size).toBe(1);
    expect(readdirSync(join(rig.folder, ".dispatch/cache")).sort()).toEqual([".gitignore", "tokens.json"]);
  });
});

describe("a workspace", () => {
  test("that cannot be written can still be read, without writing to the home folder either", async () => {
    await using rig = new Rig();
    rig.write("ws/src/auth.py", "def login(): ...\n");
    // A file in place of the folder stops even root.
    rig.write("ws/.dispatch", "not a folder");
    chmodSync(join(rig.folder, "ws"), 0o555);
    mkdirSync(join(rig.folder, "home"));
    const file = { workspace_path: "ws", tasks: [needs("a", ["file:auth.py", "structure:."])] };
    const env = { HOME: join(rig.folder, "home") };
    const { exit_code, stderr, result } = await rig.dispatch(file, ["-q"], { env });
    chmodSync(join(rig.folder, "ws"), 0o755);
    expect({ exit_code, stderr }).toEqual({ exit_code: 0, stderr: "" });
    expect(result.results[0]?.context?.missing).toEqual([]);
    expect(readdirSync(env.HOME)).toEqual([]);
    expect(readdirSync(join(rig.folder, "ws")).sort()).toEqual([".dispatch", "src"]);
  });

  test("that vanishes fails only the tasks that need it", async () => {
    await using rig = new Rig();
    mkdirSync(join(rig.folder, "ws"));
    writeFileSync(join(rig.folder, "ws", "a.txt"), "x");
    const { result, exit_code } = await rig.dispatch({
      workspace_path: "ws",
      tasks: [
        task("remove", "rm -rf ws", { cwd: ".." }),
        needs("read", ["file:a.txt"], { dependencies: ["remove"], cwd: rig.folder }),
        task("other", "true", { dependencies: ["remove"], cwd: rig.folder }),
      ],
    });
    expect(exit_code).toBe(1);
    expect(result.results.map(({ status, error_kind }) => [status, error_kind])).toEqual([
      ["success", null],
      ["error", "context"],
      ["success", null],
    ]);
    rmSync(join(rig.folder, "ws"), { recursive: true, force: true });
  });

  test("can be interrupted while it is listed, with a regular result", async () => {
    await using rig = new Rig();
    execFileSync("mkfifo", [join(rig.folder, "held")]);
    // git blocks here, and with it the listing.
    rig.write("bin/git", '#!/bin/sh\necho > "$RIG/asked"\nread line < "$RIG/held"\n');
    chmodSync(join(rig.folder, "bin/git"), 0o755);
    const started = rig.start(["run"], {
      input: { tasks: [needs("a", ["structure:."])] },
      env: { PATH: `${join(rig.folder, "bin")}:${process.env["PATH"]}` },
    });
    await rig.waitForFile("asked");
    process.kill(started.pid, "SIGINT");
    const { exit_code, stdout } = await started.ended;
    expect(exit_code).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({
      status: "failure",
      results: [{ status: "cancelled", error_kind: "interrupted" }],
    });
  });
});
