import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import type { Item } from "../../src/context/item.ts";
import { aboutTokens, packItems } from "../../src/context/pack.ts";
import { createTokenCounter } from "../../src/context/tokens.ts";
import { count } from "../support/effort.ts";
import { entryOf, Project } from "./project.ts";

const counter = createTokenCounter();

/** Counts with the library instead of the code under test. */
const countByLibrary = (content: unknown): number =>
  countTokens(typeof content === "string" ? content : JSON.stringify(content), { disallowedSpecial: new Set() });

function itemOf(key: string, text: string, outline?: string): Item {
  const item: Item = {
    key,
    found_key: key,
    type: "file",
    content: text,
    metadata: {},
    text,
    tokens: counter.count(text),
    hash: key,
    about_tokens: aboutTokens({ key, type: "file", metadata: {} }, counter),
  };
  if (outline !== undefined) item.reduce = async () => ({ content: outline, metadata: {} });
  return item;
}

/** About 2,000 tokens of TypeScript. */
const source = Array.from(
  { length: 30 },
  (_, i) =>
    `/** Returns step ${i} of a plan. */\nexport function step${i}(plan: Plan, index: number): Step | undefined {\n  const found = plan.steps[index + ${i}];\n  if (found === undefined) return undefined;\n  return { ...found, position: ${i} };\n}\n\n`,
).join("");

describe("packing", () => {
  test("stays within the budget, counts exactly, keeps the order, and names every key", async () => {
    const text = fc.oneof(
      fc.string({ unit: "grapheme", maxLength: 400 }),
      fc.nat(source.length).map((end) => source.slice(0, end)),
      fc.integer({ min: 1, max: 3000 }).map((length) => "x".repeat(length)),
      fc.integer({ min: 1, max: 500 }).map((length) => "日本語のテキスト\n".repeat(length)),
    );
    const piece = fc.record({ text, outline: fc.option(text, { nil: undefined }) });
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { maxLength: 12 }), fc.integer({ min: 1, max: 3000 }), async (pieces, most) => {
        const items = pieces.map(({ text: one, outline }, i) =>
          itemOf(`file:${i}`, one.toWellFormed(), outline?.toWellFormed()),
        );
        const { entries, sizes, tokens } = await packItems(items, most, counter);
        expect([...entries.keys()]).toEqual(items.map(({ key }) => key));
        let sum = 0;
        let around = 0;
        for (const [key, { content, type, metadata }] of entries) {
          expect(sizes.get(key)).toBe(countByLibrary(content));
          sum += countByLibrary(content);
          around += countByLibrary({ [key]: { type, metadata } });
        }
        expect(tokens).toBe(sum);
        // Keys that a task names are always named; if they alone exceed the budget, no content is given.
        if (sum > 0) expect(sum + around).toBeLessThanOrEqual(most);
        if (items.reduce((all, item) => all + item.tokens + item.about_tokens, 0) <= most)
          for (const item of items) expect(entries.get(item.key)?.content).toBe(item.text);
      }),
      { numRuns: count(1500) },
    );
  });

  test("stays within the budget including metadata however many files a glob matches, and reports how many it leaves out", async () => {
    using project = new Project();
    for (let i = 0; i < 400; i++) project.write(`src/part-${i}/module-${i}.py`, `def module_${i}():\n    return ${i}\n`);
    project.write("main.py", "print(1)\n");
    for (const most of [500, 2000, 20_000]) {
      const pool = await project.gather(["file:main.py", "file:src/**/*.py"], { max_tokens_per_task: most });
      const entries = pool.packed("a")?.entries ?? new Map();
      const all = [...entries].reduce(
        (sum, [key, { type, content, metadata }]) =>
          sum + countByLibrary(content) + countByLibrary({ [key]: { type, metadata } }),
        0,
      );
      expect(all).toBeLessThanOrEqual(most);
      expect(entries.get("file:main.py")?.content).toBe("print(1)\n");
      const { metadata } = entries.get("file:src/**/*.py") ?? {};
      expect(metadata).toEqual({ reduced: "left out", files: 402 - entries.size });
      expect(entries.size).toBeGreaterThanOrEqual(most / 250);
    }
  });

  test("reduces a file from whole to outline to cut to only named", async () => {
    using project = new Project();
    project.write("big.ts", source.repeat(4));
    const seen: string[] = [];
    for (const most of [10_000, 3000, 150, 10]) {
      const { metadata, content } = entryOf(
        await project.gather(["file:big.ts"], { max_tokens_per_task: most }),
        "file:big.ts",
      );
      seen.push(String(metadata["reduced"] ?? "whole"));
      expect(countByLibrary(content)).toBeLessThanOrEqual(most);
      if (metadata["reduced"] !== undefined) expect(metadata["original_tokens"]).toBe(countByLibrary(source.repeat(4)));
    }
    expect(seen).toEqual(["whole", "outline", "outline, cut", "named"]);
  });

  test("leaves budget for items after a large one", async () => {
    const items = [itemOf("file:big", source.repeat(10)), itemOf("file:small", source.slice(0, 1000))];
    const { entries } = await packItems(items, 2000, counter);
    expect(entries.get("file:small")?.content).toBe(source.slice(0, 1000));
    expect(entries.get("file:big")?.metadata["reduced"]).toBe("cut");
  });

  test("cuts at the end of a line and marks how much is shown", async () => {
    const { entries } = await packItems([itemOf("file:a", "one line of words\n".repeat(500))], 300, counter);
    const { content, metadata } = entries.get("file:a") ?? {};
    expect(content).toMatch(/one line of words\n… \[cut: the first \d+ of 2500 tokens\]\n$/);
    expect(metadata).toMatchObject({ reduced: "cut", original_tokens: 2500, original_bytes: 9000 });
  });
});

