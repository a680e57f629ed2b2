import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { DebugInput } from "../../src/debug/input.ts";
import { mentionsOf } from "../../src/debug/mentions.ts";
import type { Report } from "../../src/debug/report.ts";
import { createHarness } from "../bench/debug-harness.ts";
import { has } from "../bench/programs.ts";
import { createManualClock } from "./clock.ts";
import { plant, python_shop } from "./planted.ts";

async function investigate(input: DebugInput, files = python_shop): Promise<Report> {
  using shop = plant(files, { git: false });
  const env = { GIT_CEILING_DIRECTORIES: join(shop.folder, "..") };
  using harness = createHarness(shop.folder, { env, clock: createManualClock() });
  return (await harness.investigate(input)).report;
}

test("extracts names, quotes, error texts and paths from a text", () => {
  const { names, phrases, paths, words } = mentionsOf(
    "In Cart.rowTotal() and parse_price, don't let `discount` fail with ValueError: the price is missing; it's said \"no such row\" in shop/cart.py",
  );
  expect(names).toEqual([{ name: "discount" }, { name: "rowTotal", container: "Cart" }, { name: "parse_price" }]);
  expect(phrases).toContain("no such row");
  expect(phrases.join()).toContain("the price is missing");
  expect(paths).toEqual(["shop/cart.py"]);
  expect(words).not.toContain("with");
});

test("three everyday words are not an error text", () => {
  expect(mentionsOf("Look for faults in what it does with orders").windows).not.toContain("what it does");
  expect(mentionsOf("It says cannot open ledger when it starts").windows).toContain("cannot open ledger");
});

describe("words alone lead to a cause", () => {
  test("a name leads to its definition before its uses", async () => {
    const { root_cause } = await investigate({ problem_description: "parse_price is too strict" });
    expect(root_cause[0]).toMatchObject({ file: "shop/prices.py", line: 8, name: "parse_price", confidence: 0.3 });
    expect(root_cause[0]?.evidence).toEqual([
      { kind: "named", text: "The problem names parse_price, which is defined at line 8." },
    ]);
  });

  test("the container or file in the text selects between definitions of the same name", async () => {
    const files = { "a/cart.py": "def total_of():\n    pass\n", "b/basket.py": "def total_of():\n    pass\n" };
    const { root_cause } = await investigate({ problem_description: "basket.total_of fails" }, files);
    expect(root_cause.map(({ file }) => file)).toEqual(["b/basket.py"]);
    const classes = {
      "all.py": "class A:\n    def total_of(self):\n        pass\n\n\nclass B:\n    def total_of(self):\n        pass\n",
    };
    expect(
      (await investigate({ problem_description: "B.total_of() fails" }, classes)).root_cause.map(({ line }) => line),
    ).toEqual([7]);
  });

  test.each([
    ['It says "A price must not be negative" for free goods'],
    ["Since Monday a price must not be negative is what customers are told"],
    ["ValueError: A price must not be negative: -3"],
  ])("an error text leads to its line in the code, in quotes or not: %s", async (problem_description) => {
    const { root_cause } = await investigate({ problem_description });
    expect(root_cause[0]).toMatchObject({ file: "shop/prices.py", line: 10, name: "parse_price" });
    expect(root_cause[0]?.evidence.map(({ kind }) => kind)).toContain("message");
  });

  test("rare words lead to functions and files named with them", async () => {
    const { root_cause } = await investigate({ problem_description: "The cart total of an order is wrong" });
    expect(root_cause[0]).toMatchObject({ file: "shop/cart.py", name: "cart_total", confidence: 0.3 });
  });

  test.skipIf(!has("git"))("finds a definition after many uses of its name (skipped without git)", async () => {
    using shop = plant({ "a.py": `${"near(1)\n".repeat(60)}\n\ndef near(x):\n    return x\n` });
    using harness = createHarness(shop.folder, { clock: createManualClock() });
    const { report } = await harness.investigate({ problem_description: "near() rounds down" });
    expect(report.root_cause[0]).toMatchObject({ line: 63, name: "near" });
  });

  test("words in a named file lead to a cause only if few of its functions contain them", async () => {
    const ledger = ["a", "b", "c"].map((name) => `def ${name}(order):\n    return order.invoice\n`).join("\n\n");
    const causesIn = async (file: string) =>
      (await investigate({ problem_description: "Why has an order no invoice?", affected_files: ["a.py"] }, { "a.py": file }))
        .root_cause;
    expect(await causesIn(ledger)).toEqual([]);
    const one_of_them = `${ledger}\n\ndef send(order):\n    return order.invoice.fit()\n`;
    expect((await causesIn(one_of_them.replaceAll(/order\.invoice$/gm, "order"))).map(({ name }) => name)).toEqual(["send"]);
  });

  test("a request for a review leads to no cause that only shares words", async () => {
    const countCauses = async (problem_description: string) => (await investigate({ problem_description })).root_cause.length;
    expect(await countCauses("Is the cart total fit for production?")).toBe(0);
    expect(await countCauses("The cart total is too high")).toBeGreaterThan(0);
  });

  test("a name that the workspace does not define leads to its uses", async () => {
    const files = { "a.py": "def go(options):\n    return options.retry_limit + 1\n" };
    const { root_cause } = await investigate({ problem_description: "retry_limit is one too high" }, files);
    expect(root_cause[0]).toMatchObject({ file: "a.py", line: 2, name: "go" });
  });

  test("names that occur only in tests or nowhere lead to no cause", async () => {
    const { root_cause } = await investigate({ problem_description: "test_cart_total and noSuchName feel wrong" });
    expect(root_cause.map(({ file }) => file)).not.toContain("tests/test_cart.py");
    expect((await investigate({ problem_description: "noSuchName feels wrong" })).root_cause).toEqual([]);
  });

  test("a cause found through a hypothesis is not evidence for it", async () => {
    const report = await investigate({ problem_description: "It fails", hypothesis: "parse_price refuses it" });
    expect(report.root_cause[0]).toMatchObject({ name: "parse_price", claim: expect.stringContaining("The hypothesis names") });
    expect(report.hypothesis).toMatchObject({ verdict: "open", for: [] });
  });
});

