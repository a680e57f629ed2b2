import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { RunResult } from "../../src/index.ts";
import { bin, Rig, root } from "../support/rig.ts";
import { vendor_streams } from "../support/vendor-streams.ts";

const example = (name: string): string => readFileSync(join(root, "examples", name), "utf8");

const gitStatus = (): string => execFileSync("git", ["status", "--porcelain"], { cwd: root, encoding: "utf8" });

const outputsOf = (result: RunResult): Record<string, unknown> =>
  Object.fromEntries(result.results.map(({ task_id, output }) => [task_id, output]));

/** Runs an example from the root of the checkout, with its traces elsewhere. */
async function runExample(rig: Rig, name: string, args: readonly string[] = []) {
  return rig.dispatch(JSON.parse(example(name)) as object, ["--trace-dir", join(rig.folder, "traces"), ...args], { cwd: root });
}

/** A project that is not this one, with `dispatch` on its PATH. */
function project(rig: Rig): { cwd: string; shell(script: string): ReturnType<typeof spawnSync> } {
  rig.write("app/package.json", { name: "app", version: "1.2.3", license: "MIT" });
  rig.write("app/LICENSE", "MIT License\n");
  rig.write("app/README.md", "# App\n\nSee [the license](LICENSE).\n");
  rig.write("app/src/main.js", "// TODO: begin\n");
  const cwd = join(rig.folder, "app");
  const git = (...args: string[]): void => {
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@example.com", ...args], { cwd });
  };
  git("init", "--quiet");
  git("add", ".");
  git("commit", "--quiet", "--message", "begin");
  const path = join(rig.folder, "path");
  mkdirSync(path);
  symlinkSync(bin, join(path, "dispatch"));
  const env = { ...process.env, PATH: `${path}${delimiter}${process.env["PATH"] ?? ""}`, NO_COLOR: "1" };
  return { cwd, shell: (script) => spawnSync("sh", ["-c", script], { cwd, env, encoding: "utf8" }) };
}

/** Every file below a folder that git ignores is what this run has made. */
const isIgnored = (path: string): boolean => spawnSync("git", ["check-ignore", "-q", path], { cwd: root }).status === 0;

test("the quickstart checks, builds and reports on a small tool, and leaves no file that git sees", async () => {
  await using rig = new Rig();
  const before = gitStatus();
  const { result, exit_code, stderr } = await runExample(rig, "quickstart.json");
  expect(result.results.map(({ task_id, status }) => [task_id, status])).toEqual([
    ["lint", "success"],
    ["types", "success"],
    ["test", "success"],
    ["build", "success"],
    ["report", "success"],
  ]);
  expect(exit_code, stderr).toBe(0);
  expect(outputsOf(result)).toMatchObject({
    lint: { stdout: expect.stringContaining("No fixes applied") },
    test: { stdout: expect.stringMatching(/^\S+ pass 3$/m) },
    build: { file: "generated/toc.mjs", bytes: expect.any(Number) },
    report: { stdout: expect.stringMatching(/^Built generated\/toc\.mjs, \d+ bytes\n$/) },
  });
  expect((await runExample(rig, "quickstart.json")).exit_code).toBe(0);
  expect(gitStatus()).toBe(before);
});

describe("the nodes", () => {
  test("are written and reviewed, in a folder that git ignores", async () => {
    await using rig = new Rig();
    const before = gitStatus();
    const { result, exit_code } = await runExample(rig, "nodes.json");
    expect(result.results.map(({ task_id, status }) => [task_id, status])).toEqual([
      ["write-orders", "success"],
      ["write-totals", "success"],
      ["review-orders", "success"],
      ["review-totals", "success"],
    ]);
    expect(exit_code).toBe(0);
    for (const name of ["write-orders", "write-totals"]) {
      const path = String((outputsOf(result)[name] as Record<string, unknown>)["output_path"]);
      expect(isIgnored(path), path).toBe(true);
      expect(readFileSync(path, "utf8")).toContain("class Node");
    }
    const orders = String((outputsOf(result)["write-orders"] as Record<string, unknown>)["code"]);
    expect(orders).toContain('COLUMNS = ("id", "customer_id", "total_amount", "product_ids", "placed_at")');
    // The second run finds its own files unchanged, and may replace them.
    expect((await runExample(rig, "nodes.json")).exit_code).toBe(0);
    expect(gitStatus()).toBe(before);
  });
});

