import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { report_kinds } from "../../src/reports/index.ts";
import { cutJournal, damageLine, goodRun, killedAndResumedRun, mixedRun } from "../support/recorded.ts";
import { Rig, task } from "../support/rig.ts";

describe("dispatch report", () => {
  const rig = new Rig();
  let run_id: string;
  beforeAll(async () => {
    run_id = (await mixedRun(rig)).folder.run_id;
  });
  afterAll(() => rig.close());

  test("every format goes to stdout, and the report of a failed run exits with 0", async () => {
    const help = await rig.run(["report", "--help"]);
    expect(help.stdout).toContain("Examples:\n");
    for (const kind of report_kinds) {
      expect(help.stdout).toContain(`"${kind}"`);
      const ended = await rig.run(["report", "latest", "--format", kind]);
      expect(ended, kind).toMatchObject({ exit_code: 0, stderr: "" });
      expect(ended.stdout, kind).toContain("check");
    }
  });

  test("the JSON report is the result that the run printed", async () => {
    const { stdout } = await rig.run(["report", run_id.slice(0, 18), "--format", "json"]);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(rig.read(`traces/${run_id}/result.json`)));
  });

  test("with -o the report goes to a file and stdout stays empty", async () => {
    expect(await rig.run(["report", "--format", "junit", "-o", "out.xml"])).toMatchObject({ exit_code: 0, stdout: "" });
    expect(rig.read("out.xml")).toMatch(/^<\?xml .*<\/testsuites>\n$/s);
  });

  test("a file that cannot be written is an error that names it", async () => {
    mkdirSync(join(rig.folder, "folder"));
    const ended = await rig.run(["report", "-o", "folder"]);
    expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
    expect(ended.stderr).toBe("dispatch: --output folder is a folder. Pass a file.\n");
  });

  test("in a GitHub step the annotations go to stdout, and the summary is appended to the step's", async () => {
    const file = rig.write("summary.md", "Earlier text");
    const ended = await rig.run(["report", "--format", "github"], { env: { GITHUB_STEP_SUMMARY: file } });
    expect(ended.stdout).toMatch(/^::error title=check%3A exit::/);
    expect(ended.stdout).not.toContain("# Run");
    expect(rig.read("summary.md")).toMatch(new RegExp(`^Earlier text\n\n# Run ${run_id}\n`));
  });

  test("a step's summary that is full stays as it is, with a message", async () => {
    const file = rig.write("full.md", "x".repeat(1024 * 1024 - 50));
    const ended = await rig.run(["report", "--format", "github"], { env: { GITHUB_STEP_SUMMARY: file } });
    expect(ended.exit_code).toBe(0);
    expect(ended.stderr).toContain("left out of $GITHUB_STEP_SUMMARY, which is full");
    expect(rig.read("full.md")).toHaveLength(1024 * 1024 - 50);
  });

  test("an unknown run is an error with advice, and stdout stays empty", async () => {
    const ended = await rig.run(["report", "2001"]);
    expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
    expect(ended.stderr).toMatch(/^dispatch: There is no run 2001 in .*\n$/);
  });

  test("the trace directory comes from the flag, the environment, or dispatch.config.json", async () => {
    const elsewhere = join(rig.folder, "elsewhere");
    mkdirSync(elsewhere);
    const trace_dir = join(rig.folder, "traces");
    expect((await rig.run(["report"], { cwd: elsewhere })).exit_code).toBe(2);
    expect((await rig.run(["report", "--trace-dir", trace_dir], { cwd: elsewhere })).stdout).toContain(run_id);
    expect((await rig.run(["report"], { cwd: elsewhere, env: { DISPATCH_TRACE_DIR: trace_dir } })).stdout).toContain(run_id);
    rig.write("elsewhere/dispatch.config.json", { trace_dir });
    expect((await rig.run(["report"], { cwd: elsewhere })).stdout).toContain(run_id);
  });
});

