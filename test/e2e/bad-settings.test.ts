/** Invalid context requirements, command lines and configuration. */
import { linkSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { expectLines, refused } from "../support/refused.ts";
import { bin, Rig, task } from "../support/rig.ts";
import { no_terminal, startOnTerminal } from "../support/terminal.ts";

/** A task that would leave a file if it ran. */
const touch = (task_id: string, more: Record<string, unknown> = {}) => task(task_id, "touch ran", more);

const invalid = "Invalid input format: ";

describe("context requirements", () => {
  test.each([
    ["fil:a.py", 'has the unknown kind "fil". Did you mean "file"?'],
    ["patern:x", 'has the unknown kind "patern". Did you mean "pattern"?'],
    ["https://example.com", 'has the unknown kind "https". Known: file:, pattern:, rag:, structure: or auto.'],
    ["auth.py", 'has no kind: it must start with file:, pattern:, rag:, structure: or auto. A file is "file:auth.py".'],
    ["atuo", 'Did you mean "auto"?'],
    ["file:", "has nothing after the colon. Write file:PATH."],
    ["structure: ", "has nothing after the colon. Write structure:FOLDER."],
    ["", "has no kind"],
  ])("rejects %j with a suggestion", async (key, expected) => {
    await using rig = new Rig();
    const lines = await refused(rig, ["run"], { input: { tasks: [touch("a", { context_requirements: ["auto", key] })] } });
    expectLines(lines, [`a: ${invalid}context requirement ${JSON.stringify(key)} `]);
    expect(lines[0]).toContain(expected);
  });

  test("reports an invalid requirement even if the task has another problem", async () => {
    await using rig = new Rig();
    const invalid_task = touch("a", { context_requirements: ["fil:a"], retries: -1 });
    const text = (await refused(rig, ["run"], { input: { tasks: [invalid_task] } })).join("\n");
    expect(text).toContain("retries must be");
    expect(text).toContain("unknown kind");
  });

  test("checks the keys of config.context", async () => {
    await using rig = new Rig();
    const config = { context: { max_tokens: 5, max_tokens_per_task: 0 } };
    const text = (await refused(rig, ["run"], { input: { tasks: [touch("a")], config } })).join("\n");
    expect(text).toContain('unknown key "max_tokens" in config.context. Did you mean "max_tokens_per_task"?');
    expect(text).toContain("config.context.max_tokens_per_task must be at least 1");
  });
});

describe("unknown names are reported with a suggestion", () => {
  test.each([
    [{ config: { budget: 1 } }, {}, 'unknown key "budget" in config. Did you mean "budget_usd"?'],
    [{}, { agent: "claud" }, 'unknown agent "claud". Did you mean "claude"?'],
    [{}, { agent: "auto" }, 'agent "auto" finds no agent'],
  ])("%j %j", async (more, task_fields, expected) => {
    await using rig = new Rig();
    expectLines(await refused(rig, ["run"], { input: { ...more, tasks: [touch("a", task_fields)] } }), [expected]);
  });
});

describe("mistakes on the command line", () => {
  test.each([
    [["help", "nope"], "dispatch: Unknown command 'nope'. See dispatch --help."],
    [
      ["nope.json"],
      "dispatch: Unknown command 'nope.json'. To run a task file, use dispatch run FILE; the file nope.json does not exist.",
    ],
  ])("dispatch %j", async (args, expected) => {
    await using rig = new Rig();
    expectLines(await refused(rig, args), [expected]);
  });
});

describe("the path of the task file", () => {
  test("rejects a missing file, a folder, and a path below a file", async () => {
    await using rig = new Rig();
    mkdirSync(join(rig.folder, "folder"));
    rig.write("file", "x");
    expectLines(await refused(rig, ["run", "nope.json"]), ["dispatch: The file nope.json does not exist."]);
    expectLines(await refused(rig, ["run", "folder"]), ["dispatch: folder is a folder. Pass a task file."]);
    expectLines(await refused(rig, ["run", "file/x.json"]), ["dispatch: The file file/x.json cannot be read: ENOTDIR"]);
  });

  test("problems name the file as given on the command line", async () => {
    await using rig = new Rig();
    rig.write("sub/tasks.json", '{\n  "tasks": []\n}');
    expectLines(await refused(rig, ["run", "sub/tasks.json"]), [`sub/tasks.json:2:12: ${invalid}tasks must not be empty.`]);
  });

  test.skipIf(no_terminal !== undefined)("rejects a terminal on stdin without a file", async () => {
    await using rig = new Rig();
    await using terminal = startOnTerminal(rig, ["run"], { columns: 120, rows: 10 });
    expect(await terminal.ended).toBe(2);
    expect(terminal.lines().join("\n")).toContain(
      "dispatch: No task file given. Pass a file, or pipe one to stdin: dispatch run < tasks.json",
    );
    expect(rig.runs()).toEqual([]);
  });
});

describe("configuration and flags", () => {
  test("reports the mistakes of every source at once, each with its place", async () => {
    await using rig = new Rig();
    rig.write("dispatch.config.json", '{\n  "retries": -1,\n  "colour": true\n}');
    const input = { config: { timeout_seconds: 0 }, tasks: [touch("a")] };
    const lines = await refused(rig, ["run", "-w", "none"], { input, env: { DISPATCH_FAIL_FAST: "perhaps" } });
    expectLines(lines, [
      `dispatch.config.json:2:14: ${invalid}retries must be a whole number from 0 to 100, not -1.`,
      `dispatch.config.json:3:3: ${invalid}unknown key "colour". Known: `,
      'DISPATCH_FAIL_FAST: fail_fast must be true or false, not "perhaps".',
      '--max-workers: max_workers must be a whole number from 1 to 1024, not "none".',
      `<stdin>:1:30: ${invalid}config.timeout_seconds must be`,
    ]);
  });

  test("reports an unusable trace directory where it was set", async () => {
    await using rig = new Rig();
    rig.write("file", "x");
    const input = { tasks: [touch("a")] };
    expectLines(await refused(rig, ["run", "--trace-dir", "file"], { input }), ["--trace-dir: The trace directory "]);
    expectLines(await refused(rig, ["run"], { input, env: { DISPATCH_TRACE_DIR: "file/x" } }), [
      "DISPATCH_TRACE_DIR: The trace directory ",
    ]);
    rig.write("dispatch.config.json", { trace_dir: "file/x/y" });
    expectLines(await refused(rig, ["run"], { input }), ["dispatch.config.json: The trace directory "]);
  });

  test("rejects a selection of unknown tasks, and a missing workspace", async () => {
    await using rig = new Rig();
    const lines = await refused(rig, ["run", "--select", "biuld,nope", "--workspace", "none"], {
      input: { tasks: [touch("build")] },
    });
    expectLines(lines, [
      "--workspace: The workspace ",
      '--select: There is no task biuld. Did you mean "build"?',
      "--select: There is no task nope. Known: build.",
    ]);
  });

  test.each(["", " ", ",,"])("rejects an empty selection (%j)", async (ids) => {
    await using rig = new Rig();
    const lines = await refused(rig, ["run", "--select", ids], { input: { tasks: [touch("build")] } });
    expectLines(lines, ["--select: No task is named. Name tasks, separated by commas, or leave --select out to run all."]);
  });

  test("never overwrites the task file with an output, under any name", async () => {
    await using rig = new Rig();
    const file = rig.write("tasks.json", { tasks: [touch("a")] });
    symlinkSync("tasks.json", join(rig.folder, "link.json"));
    linkSync(file, join(rig.folder, "same.json"));
    const before = rig.read("tasks.json");
    for (const args of [
      ["tasks.json", "-o", "tasks.json"],
      ["link.json", "-o", "./tasks.json"],
      ["tasks.json", "-o", "same.json"],
      ["tasks.json", "--report", "markdown=link.json"],
    ])
      expectLines(await refused(rig, ["run", ...args]), [" would overwrite the task file. Pass another file"]);
    const from_stdin = await rig.run(["-c", `'${process.execPath}' '${bin}' run -o tasks.json < same.json`], {
      node: "/bin/sh",
    });
    expect(rig.read("tasks.json")).toBe(before);
    expect(from_stdin.exit_code).not.toBe(0);
  });

  test("warns of a --var that the task file does not use, with a suggestion", async () => {
    await using rig = new Rig();
    const tasks = [task("a", "echo ${TEXT}"), task("b", ["echo", "${OTHER}"])];
    const { stderr, exit_code } = await rig.run(["run", "-q", "--var", "TXET=1", "--var", "OTHER=2"], {
      input: { vars: { TEXT: "x" }, tasks },
    });
    expect({ stderr, exit_code }).toEqual({
      exit_code: 0,
      stderr: "dispatch: --var TXET: the task file does not use ${TXET}. Did you mean TEXT?\n",
    });
  });

  test.each([
    ["-j", "Use -w, --max-workers."],
    ["--workers", "Use -w, --max-workers."],
    ["--dryrun", "Did you mean --dry-run?"],
    ["--bogus", "See --help."],
  ])("for an option of another tool (%s), suggests the one of dispatch", async (option, expected) => {
    await using rig = new Rig();
    const [line] = await refused(rig, ["run", option, "4"], { input: { tasks: [touch("a")] } });
    expect(line).toContain(`Unknown option '${option}'`);
    expect(line).toContain(expected);
  });

  test("rejects an empty configuration with advice", async () => {
    await using rig = new Rig();
    rig.write("dispatch.config.json", "");
    expectLines(await refused(rig, ["run"], { input: { tasks: [touch("a")] } }), [
      "dispatch.config.json: Invalid input format: the file is empty. Write {} or remove the file",
    ]);
  });

  test("recognizes a configuration passed as a task file", async () => {
    await using rig = new Rig();
    rig.write("dispatch.config.json", { max_workers: 3, agents: { mine: { adapter: "claude" } } });
    expectLines(await refused(rig, ["validate", "dispatch.config.json"], {}), [
      "dispatch.config.json: Invalid input format: this is a configuration, not a task file. Pass a task file;",
    ]);
  });

  test("flags override the environment, the task file, dispatch.config.json and the defaults, in this order", async () => {
    await using rig = new Rig();
    const workers = async (args: string[], config: object, env: Record<string, string>) => {
      const { result } = await rig.dispatch({ config, tasks: [task("a", "true")] }, args, { env });
      expect(result.status).toBe("success");
      const [started] = rig.journal();
      return started?.type === "run.started" ? started.options["max_workers"] : undefined;
    };
    expect(await workers([], {}, {})).toBe(5);
    rig.write("dispatch.config.json", '{ // ours\n  "max_workers": 11,\n}');
    expect(await workers([], {}, {})).toBe(11);
    expect(await workers([], { max_workers: 12 }, {})).toBe(12);
    expect(await workers([], { max_workers: 12 }, { DISPATCH_MAX_WORKERS: "13" })).toBe(13);
    expect(await workers(["-w", "14"], { max_workers: 12 }, { DISPATCH_MAX_WORKERS: "13" })).toBe(14);
  });
});