describe("the three examples of investigating and generating", () => {
  const args = (rig: Rig): string[] => [
    "--var",
    `OUTPUT_DIR=${join(rig.folder, "out")}`,
    "--var",
    "PROJECT_DIR=examples/project",
  ];

  test("three nodes at once", async () => {
    await using rig = new Rig();
    const { result } = await runExample(rig, "three-nodes.json", args(rig));
    expect(result.results.map(({ status }) => status)).toEqual(["success", "success", "success"]);
    expect(readdirSync(join(rig.folder, "out")).sort()).toEqual([
      "node_order_updater_effect.py",
      "node_product_reader_effect.py",
      "node_user_writer_effect.py",
    ]);
  });

  test("an investigation, then a node: it finds where the error is raised", async () => {
    await using rig = new Rig();
    const { result } = await runExample(rig, "debug-then-fix.json", args(rig));
    expect(result.results.map(({ status }) => status)).toEqual(["success", "success"]);
    const { root_cause } = outputsOf(result)["debug-auth-failure"] as { root_cause: { file: string; line: number }[] };
    const line = readFileSync(join(root, "examples/project/auth/authenticator.py"), "utf8")
      .split("\n")
      .findIndex((text) => text.includes("Invalid token signature"));
    expect(root_cause[0]?.file).toContain("auth/authenticator.py");
    expect(Math.abs((root_cause[0]?.line ?? 0) - (line + 1))).toBeLessThanOrEqual(5);
    expect(outputsOf(result)["gen-fixed-auth"]).toMatchObject({
      class_name: expect.stringMatching(/^NodeAuthenticatorEffect/),
    });
  });

  test("an investigation without a trace finds the queries in loops; a node is written beside it", async () => {
    await using rig = new Rig();
    const { result } = await runExample(rig, "debug-and-generate.json", args(rig));
    expect(result.results.map(({ status }) => status)).toEqual(["success", "success"]);
    const lines = readFileSync(join(root, "examples/project/api/endpoints.py"), "utf8").split("\n");
    const { root_cause } = outputsOf(result)["debug-api-performance"] as { root_cause: { file: string; line: number }[] };
    const found = root_cause.map(({ line }) => lines[line - 1] ?? "");
    expect(found.some((text) => text.includes("FROM products WHERE id"))).toBe(true);
  });
});

describe("context", () => {
  test("each task is given what it names, uses it, and 70 % fewer tokens are sent than all of it to each", async () => {
    await using rig = new Rig();
    const before = gitStatus();
    const { result, exit_code, stderr } = await runExample(rig, "with-context.json");
    expect(exit_code, stderr).toBe(0);
    expect(result.results.map(({ context }) => context?.missing)).toEqual([[], [], [], [], []]);
    expect(result.context?.reduction).toBeGreaterThanOrEqual(0.7);
    const outputs = outputsOf(result) as Record<string, { context_used: string[]; baseline: { context_used: string[] } }>;
    expect(outputs["why-tokens-fail"]?.baseline.context_used).toContain("file:auth/token_manager.py");
    expect(outputs["why-slow"]?.baseline.context_used).toEqual(["file:api/endpoints.py"]);
    expect(outputs["token-store"]?.context_used).toEqual(["pattern:onex-effect-node"]);
    expect(outputs["token-check"]?.context_used).toEqual(["pattern:onex-compute-node"]);
    expect(Object.keys(outputs["overview"] ?? {})).toEqual(["structure:.", "pattern:error-handling"]);
    expect(gitStatus()).toBe(before);
  });
});

