import { readFileSync } from "node:fs";
import fc from "fast-check";
import { countTokens } from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { createTokenCounter } from "../../src/context/tokens.ts";
import { count } from "../support/effort.ts";

const counter = createTokenCounter();
// Names of special tokens are ordinary text here.
const library = (text: string): number => countTokens(text, { disallowedSpecial: new Set() });

describe("the token counter", () => {
  test("agrees with the library on real files", () => {
    for (const file of ["README.md", "package-lock.json", "src/dispatch/attempt.ts", "node_modules/zod/index.js"]) {
      const text = readFileSync(file, "utf8");
      expect(counter.count(text), file).toBe(library(text));
    }
  });

  test("agrees with the library on any text", () => {
    const words = fc.constantFrom(
      "don't ",
      "HTTPServer",
      "  \n\n",
      "\t",
      "日本語",
      "👩‍👩‍👧",
      "é",
      "12345",
      "//",
      "<|endoftext|>",
      "\r\n",
      "ß'S",
      "𝔘",
    );
    const text = fc
      .array(fc.oneof(words, fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })))
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(text, (one) => {
        // The library uses JavaScript's white space and drops a byte order mark; see the test below.
        const whole = one.toWellFormed().replaceAll(/[\ufeff\x85]/g, "");
        expect(counter.count(whole)).toBe(library(whole));
      }),
      { numRuns: count(5000) },
    );
  });

  test("counts a byte order mark as one token, as in the vocabulary", () => {
    expect(counter.count("\ufeff")).toBe(1);
  });

  test("counts very long words quickly", () => {
    for (const word of ["a".repeat(3000), "QUJD".repeat(1000), "ab=/".repeat(500), "é日".repeat(300), "xqzjk".repeat(500)])
      expect(counter.count(word)).toBe(library(word));
    expect(counter.count("abcdefghij".repeat(100_000))).toBeGreaterThan(100_000);
  });

  test("fit returns the longest prefix within the limit", () => {
    const text = readFileSync("README.md", "utf8").repeat(2);
    for (const most of [0, 1, 7, 100, 1000]) {
      const end = counter.fit(text, most);
      expect(counter.count(text.slice(0, end))).toBeLessThanOrEqual(most);
      expect(counter.count(text.slice(0, end + 40))).toBeGreaterThan(most);
    }
    expect(counter.fit("short", 1000)).toBe(5);
  });
});
