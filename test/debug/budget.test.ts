import { describe, expect, test } from "vitest";
import { type Budget, createBudget } from "../../src/debug/budget.ts";
import { candidateFiles } from "../../src/debug/candidates.ts";
import type { DebugInput } from "../../src/debug/input.ts";
import { openWorkspace } from "../../src/debug/workspace.ts";
import type { Supervisor } from "../../src/process/index.ts";
import { createHarness, type DebugHarness } from "../bench/debug-harness.ts";
import { has } from "../bench/programs.ts";
import { createManualClock, slowGit } from "./clock.ts";
import { plant, python_shop } from "./planted.ts";

const assertion = [
  "    def test_discount_takes_percent():",
  ">       assert discount(100, 10) == 90",
  "E       assert 0 == 90",
  "",
  "tests/test_cart.py:10: AssertionError",
].join("\n");

const input: DebugInput = {
  problem_description: "test_discount_takes_percent fails",
  error_traces: [assertion, "A price must not be negative: -12"],
  analysis_depth: "deep",
};

test("a step starts only within its share of the time, and cheap, informative steps come first", () => {
  const clock = createManualClock();
  const budget = createBudget(1000, clock);
  expect(budget.left("list")).toBe(300);
  clock.advance(400);
  expect([budget.left("list"), budget.left("raised"), budget.left("callers")]).toEqual([0, 200, 480]);
  clock.advance(420);
  // Too little time is left for a search to be useful.
  expect([budget.left("raised"), budget.left("callers"), budget.left("history")]).toEqual([0, 0, 60]);
});

test("reports skipped steps in one sentence without duplicates, and nothing if no step was skipped", () => {
  const budget = createBudget(1500, createManualClock());
  expect(budget.skipped()).toEqual([]);
  for (const what of ["older commits", "callers of f", "older commits"]) budget.skip(what);
  expect(budget.skipped()).toEqual(["Skipped or cut short by the time limit of 1500 ms: older commits; callers of f."]);
});

describe.skipIf(!has("git"))("an investigation with a slow git", () => {
  const harnessFor = (folder: string, costs: Readonly<Record<string, number>>, calls: string[] = []): DebugHarness => {
    const clock = createManualClock();
    return createHarness(folder, { clock, supervise: slowGit(clock, costs, calls) });
  };

  test("still finds the place, and reports which searches were cut short", async () => {
    using shop = plant(python_shop);
    using harness = harnessFor(shop.folder, { grep: 1900 });
    const { report } = await harness.investigate(input);
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", name: "discount" });
    expect(report.root_cause[0]).not.toHaveProperty("history");
    const [, skipped = ""] = report.not_seen;
    expect(skipped).toMatch(/^Skipped or cut short by the time limit of 2000 ms: .*where the errors are raised/);
    expect(skipped).toContain("the history of shop/prices.py");
    expect(skipped).toContain("callers and tests of discount");
    expect(report.synthesis).toContain(skipped);
  });

  test("starts no step without enough time, and does not report a skipped search as empty", async () => {
    using shop = plant(python_shop);
    const calls: string[] = [];
    using harness = harnessFor(shop.folder, { blame: 1900 }, calls);
    const { report } = await harness.investigate(input);
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", name: "discount", history: [expect.any(String)] });
    for (const key of ["called_from", "tests", "callers"]) expect(report.root_cause[0]).not.toHaveProperty(key);
    expect(calls.filter((line) => line.includes(" blame "))).toHaveLength(1);
    expect(report.not_seen[1]).toMatch(/the last change of shop\/prices\.py:\d+-\d+; .*callers and tests of discount/);
  });

  test("completes every step with a larger time budget", async () => {
    using shop = plant(python_shop);
    using harness = harnessFor(shop.folder, { grep: 1900 });
    const { report } = await harness.investigate({ ...input, time_budget_ms: 20_000 });
    expect(report.root_cause[0]).toMatchObject({ name: "discount", called_from: [expect.stringContaining("shop/cart.py:10")] });
    expect(report.root_cause[0]).toHaveProperty("history");
    expect(report.not_seen.join(" ")).not.toContain("Skipped");
  });

  test("does not wait for the list of untracked files", async () => {
    using shop = plant(python_shop);
    using harness = harnessFor(shop.folder, { "ls-files --others": 700 });
    const { report } = await harness.investigate(input);
    expect(report.not_seen[1]).toContain("untracked files");
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", called_from: [expect.any(String)] });
  });

  test("does not report a file as clean if there was no time to apply the rules", async () => {
    using shop = plant(python_shop);
    const clock = createManualClock();
    const run =
      (supervisor: Supervisor): Supervisor["run"] =>
      (command, signal) => {
        // Simulate a busy machine, on which no step ends in time.
        if (command.command.includes("log")) clock.advance(1700);
        return supervisor.run(command, signal);
      };
    using harness = createHarness(shop.folder, {
      clock,
      supervise: (supervisor) => ({ ...supervisor, run: run(supervisor) }),
    });
    const { report } = await harness.investigate({ ...input, affected_files: ["shop/report.py"] });
    expect(report.findings.filter(({ kind }) => kind === "clean")).toEqual([]);
    expect(report.not_seen[1]).toContain("the rules for shop/report.py");
  });
});

test("follows imports while there is time, nearest first, and counts the rest", async () => {
  const files = Object.fromEntries(
    ["a", "b", "c", "d"].map((name, i, all) => [`${name}.py`, `import ${all[i + 1] ?? "os"}\n`]),
  );
  using shop = plant(files, { git: false });
  const signal = new AbortController().signal;
  let left = 1;
  const budget: Budget = { ...createBudget(1000, createManualClock()), left: () => left-- };
  const workspace = await openWorkspace(shop.folder, undefined, createBudget(1000, createManualClock()), signal);
  const known = { named: ["a.py"], errors: [], tests: [], found: [], workspace, reach: { distance: 5, files: 100 }, signal };
  const first = await candidateFiles({ ...known, budget });
  expect(first.files.map(({ path }) => path)).toEqual(["a.py", "b.py", "c.py"]);
  expect(first.unread).toBe(1);
  // Files in memory cost no time.
  const again = await candidateFiles({ ...known, budget: { ...budget, left: () => 0 } });
  expect(again).toEqual(first);
});

test("lists a folder without git while there is time, and reports that it stopped", async () => {
  using shop = plant({ "a.py": "x = 1\n", "deep/b.py": "y = 1\n" }, { git: false });
  const budget = createBudget(1000, createManualClock());
  let left = 1;
  const workspace = await openWorkspace(
    shop.folder,
    undefined,
    { ...budget, left: () => left-- },
    new AbortController().signal,
  );
  expect(workspace.files).toEqual(["a.py"]);
  expect(budget.skipped().join()).toContain("folders after the first 1 files");
});
