import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Chunk, chunkText, max_length } from "../../src/search/chunks.ts";
import { createSourceParser } from "../../src/workspace/parser.ts";
import { count } from "../support/effort.ts";

const parser = createSourceParser();
const chunk = (text: string, language?: string): Promise<Chunk[]> => chunkText(text, language, parser);
const filler = (lines: number): string => Array.from({ length: lines }, (_, i) => `    value_${i} = compute(${i})\n`).join("");

describe("chunks", () => {
  test("contain every non-blank line of a file once, in order, at the stated lines", async () => {
    const files = ["src/context/gather.ts", "src/process/supervisor.ts", "README.md", "package.json", "test/support/rig.ts"];
    for (const file of files) {
      const text = readFileSync(file, "utf8");
      const lines = text.split("\n");
      let at = 0;
      const language = file.endsWith(".md") ? "markdown" : file.endsWith(".json") ? "json" : "typescript";
      for (const { first_line, last_line, text: part } of await chunk(text, language)) {
        expect(
          lines
            .slice(at, first_line - 1)
            .join("")
            .trim(),
          file,
        ).toBe("");
        expect(part).toBe(lines.slice(first_line - 1, last_line).join("\n"));
        at = last_line;
      }
      expect(lines.slice(at).join("").trim(), file).toBe("");
    }
  });

  test("contain every line of any text in any language", async () => {
    const languages = fc.constantFrom("markdown", "restructuredtext", "python", "typescript", "json", "kotlin", undefined);
    const line = fc.constantFrom(
      "# A",
      "===",
      "```",
      "def f():",
      "class A {",
      "}",
      "",
      "  x = 1",
      "y".repeat(500),
      "'''",
      "é日",
    );
    const text = fc.array(line, { maxLength: 60 }).map((lines) => lines.join("\n"));
    await fc.assert(
      fc.asyncProperty(text, languages, async (whole, language) => {
        const seen = (await chunk(whole, language)).map((one) => one.text).join("\n");
        expect(seen.replaceAll(/\s/g, "")).toBe(whole.replaceAll(/\s/g, ""));
      }),
      { numRuns: count(2000) },
    );
  });

  test("follow functions and classes, with the comments and decorators above them", async () => {
    const text = `import os\n\n\n# Says hello.\n@cached\ndef hello():\n${filler(50)}\n\nclass Store:\n    """Keeps things."""\n\n    def put(self):\n${filler(70)}\n    def get(self):\n${filler(70)}\n`;
    const chunks = await chunk(text, "python");
    const hello = chunks.find(({ symbols }) => symbols.includes("hello"));
    expect(hello?.text).toMatch(/# Says hello\.\n@cached\ndef hello/);
    expect(hello?.text).not.toContain("class Store");
    const put = chunks.find(({ symbols }) => symbols.includes("Store.put"));
    const get = chunks.find(({ symbols }) => symbols.includes("Store.get"));
    expect(put?.text).toContain("def put");
    expect(put?.text).not.toContain("def get");
    expect(get?.text).toContain("def get");
  });

  test("name the definitions of small files and of languages without a grammar, without parsing", async () => {
    expect((await chunk("export async function readAll() {}\nclass Rig {}\n", "typescript"))[0]?.symbols).toEqual([
      "readAll",
      "Rig",
    ]);
    expect((await chunk(`fun handleRequest() {\n${filler(5)}}\n`, "kotlin"))[0]?.symbols).toEqual(["handleRequest"]);
  });

  test("of documents follow headings and name the enclosing ones; a code fence contains no headings", async () => {
    const section = "Some words on the subject.\n".repeat(48);
    const text = `# Guide\n${section}\n## Install\n${section}\n\`\`\`sh\n# not a heading\n\`\`\`\n## Use\n${section}### Fast\n${section}`;
    const chunks = await chunk(text, "markdown");
    expect(chunks.map(({ symbols }) => symbols)).toEqual([
      ["Guide"],
      ["Guide", "Install"],
      ["Guide", "Use"],
      ["Guide", "Use", "Fast"],
    ]);
    const rst = await chunk(`Guide\n=====\n${section}\nInstall\n-------\n${section}`, "restructuredtext");
    expect(rst.map(({ symbols }) => symbols)).toEqual([["Guide"], ["Guide", "Install"]]);
  });

  test("do not exceed the maximum length", async () => {
    const sizes = (await chunk(`def long():\n${filler(2000)}`, "python")).map(({ text }) => text.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(max_length);
    expect(sizes.length).toBeGreaterThan(10);
    expect(await chunk(" \n\n", "python")).toEqual([]);
  });
});
