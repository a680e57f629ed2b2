import { execFileSync, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import type { Report } from "../../src/debug/report.ts";
import { has } from "../bench/programs.ts";
import { Rig } from "../support/rig.ts";

/** Runs one investigation with the real binary. */
async function investigate(rig: Rig, input_data: object, agent = "debug"): Promise<Report> {
  const ended = await rig.run(["run"], {
    input: { tasks: [{ task_id: "look", agent, input_data: { time_budget_ms: 600_000, ...input_data } }] },
  });
  const { results } = JSON.parse(ended.stdout) as { results: { status: string; error: string | null; output: Report }[] };
  expect(results[0], ended.stderr).toMatchObject({ status: "success", error: null });
  return results[0]?.output as Report; // present, because the task succeeded
}

const places = ({ root_cause }: Report): string[] => root_cause.map(({ file, line }) => `${file}:${line}`);

const cart = `import json


def load_rows(path):
    with open(path) as file:
        return json.load(file)


def cart_total(rows):
    return sum(row["price"] * row["count"] for row in rows)


print(cart_total(load_rows("rows.json")))
`;

test.skipIf(!has("python3"))("the crash of a Python program leads to the line that raised", async () => {
  await using rig = new Rig();
  rig.write("shop/cart.py", cart);
  rig.write("rows.json", '[{"count": 2}]');
  const { stderr } = spawnSync("python3", ["shop/cart.py"], { cwd: rig.folder, encoding: "utf8" });
  const report = await investigate(rig, { problem_description: "The total cannot be computed", error_traces: [stderr] });
  expect(places(report)[0]).toBe("shop/cart.py:10");
  expect(report.baseline.errors[0]).toMatchObject({ language: "python", type: "KeyError" });
  expect(report.synthesis).toMatch(
    /^Look first at shop\/cart\.py:10: .* Confidence 0\.\d+, from \d independent kinds? of evidence/,
  );
});

test("the crash of a Node program leads to the line that threw, through its cause", async () => {
  await using rig = new Rig();
  rig.write(
    "src/cart.mjs",
    'export function price(row) {\n  return row.price.amount;\n}\n\nexport function total(rows) {\n  try {\n    return rows.map(price);\n  } catch (cause) {\n    throw new Error("no total", { cause });\n  }\n}\n',
  );
  const main = rig.write("src/main.mjs", 'import { total } from "./cart.mjs";\n\nawait null;\ntotal([{}]);\n');
  const { stderr } = spawnSync(process.execPath, [main], { encoding: "utf8" });
  const report = await investigate(rig, { issue_description: "No total", error_traces: stderr });
  expect(places(report).slice(0, 2).sort()).toEqual(["src/cart.mjs:2", "src/cart.mjs:9"]);
  expect(report.baseline.errors.map(({ type, relation }) => [type, relation])).toEqual([
    ["Error", null],
    ["TypeError", "cause"],
  ]);
});

test("`agent_debug_intelligence` is an alias, and the result shows the name `debug`", async () => {
  await using rig = new Rig();
  const ended = await rig.run(["run"], {
    input: { tasks: [{ task_id: "a", agent: "agent_debug_intelligence", input_data: { problem_description: "It fails" } }] },
  });
  expect(JSON.parse(ended.stdout)).toMatchObject({ status: "success", results: [{ agent: "debug" }] });
});

test("a missing file and a bare message give a finding and no cause without evidence", async () => {
  await using rig = new Rig();
  const report = await investigate(rig, {
    problem_description: "Authentication failures with 401 errors in production",
    affected_files: ["auth/authenticator.py"],
    error_traces: ["AuthenticationError: Invalid token signature"],
    analysis_depth: "deep",
  });
  expect(report.root_cause).toEqual([]);
  expect(report.findings).toContainEqual(expect.objectContaining({ kind: "missing_file", file: "auth/authenticator.py" }));
  expect(report.synthesis).toContain("No evidence points to a cause.");
  expect(report.not_seen[0]).toBe("Nothing was run: no test, no program, no debugger.");
});

test("a bare message leads to the line that raises it, with a path relative to the workspace", async () => {
  await using rig = new Rig();
  rig.write(
    "app/auth/token.py",
    'class AuthenticationError(Exception):\n    pass\n\n\ndef verify(token):\n    if not token:\n        raise AuthenticationError("Invalid token signature")\n',
  );
  const ended = await rig.run(["run", "--workspace", "app"], {
    input: {
      tasks: [
        {
          task_id: "a",
          agent: "debug",
          input_data: {
            problem_description: "401",
            time_budget_ms: 600_000,
            affected_files: ["auth/token.py"],
            error_traces: ["AuthenticationError: Invalid token signature"],
          },
        },
      ],
    },
  });
  const { results } = JSON.parse(ended.stdout) as { results: { output: Report }[] };
  expect(results[0]?.output.root_cause[0]).toMatchObject({ file: "auth/token.py", line: 7, name: "verify" });
});

test("reports slow code line by line", async () => {
  await using rig = new Rig();
  rig.write(
    "api/endpoints.py",
    "import time\n\n\ndef orders(db, users):\n    found = []\n    for user in users:\n        found.append(db.execute('SELECT id FROM orders WHERE user = ?', (user,)))\n    time.sleep(1)\n    return found\n",
  );
  const report = await investigate(rig, {
    problem_description: "API response times 2x slower than baseline",
    affected_files: ["api/endpoints.py"],
  });
  expect(places(report)).toEqual(["api/endpoints.py:7", "api/endpoints.py:8"]);
  expect(report.optimization.map(({ line, advice }) => [line, advice.split(" ")[0]])).toEqual([
    [7, "Fetch"],
    [8, "Wait"],
  ]);
});

test("reports the faults in code to examine, or that the rules found nothing", async () => {
  await using rig = new Rig();
  const file_path = rig.write("node_a.py", "def add(item, items=[]):\n    items.append(item)\n    return items\n");
  const bad = await investigate(rig, { problem_description: "Assess the quality of this node", file_path });
  expect(bad.findings).toContainEqual(expect.objectContaining({ kind: "quality", file: "node_a.py", line: 1 }));
  const clean = await investigate(rig, {
    problem_description: "Assess the quality of this node",
    code: "def add(a, b):\n    return a + b\n",
  });
  expect(clean.findings).toEqual([
    expect.objectContaining({
      kind: "clean",
      message: expect.stringMatching(/^\d\d rules found nothing in \(code\)\.py \(3 lines, 1 functions, 0 classes\)\.$/),
    }),
  ]);
  expect(clean.root_cause).toEqual([]);
});

test.skipIf(!has("python3"))("a file that cannot be parsed is the first cause, and is not run", async () => {
  await using rig = new Rig();
  rig.write("bad.py", "open('ran', 'w')\n\ndef f(:\n    pass\n");
  const report = await investigate(rig, { problem_description: "It does not start", affected_files: ["bad.py"] });
  expect(report.root_cause[0]).toMatchObject({ file: "bad.py", line: 3 });
  expect(rig.exists("ran")).toBe(false);
});

test("reports unknown input keys", async () => {
  await using rig = new Rig();
  const report = await investigate(rig, { problem_description: "It fails", severity: "high" });
  expect(report.findings).toContainEqual(
    expect.objectContaining({ kind: "input", message: expect.stringContaining("severity") }),
  );
});

test.skipIf(!has("git"))("the configuration of a repository runs no programs", async () => {
  await using rig = new Rig();
  rig.write("shop/cart.py", cart);
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", rig.folder, "-c", "user.name=a", "-c", "user.email=a@localhost", ...args], { stdio: "ignore" });
  git("init", "-q");
  git("add", "-A");
  git("commit", "-q", "-m", "Begin");
  const ran = `touch ${rig.folder}/ran`;
  rig.write(".gitattributes", "*.py diff=evil filter=evil\n");
  for (const key of [
    "core.fsmonitor",
    "diff.external",
    "diff.evil.textconv",
    "diff.evil.command",
    "core.pager",
    "filter.evil.smudge",
  ])
    git("config", key, ran);
  const trace = '  File "/srv/shop/cart.py", line 10, in cart_total\nKeyError: 1';
  const report = await investigate(rig, {
    problem_description: "cart_total fails",
    error_traces: [`Traceback (most recent call last):\n${trace}`],
    analysis_depth: "deep",
  });
  expect(report.root_cause[0]).toMatchObject({ line: 10, last_changed: { subject: "Begin" } });
  expect(rig.exists("ran")).toBe(false);
});

describe("survives garbage input", () => {
  test.each([
    ["random characters", [Array.from({ length: 5000 }, (_, i) => String.fromCharCode((i * 7919) % 55_000)).join("")]],
    ["an empty text", [""]],
    ["ten megabytes", ["    at f (/a/b.js:1:1)\n".repeat(500_000)]],
  ])("%s", async (_, error_traces) => {
    await using rig = new Rig();
    const report = await investigate(rig, {
      problem_description: "\u0000💥",
      error_traces,
      affected_files: ["\u0001", "/dev/zero", "/proc/self/mem", "."],
    });
    expect(report.root_cause).toEqual([]);
  });
});

test.each([
  ["an empty object", {}, "problem_description", /problem_description is missing, and so is issue_description/],
  ["an empty problem", { problem_description: "" }, "problem_description", /must not be empty/],
  ["a problem that is not a string", { problem_description: 3 }, "problem_description", /string/],
  ["files as a string", { problem_description: "x", affected_files: "a.py" }, "affected_files", /array|list/],
  ["an empty file name", { problem_description: "x", affected_files: [""] }, "affected_files", /must not be empty/],
  ["traces as numbers", { problem_description: "x", error_traces: [1] }, "error_traces", /list of strings/],
  ["an unknown depth", { problem_description: "x", analysis_depth: "deepest" }, "analysis_depth", /quick.*standard.*deep/],
  ["a hypothesis that is not a string", { problem_description: "x", hypothesis: [] }, "hypothesis", /string/],
  ["code that is not a string", { problem_description: "x", code: {} }, "code", /string/],
  ["an empty path", { problem_description: "x", file_path: "" }, "file_path", /must not be empty/],
  ["context as a list", { problem_description: "x", pre_gathered_context: [] }, "pre_gathered_context", /object|record/],
  [
    "context of numbers",
    { problem_description: "x", pre_gathered_context: { a: 1 } },
    "pre_gathered_context",
    /text or an object/,
  ],
])("rejects invalid input before anything runs: %s", async (_, input_data, field, says) => {
  await using rig = new Rig();
  const ended = await rig.run(["run"], { input: { tasks: [{ task_id: "look", agent: "debug", input_data }] } });
  expect(ended).toMatchObject({ exit_code: 2, stdout: "" });
  expect(ended.stderr).toContain(field);
  expect(ended.stderr).toMatch(says);
  expect(rig.exists("traces")).toBe(false);
});
