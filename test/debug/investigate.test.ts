import { spawnSync } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { confidenceOf } from "../../src/debug/confidence.ts";
import { createHarness, type DebugHarness } from "../bench/debug-harness.ts";
import { has } from "../bench/programs.ts";
import { createManualClock } from "./clock.ts";
import { plant, python_shop } from "./planted.ts";

/** Creates a harness with a stopped clock, so that a busy machine skips nothing; `budget.test.ts` tests the time limit. */
const frozenHarness = (folder: string, env: Readonly<Record<string, string>> = {}): DebugHarness =>
  createHarness(folder, { env, clock: createManualClock() });

const with_git = has("git");

const assertion = [
  "    def test_discount_takes_percent():",
  ">       assert discount(100, 10) == 90",
  "E       assert 0 == 90",
  "E        +  where 0 = discount(100, 10)",
  "",
  "tests/test_cart.py:10: AssertionError",
].join("\n");

const crash = [
  "Traceback (most recent call last):",
  '  File "/srv/app/shop/report.py", line 5, in render_report',
  '    return "\\n".join(str(cart_total(cart)) for cart in carts)',
  '  File "/srv/app/shop/cart.py", line 9, in cart_total',
  "    total = sum(row_total(row) for row in rows)",
  '  File "/usr/lib/python3.11/functools.py", line 12, in wrapper',
  "    return f()",
  '  File "/srv/app/shop/cart.py", line 5, in row_total',
  '    return parse_price(row["price"]) * row["count"]',
  "KeyError: 'price'",
].join("\n");

describe.skipIf(!with_git)("in a repository", () => {
  test("a failed assertion leads to the called function, not to the test", async () => {
    using shop = plant(python_shop);
    using harness = frozenHarness(shop.folder);
    const { report } = await harness.investigate({
      problem_description: "test_discount_takes_percent fails",
      error_traces: [assertion],
    });
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", name: "discount" });
    expect(Math.abs((report.root_cause[0]?.line ?? 0) - 15)).toBeLessThanOrEqual(1);
    expect(report.root_cause[0]?.evidence).toContainEqual({
      kind: "test",
      text: "test_discount_takes_percent (tests/test_cart.py:10) names discount.",
    });
    expect(report.root_cause.map(({ file }) => file)).not.toContain("tests/test_cart.py");
    expect(report.baseline.failing_tests).toEqual(["tests/test_cart.py:10 test_discount_takes_percent"]);
  });

  test("a crash leads to the innermost frame in the user's own code, not in a library", async () => {
    using shop = plant(python_shop);
    using harness = frozenHarness(shop.folder);
    const { report } = await harness.investigate({ problem_description: "The report fails", error_traces: [crash] });
    expect(report.root_cause[0]).toMatchObject({ file: "shop/cart.py", line: 5, name: "row_total" });
    expect(report.baseline.errors[0]).toMatchObject({ type: "KeyError", frames: { own: 3, test: 0, library: 1, unknown: 0 } });
    expect(report.root_cause[0]?.lines.map(({ line }) => line)).toEqual([3, 4, 5, 6, 7]);
  });

  test("a bare message with values in it leads to the line that raises it", async () => {
    using shop = plant(python_shop);
    using harness = frozenHarness(shop.folder);
    const { report } = await harness.investigate({
      problem_description: "Orders are refused",
      error_traces: ["A price must not be negative: -12"],
    });
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", line: 10, name: "parse_price" });
    expect(report.focus.raised_at).toContainEqual(expect.objectContaining({ file: "shop/prices.py", line: 10 }));
  });

  test("an error class alone leads to the line that raises it", async () => {
    using shop = plant(python_shop);
    using harness = frozenHarness(shop.folder);
    const { report } = await harness.investigate({
      problem_description: "Orders are refused",
      error_traces: ["PriceError"],
    });
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", line: 10 });
  });

  test("reports who last changed the lines, and which files changed with them", async () => {
    using shop = plant(python_shop);
    for (const name of ["a", "b", "c"]) shop.commit(`Add ${name}`, { [`${name}.txt`]: name });
    shop.commit("Take the discount in tenths", {
      "shop/prices.py": (python_shop["shop/prices.py"] ?? "").replace("// 10", "/ 10"),
      "shop/report.py": `${python_shop["shop/report.py"]}\n`,
    });
    using harness = frozenHarness(shop.folder);
    const { report } = await harness.investigate({ problem_description: "A discount is wrong", error_traces: [assertion] });
    expect(report.root_cause[0]).toMatchObject({
      name: "discount",
      last_changed: { author: "Ada", subject: "Take the discount in tenths", with_files: ["shop/report.py"] },
    });
    expect(report.root_cause[0]?.evidence.find(({ kind }) => kind === "history")?.text).toContain("the newest commit");
  });

  test("searches untracked files too", async () => {
    using shop = plant(python_shop);
    shop.write({ "shop/tax.py": 'def tax(rate):\n    raise ValueError("the tax office does not answer")\n' });
    using harness = frozenHarness(shop.folder);
    const { report } = await harness.investigate({
      problem_description: "No tax",
      error_traces: ["ValueError: the tax office does not answer"],
    });
    expect(report.root_cause[0]).toMatchObject({ file: "shop/tax.py", line: 2 });
  });

  test("each depth adds more sources", async () => {
    using shop = plant(python_shop);
    using harness = frozenHarness(shop.folder);
    const causeAt = async (analysis_depth: "quick" | "standard" | "deep") =>
      (await harness.investigate({ problem_description: "A discount is wrong", error_traces: [assertion], analysis_depth }))
        .report.root_cause[0];
    const [quick, standard, deep] = [await causeAt("quick"), await causeAt("standard"), await causeAt("deep")];
    expect(quick).toMatchObject({ name: "discount" });
    expect(quick).not.toHaveProperty("last_changed");
    expect(quick).not.toHaveProperty("called_from");
    expect(standard).toMatchObject({
      called_from: ["shop/cart.py:10: return discount(total, percent)"],
      tests: ["tests/test_cart.py:10: assert discount(100, 10) == 90"],
    });
    expect(standard).toHaveProperty("last_changed");
    expect(standard).not.toHaveProperty("callers");
    expect(deep).toMatchObject({ callers: ['shop/report.py:5: return "\\n".join(str(cart_total(cart)) for cart in carts)'] });
    expect(deep?.history?.[0]).toMatch(/^[0-9a-f]{10} \d{4}-\d\d-\d\d Begin$/);
  });
});

