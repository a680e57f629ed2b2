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

test("a look begins only while its share of the time lasts, and what is cheap and telling goes first", () => {
  const clock = createManualClock();
  const budget = createBudget(1000, clock);
  expect(budget.left("list")).toBe(300);
  clock.advance(400);
  expect([budget.left("list"), budget.left("raised"), budget.left("callers")]).toEqual([0, 200, 480]);
  clock.advance(420);
  // Too little is left for a search to come to anything.
  expect([budget.left("raised"), budget.left("callers"), budget.left("history")]).toEqual([0, 0, 60]);
});

test("what was left out is one sentence, each thing once; nothing is said where all was seen", () => {
  const budget = createBudget(1500, createManualClock());
  expect(budget.skipped()).toEqual([]);
  for (const what of ["older commits", "who calls f", "older commits"]) budget.skip(what);
  expect(budget.skipped()).toEqual(["Within 1500 ms these were not looked at, or not to the end: older commits; who calls f."]);
});

describe.skipIf(!has("git"))("an investigation whose git is slow", () => {
  const harnessFor = (folder: string, costs: Readonly<Record<string, number>>, asked: string[] = []): DebugHarness => {
    const clock = createManualClock();
    return createHarness(folder, { clock, supervise: slowGit(clock, costs, asked) });
  };

  test("names the place all the same, and says which searches did not end", async () => {
    using shop = plant(python_shop);
    using harness = harnessFor(shop.folder, { grep: 1900 });
    const { report } = await harness.investigate(input);
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", name: "discount" });
    expect(report.root_cause[0]).not.toHaveProperty("history");
    const [, told = ""] = report.not_seen;
    expect(told).toMatch(
      /^Within 2000 ms these were not looked at, or not to the end: .*where the errors' texts and classes stand/,
    );
    expect(told).toContain("the history of shop/prices.py");
    expect(told).toContain("who calls or tests discount");
    expect(report.synthesis).toContain(told);
  });

  test("begins nothing that its time does not suffice for, and does not take that for an answer", async () => {
    using shop = plant(python_shop);
    const asked: string[] = [];
    using harness = harnessFor(shop.folder, { blame: 1900 }, asked);
    const { report } = await harness.investigate(input);
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", name: "discount", history: [expect.any(String)] });
    for (const key of ["called_from", "tests", "callers"]) expect(report.root_cause[0]).not.toHaveProperty(key);
    expect(asked.filter((line) => line.includes(" blame "))).toHaveLength(1);
    expect(report.not_seen[1]).toMatch(/who changed shop\/prices\.py:\d+-\d+ last; .*who calls or tests discount/);
  });

  test("has time for everything where it is given more", async () => {
    using shop = plant(python_shop);
    using harness = harnessFor(shop.folder, { grep: 1900 });
    const { report } = await harness.investigate({ ...input, time_budget_ms: 20_000 });
    expect(report.root_cause[0]).toMatchObject({ name: "discount", called_from: [expect.stringContaining("shop/cart.py:10")] });
    expect(report.root_cause[0]).toHaveProperty("history");
    expect(report.not_seen.join(" ")).not.toContain("Within");
  });

  test("does not wait for the files that git does not track", async () => {
    using shop = plant(python_shop);
    using harness = harnessFor(shop.folder, { "ls-files --others": 700 });
    const { report } = await harness.investigate(input);
    expect(report.not_seen[1]).toContain("files that git does not track yet");
    expect(report.root_cause[0]).toMatchObject({ file: "shop/prices.py", called_from: [expect.any(String)] });
  });

  test("does not say of a file that the rules found nothing where they did not look", async () => {
    using shop = plant(python_shop);
    const clock = createManualClock();
    const run =
      (supervisor: Supervisor): Supervisor["run"] =>
      (command, signal) => {
        // A machine that is busy with something else: nothing ends in time.
        if (command.command.includes("log")) clock.advance(1700);
        return supervisor.run(command, signal);
      };
    using harness = createHarness(shop.folder, {
      clock,
      supervise: (supervisor) => ({ ...supervisor, run: run(supervisor) }),
    });
    const { report } = await harness.investigate({ ...input, affected_files: ["shop/report.py"] });
    expect(report.findings.filter(({ kind }) => kind === "clean")).toEqual([]);
    expect(report.not_seen[1]).toContain("shop/report.py, rule by rule");
  });
});

test("imports are followed while there is time, the nearest first; the rest is counted", async () => {
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
  // What is read already costs no time.
  const again = await candidateFiles({ ...known, budget: { ...budget, left: () => 0 } });
  expect(again).toEqual(first);
});

test("a folder without git is listed while there is time, and the rest is named", async () => {
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
  expect(budget.skipped().join()).toContain("folders beyond the 1 files that were listed");
});