test("the report of a truncated journal shows the run and its last task as open", async () => {
  await using rig = new Rig();
  await goodRun(rig);
  cutJournal(rig, '"type":"task.finished","task_id":"second"');
  const ended = await rig.run(["report"]);
  expect(ended.exit_code).toBe(0);
  expect(ended.stderr).toContain("Skipped 1 damaged line of the journal ");
  expect(ended.stdout).toContain("- **Status**: open\n");
  expect(ended.stdout).toContain("1 success, 1 open");
  expect(ended.stdout).toContain("- `second`: open");
});

test("marks that change the direction of text appear in no report, trace, graph or progress line", async () => {
  await using rig = new Rig();
  // The marks of the Unicode Bidirectional Algorithm, written as escapes so that this file stays readable.
  const marks = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
  const description = `safe ${marks}exe.gpj`;
  const show = `printf '%s\\n' 'out ${marks}exe.gpj'; printf '%s\\n' 'err ${marks}exe.gpj' >&2`;
  rig.write("tasks.json", {
    user_prompt: description,
    tasks: [task("good", show, { description }), task("bad", `${show}; exit 3`, { description, retries: 1 })],
  });
  const shown = [await rig.run(["run", "tasks.json", "--format", "markdown"])];
  for (const kind of ["markdown", "junit", "github"]) shown.push(await rig.run(["report", "--format", kind]));
  for (const args of [[], ["latest"], ["good"], ["bad"]]) shown.push(await rig.run(["trace", ...args]));
  for (const format of ["text", "mermaid", "dot"]) shown.push(await rig.run(["graph", "tasks.json", "--format", format]));
  const text = shown.map(({ stdout, stderr }) => stdout + stderr).join("\n");
  expect(text.match(/(safe|out|err) exe\.gpj/g)?.length).toBeGreaterThan(10);
  expect(text.match(/.*[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069].*/g)).toBeNull();
});

test("an attempt that ended with a killed dispatch is interrupted in every report and in the trace", async () => {
  await using rig = new Rig();
  await killedAndResumedRun(rig);
  const printed = async (...args: string[]): Promise<string> => (await rig.run(args)).stdout;
  const why = "dispatch was killed or the machine went down during the attempt.";
  expect(await printed("report")).toContain(`- **Attempt 1 was interrupted** (interrupted): ${why}\n`);
  expect(await printed("report", "--format", "github")).toContain(`::Attempt 1 was interrupted: ${why}\n`);
  const junit = await printed("report", "--format", "junit");
  expect(junit).toContain(`<flakyError message="${why}" type="interrupted">`);
  expect(junit).toContain(`Attempt 1 was interrupted: ${why}`);
  expect(await printed("report", "--format", "chrome-trace")).toMatch(/"attempt":1,.*"status":"interrupted"/);
  expect(await printed("trace", "latest")).toMatch(/^held .* attempt 1 was interrupted: dispatch was killed/m);
  expect(await printed("trace", "held")).toMatch(
    /attempt 1 started.*\n.* s {2}run resumed; attempt 1 was interrupted\n.* ready/,
  );
  expect(await printed("trace", "after"), "it had not started").not.toContain("run resumed");
});

test("an attempt whose end is damaged in the journal does not count as interrupted", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("flaky", 'test "$DISPATCH_ATTEMPT" = 2', { retries: 1 })] });
  damageLine(rig, '"type":"attempt.finished","task_id":"flaky"');
  const { stdout } = await rig.run(["report"]);
  expect(stdout).toContain("- **Attempt 1 has no end** (internal): Its end in the journal is damaged.\n");
});

test("a success that a resume repeats is no failed attempt in any report", async () => {
  await using rig = new Rig();
  await rig.dispatch({ tasks: [task("a", "true")] });
  expect((await rig.run(["resume", "--task", "a"])).exit_code).toBe(0);
  for (const kind of report_kinds) {
    const { stdout } = await rig.run(["report", "--format", kind]);
    expect(stdout, kind).not.toMatch(/was cancelled|flaky|No error message|after 2 attempts/);
  }
});