test("without git, it finds the same place and reports the missing history", async () => {
  using shop = plant(python_shop, { git: false });
  using harness = frozenHarness(shop.folder, { GIT_CEILING_DIRECTORIES: join(shop.folder, "..") });
  const { report } = await harness.investigate({
    problem_description: "A discount is wrong",
    error_traces: [assertion, "A price must not be negative: -12"],
  });
  expect(report.root_cause[0]).toMatchObject({ name: "discount" });
  expect(report.focus.raised_at[0]).toMatchObject({ file: "shop/prices.py", line: 10 });
  expect(report.not_seen.join(" ")).toMatch(/History: .* is not in a readable git repository/);
  expect(report.baseline.workspace.git).toBe(false);
});

test("without evidence, it reports no cause and asks for more input", async () => {
  using shop = plant({ "notes.py": "x = 1\n" }, { git: false });
  using harness = frozenHarness(shop.folder, { GIT_CEILING_DIRECTORIES: join(shop.folder, "..") });
  const { report } = await harness.investigate({ problem_description: "Everything feels wrong" });
  expect(report.root_cause).toEqual([]);
  expect(report.synthesis).toMatch(
    /^No evidence points to a cause\. To narrow it down, provide .*error_traces.*affected_files/,
  );
});

test("reports callers only from files in the same language", async () => {
  using shop = plant({ ...python_shop, "web/cart.ts": "const total = parse_price(row);\n" }, { git: false });
  using harness = frozenHarness(shop.folder);
  const { report } = await harness.investigate({ problem_description: "parse_price is too strict" });
  expect(report.root_cause[0]).toMatchObject({
    name: "parse_price",
    called_from: ['shop/cart.py:5: return parse_price(row["price"]) * row["count"]'],
  });
});

test("reports a missing file, and suggests a similar one", async () => {
  using shop = plant(python_shop, { git: false });
  using harness = frozenHarness(shop.folder);
  const { report } = await harness.investigate({ problem_description: "It fails", affected_files: ["lib/cart.py", "shop"] });
  expect(report.findings).toContainEqual({
    kind: "missing_file",
    severity: "error",
    file: "lib/cart.py",
    message: "lib/cart.py does not exist. The workspace has shop/cart.py.",
  });
  expect(report.findings).toContainEqual(expect.objectContaining({ kind: "unreadable_file", file: "shop" }));
});

test("reports the evidence for and against a hypothesis", async () => {
  using shop = plant(python_shop, { git: false });
  using harness = frozenHarness(shop.folder);
  const assess = async (hypothesis: string) =>
    (await harness.investigate({ problem_description: "The report fails", error_traces: [crash], hypothesis })).report
      .hypothesis;
  const right = await assess("A row has no price when row_total reads it");
  expect(right).toMatchObject({ verdict: "supported" });
  expect(right?.for.join(" ")).toContain("shop/cart.py:5");
  const wrong = await assess("The database in shop/storage.py drops its connectionPool");
  expect(wrong).toMatchObject({ verdict: "contradicted", for: [] });
  expect(wrong?.against).toContain("The workspace has no file shop/storage.py.");
  expect(await assess("")).toBeUndefined();
});