describe("an outline", () => {
  test.each([
    [
      "a.py",
      "class A(B):\n    def go(self, x: int) -> str:\n        return str(x)\n\nasync def run():\n    pass\n",
      ["class A(B):", "    def go(self, x: int) -> str:", "async def run():"],
    ],
    [
      "a.ts",
      "export interface I { a: string }\nexport class A {\n  go(x: number): string {\n    return `${x}`;\n  }\n}\nexport const f = (a: string) => {\n  return a;\n};\n",
      ["interface I", "class A", "  go(x: number): string", "f = (a: string) =>"],
    ],
    [
      "a.go",
      "package main\n\ntype User struct {\n\tName string\n}\n\nfunc (u *User) Go(x int) string {\n\treturn u.Name\n}\n",
      ["type User struct", "func (u *User) Go(x int) string"],
    ],
    [
      "a.rs",
      "pub struct P { x: i32 }\nimpl P {\n    pub fn go(&self) -> i32 {\n        self.x\n    }\n}\n",
      ["struct P", "impl P", "pub fn go(&self) -> i32"],
    ],
    ["A.java", "class A {\n  int go(String x) {\n    return 1;\n  }\n}\n", ["class A", "  int go(String x)"]],
    ["a.rb", "class A\n  def go(x)\n    x\n  end\nend\n", ["class A", "  def go(x)"]],
    ["a.c", "int add(int a, int b) {\n  return a + b;\n}\nstruct s { int x; };\n", ["int add(int a, int b)", "struct s"]],
    ["a.sh", "go() {\n  echo hi\n}\n", ["go()"]],
  ])("of %s has signatures but no bodies", async (name, text, expected) => {
    using project = new Project();
    const body = "    # filler\n".repeat(3000);
    // The tail is so long that only an outline fits.
    const comment = /\.(?:py|rb|sh)$/.test(name) ? "# filler line\n" : "// filler line\n";
    project.write(name, text + comment.repeat(body.length / 12));
    const key = `file:${name}`;
    const { content, metadata } = entryOf(await project.gather([key], { max_tokens_per_task: 400 }), key);
    expect(metadata["reduced"]).toBe("outline");
    for (const line of expected) expect(content).toContain(line);
    expect(content).not.toMatch(/return|self\.x\b|echo|filler/);
  });
});