describe("files in the gathered context", () => {
  test("count as named files, and are listed as used if they were read", async () => {
    const { baseline, root_cause, focus } = await investigate({
      problem_description: "The percent of the price is taken in tenths",
      pre_gathered_context: { "file:shop/prices.py": python_shop["shop/prices.py"] ?? "", "file:notes": "nothing" },
    });
    expect(focus.examined).toContain("shop/prices.py");
    expect(baseline.affected_files.map(({ path }) => path)).toContain("shop/prices.py");
    expect(baseline.context_used).toEqual(["file:shop/prices.py"]);
    expect(root_cause[0]).toMatchObject({ file: "shop/prices.py", name: "discount" });
    expect(root_cause[0]?.evidence.map(({ kind }) => kind)).toContain("named");
  });

  test("count as named if they are partial, and are then read from disk", async () => {
    const { baseline, focus } = await investigate({
      problem_description: "It fails",
      pre_gathered_context: {
        "file:shop/prices.py": { type: "file", content: "def", metadata: { path: "shop/prices.py", reduced: true } },
        "file:gone.py": { type: "file", content: "def", metadata: { path: "gone.py", reduced: true } },
      },
    });
    expect(focus.examined).toEqual(["shop/prices.py"]);
    expect(baseline.context_used).toEqual([]);
  });
});

test("a shared word stem does not support a hypothesis", async () => {
  const files = {
    "rates.py": "def load_rates(path):\n    return dict(path)\n\n\ndef convert(amount, rates):\n    return amount * rates\n",
  };
  const trace =
    'Traceback (most recent call last):\n  File "rates.py", line 6, in convert\n    return amount * rates\nTypeError: unsupported operand';
  const assess = async (hypothesis: string) =>
    (await investigate({ problem_description: "It fails", error_traces: [trace], hypothesis }, files)).hypothesis;
  expect(await assess("A rating of the ratio is rated too late")).toMatchObject({ verdict: "contradicted", for: [] });
  expect(await assess("convert gets an operand that is no number")).toMatchObject({ verdict: "supported" });
});