describe("the release check", () => {
  test("checks this project, and leaves its tree as it was", async () => {
    await using rig = new Rig();
    const before = gitStatus();
    const { result, exit_code } = await runExample(rig, "release-check.json");
    expect(result.results.filter((row) => row.status !== "success")).toEqual([]);
    expect(exit_code).toBe(0);
    const { manifest, sources, links, report } = outputsOf(result) as Record<string, Record<string, unknown>>;
    expect(manifest).toMatchObject({ name: "agent-dispatch", license: "MIT" });
    expect(sources?.["lines"]).toBeGreaterThan(1000);
    expect(links?.["broken"]).toEqual([]);
    expect(report).toMatchObject({ ready: true, blockers: [] });
    expect(report?.["report"]).toHaveLength(7);
    expect(gitStatus()).toBe(before);
  });

  test("finds what is wrong with another project, and reports it", async () => {
    await using rig = new Rig();
    const { cwd } = project(rig);
    rig.write("app/README.md", "# App\n\nSee [the license](LICENSE) and [the manual](docs/manual.md).\n");
    const { result } = await rig.dispatch(JSON.parse(example("release-check.json")) as object, [], { cwd });
    expect(result.status).toBe("success");
    expect(outputsOf(result)).toMatchObject({
      todos: { markers: 1, files: 1 },
      links: { checked: 2, broken: ["README.md -> docs/manual.md"] },
      licenses: { own: "MIT" },
      report: { ready: false, blockers: ["README.md -> docs/manual.md"] },
    });
  });

  test("says what it needs where it cannot work", async () => {
    await using rig = new Rig();
    const { result } = await rig.dispatch(JSON.parse(example("release-check.json")) as object);
    const { error } = result.results.find((row) => row.task_id === "manifest") ?? {};
    expect(error).toContain("There is no package.json here");
    expect(result.results.find((row) => row.task_id === "history")?.error).toContain("not a git repository");
  });
});

test("fan-out and fan-in: the parts add up to the whole", async () => {
  await using rig = new Rig();
  const { result } = await runExample(rig, "fan-out-fan-in.json");
  expect(result.status).toBe("success");
  const words = readFileSync(join(root, "LICENSE"), "utf8").match(/[A-Za-z]+/g) ?? [];
  expect(outputsOf(result)["merge"]).toMatchObject({ words: words.length });
});

test("retries and verify: what is flaky succeeds in the end, what is hasty is found out", async () => {
  await using rig = new Rig();
  const before = gitStatus();
  const { result, exit_code } = await runExample(rig, "flaky-retries.json");
  expect(exit_code).toBe(0);
  expect(result.results.map(({ task_id, attempts }) => [task_id, attempts])).toEqual([
    ["flaky", 3],
    ["hasty", 2],
    ["strict", 1],
    ["after", 1],
  ]);
  expect(outputsOf(result)["after"]).toEqual({ rows: 42, attempts: 3 });
  expect(gitStatus()).toBe(before);
});

describe("the GitHub workflow", () => {
  interface Workflow {
    jobs: Record<string, { steps: { run?: string; uses?: string; with?: { path?: string } }[] }>;
  }
  // YAML of the file in the same repository; a wrong shape fails the tests below.
  const { jobs } = parse(example("ci-workflow.yml")) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  const lines = steps.flatMap(({ run }) => (run?.startsWith("npx dispatch") ? [run.replace("npx ", "")] : []));

  test("every line of it that calls dispatch works, and makes what is uploaded", async () => {
    await using rig = new Rig();
    const { cwd, shell } = project(rig);
    rig.write("app/checks.json", example("release-check.json"));
    expect(lines).toHaveLength(3);
    for (const line of lines) {
      const { status, stderr } = shell(line);
      expect({ line, status, stderr: status === 0 ? "" : stderr }).toEqual({ line, status: 0, stderr: "" });
    }
    const uploaded = steps.flatMap((step) => step.with?.path?.split("\n").filter((path) => path !== "") ?? []);
    const made = readdirSync(cwd);
    expect(uploaded.filter((path) => !made.includes(path.replace("/", "")))).toEqual([]);
    expect(uploaded).toHaveLength(3);
  });
});