test("gathered context counts as evidence if it mentions a suspect", async () => {
  using shop = plant(python_shop, { git: false });
  using harness = frozenHarness(shop.folder);
  const { report } = await harness.investigate({
    problem_description: "A discount takes the wrong percent",
    error_traces: [assertion],
    pre_gathered_context: {
      "rag:prices": { type: "rag", content: "discount takes whole percent since the last release" },
      "file:x": "nothing",
    },
  });
  expect(report.root_cause[0]?.evidence).toContainEqual({
    kind: "context",
    text: "The context rag:prices mentions discount.",
  });
  expect(report.baseline.context_used).toEqual(["rag:prices"]);
});

test("a TypeScript test leads through its imports to the called function", async () => {
  using shop = plant(
    {
      "src/money/round.ts": "export function roundMoney(value: number): number {\n  return Math.floor(value * 100) / 100;\n}\n",
      "src/money/index.ts": 'export { roundMoney } from "./round.js";\n',
      "src/other.ts": "export function roundTrip(): number {\n  return 1;\n}\n",
      "src/money/round.test.ts":
        'import { expect, test } from "vitest";\nimport { roundMoney } from "./index.js";\n\ntest("rounds half up", () => {\n  expect(roundMoney(1.005)).toBe(1.01);\n});\n',
    },
    { git: false },
  );
  using harness = frozenHarness(shop.folder);
  const { report } = await harness.investigate({
    problem_description: "rounds half up",
    error_traces: [
      " FAIL  src/money/round.test.ts > rounds half up\nAssertionError: expected 1 to be 1.01 // Object.is equality\n ❯ src/money/round.test.ts:5:29\n",
    ],
  });
  expect(report.root_cause[0]).toMatchObject({ file: "src/money/round.ts", name: "roundMoney" });
});

test("confidence depends only on the number of independent kinds of evidence", async () => {
  const of = (...kinds: ("trace" | "test" | "words" | "history")[]) => confidenceOf(kinds.map((kind) => ({ kind, text: "" })));
  expect([
    of("trace"),
    of("trace", "trace"),
    of("trace", "test"),
    of("trace", "test", "words"),
    of("trace", "test", "words", "history"),
  ]).toEqual([0.3, 0.3, 0.51, 0.66, 0.76]);
  using shop = plant(python_shop, { git: false });
  using harness = frozenHarness(shop.folder);
  const { report } = await harness.investigate({
    problem_description: "A discount is wrong",
    error_traces: [assertion, crash],
    affected_files: ["shop/prices.py"],
  });
  expect(report.root_cause.length).toBeGreaterThan(1);
  for (const cause of report.root_cause) expect(cause.confidence).toBe(confidenceOf(cause.evidence));
});

describe("unreadable files do not stop it", () => {
  test("a FIFO, a symlink loop, binary and minified files", async () => {
    using shop = plant(
      { ...python_shop, "blob.py": "\0\0\0", "dist/bundle.js": `${"a();".repeat(200_000)}\n` },
      { git: false },
    );
    spawnSync("mkfifo", [join(shop.folder, "pipe.py")]);
    symlinkSync(shop.folder, join(shop.folder, "loop"));
    symlinkSync(join(shop.folder, "gone.py"), join(shop.folder, "dangling.py"));
    writeFileSync(join(shop.folder, "large.py"), "x = 1\n".repeat(400_000));
    using harness = frozenHarness(shop.folder);
    const affected_files = ["pipe.py", "blob.py", "dist/bundle.js", "loop", "dangling.py", "large.py"];
    const { report } = await harness.investigate({
      problem_description: "It fails",
      affected_files,
      error_traces: [crash, "Error: x\n    at e.r (dist/bundle.js:1:23456)"],
    });
    expect(report.baseline.affected_files.map(({ state }) => state)).toEqual([
      "not_a_file",
      "binary",
      expect.stringContaining("lines"),
      "not_a_file",
      "missing",
      "too_large",
    ]);
    expect(report.root_cause.map(({ file }) => file)).toContain("shop/cart.py");
    expect(report.not_seen.join(" ")).toContain("minified code: dist/bundle.js:1:23456");
  });

  test("it stops when the caller aborts it", async () => {
    using shop = plant(python_shop, { git: false });
    using harness = frozenHarness(shop.folder);
    const stop = new AbortController();
    stop.abort({ type: "caller" });
    await expect(
      harness.investigate({ problem_description: "It fails", error_traces: [crash] }, stop.signal),
    ).rejects.toBeDefined();
  });
});

afterAll(() => {
  if (!with_git) process.stdout.write("skipped: investigations in a repository, because git is not installed\n");
});