describe("the command for Claude Code", () => {
  const text = example("claude-command.md");
  const [, head = "", body = ""] = text.split(/^---$/m);
  const fenced = [...body.matchAll(/```sh\n([\s\S]*?)```/g)].map((match) => match[1]?.trim() ?? "");
  const inline = [...body.matchAll(/`(dispatch [^`\n]+)`/g)].map((match) => match[1] ?? "");

  test("says what it is for, and may use dispatch", () => {
    expect(parse(head.replace(/^argument-hint:.*$/m, ""))).toMatchObject({
      description: expect.stringContaining("dispatch"),
      "allowed-tools": expect.stringContaining("Bash(dispatch:*)"),
    });
    expect(body).toContain("$ARGUMENTS");
  });

  test("every command in it works", async ({ skip }) => {
    await using rig = new Rig();
    const { shell } = project(rig);
    skip(shell("command -v jq").status !== 0, "jq is not installed: the command file reads results with it");
    rig.write("app/.dispatch/tasks.json", example("flaky-retries.json"));
    expect(inline.length + fenced.length).toBeGreaterThanOrEqual(7);
    for (const line of [...inline, ...fenced]) {
      const { status, stderr } = shell(line);
      expect({ line, status, stderr: status === 0 ? "" : stderr }).toEqual({ line, status: 0, stderr: "" });
    }
  });
});

test("the index names every example, and every command in it works", { timeout: 300_000 }, async () => {
  await using rig = new Rig();
  const index = example("README.md");
  for (const name of readdirSync(join(root, "examples")))
    if (name !== "README.md") expect(index).toContain(`[${name}](${name})`);
  const lines = [...index.matchAll(/`(\.\/bin\/dispatch\.js [^`]+)`/g)].map((match) => match[1] ?? "");
  expect(lines).toHaveLength(11);
  for (const line of lines) {
    const { status, stderr } = spawnSync("sh", ["-c", line.replace("FILE", "examples/nodes.json")], {
      cwd: root,
      env: { ...process.env, DISPATCH_TRACE_DIR: join(rig.folder, "traces") },
      encoding: "utf8",
    });
    expect({ line, status, stderr: status === 0 ? "" : stderr }).toEqual({ line, status: 0, stderr: "" });
  }
});

describe("the four real agents", () => {
  test("review and fix a change as their tasks say; fake programs play the agents", async () => {
    await using rig = new Rig();
    const { cwd } = project(rig);
    for (const [name, { session, message, completed }] of Object.entries(vendor_streams)) {
      const text = name === "claude" ? '{"findings": []}' : `read by ${name}`;
      const lines = [session("s-1"), message(text), completed(text)].map((line) => JSON.stringify(line)).join("\n");
      const script = `#!/bin/sh\necho "$*" > ${rig.folder}/${name}.args\ncat > ${rig.folder}/${name}.prompt\ncat <<'EOF'\n${lines}\nEOF\n`;
      chmodSync(rig.write(`path/${name}`, script), 0o755);
    }
    const env = { PATH: `${join(rig.folder, "path")}${delimiter}${process.env["PATH"] ?? ""}`, HOME: rig.folder };
    const { result, exit_code } = await rig.dispatch(JSON.parse(example("agents.json")) as object, [], { cwd, env });
    expect(outputsOf(result)).toMatchObject({
      "read-claude": { findings: [] },
      "read-codex": "read by codex",
      "read-gemini": "read by gemini",
      fix: "read by opencode",
    });
    expect(exit_code).toBe(0);
    // The reviews reach the agent that fixes the change, as data.
    expect(rig.read("opencode.prompt")).toContain("read by codex");
    expect(rig.read("claude.args")).toContain("--json-schema");
    expect(rig.read("gemini.args")).toContain("--approval-mode plan");
  });
});
