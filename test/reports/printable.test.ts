import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, test } from "vitest";
import { cutToWidth, drawTable, indentText, plain_paint } from "../../src/reports/layout.ts";
import { oneLine, printable, shorten, truncateLine } from "../../src/reports/printable.ts";

test.each([
  ["\u001b[31mred\u001b[0m", "red"],
  ["10%\r50%\r100%\ndone", "100%\ndone"],
  ["a\r\nb", "a\nb"],
  ["bell\u0007, del\u007f, c1\u009b", "bell, del, c1"],
  ["tab\tstays", "tab\tstays"],
  ["\u001b]0;title\u0007text", "text"],
])("%j is shown as %j", (text, expected) => {
  expect(printable(text)).toBe(expected);
});

const marks = ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069"];
const hostile = fc.string({ unit: fc.oneof(fc.string({ unit: "binary", maxLength: 1 }), fc.constantFrom(...marks, "\u061c")) });

test("printable text has no control characters and no marks that change its direction", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      expect(printable(text)).not.toMatch(/[^\P{Cc}\t\n]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test("an agent's message on one line cannot move the cursor, change the title or turn its direction", () => {
  expect(oneLine("a\u001b[2J\u001b]0;title\u0007 b\r\n\tc\u202e\u2028d\u0000e\u009b31m")).toBe("a b c de");
});

describe("a text that is too long", () => {
  const lines = "1\n2\n3\n4\n";
  test("keeps its start or end and counts the rest", () => {
    expect(shorten(lines, { lines: 2, characters: 100 }, "start")).toEqual({ text: "1\n2", left_out: "2 lines" });
    expect(shorten(lines, { lines: 3, characters: 100 }, "end")).toEqual({ text: "2\n3\n4", left_out: "1 line" });
    expect(shorten(lines, { lines: 4, characters: 100 }, "end")).toEqual({ text: "1\n2\n3\n4", left_out: undefined });
    expect(shorten("abcdef", { lines: 4, characters: 2 }, "end").text).toBe("ef");
  });

  test("is never cut inside a character", () => {
    expect(shorten("😀😀", { lines: 1, characters: 3 }, "start").text).toBe("😀");
    expect(shorten("😀😀", { lines: 1, characters: 3 }, "end").text).toBe("😀");
    expect(truncateLine("a😀b", 3)).toBe("a…");
  });
});

describe("on a terminal", () => {
  const cell = fc.record({ text: fc.string({ unit: fc.constantFrom("a", "b", "宽", "é", "👩‍🚀", " "), maxLength: 60 }) });

  test("a table is never wider than the page, even with wide characters", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell, cell), { maxLength: 5 }), fc.integer({ min: 20, max: 120 }), (rows, width) => {
        const table = drawTable(["one", "two", "three"], rows, { paint: plain_paint, width });
        for (const line of table.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(width);
      }),
    );
  });

  test("keeps_first never cuts the first column, and drops the last columns that do not fit", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { maxLength: 5 }), fc.integer({ min: 25, max: 120 }), (rows, width) => {
        const id = "20260101T000000000-abcdef";
        const page = { paint: plain_paint, width };
        const table = drawTable(["run", "two", "three"], [[{ text: id }], ...rows.map((row) => [{ text: id }, ...row])], page, {
          keeps_first: true,
        });
        for (const line of table.trimEnd().split("\n").slice(1)) {
          expect(line.startsWith(id)).toBe(true);
          expect(stringWidth(line)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });

  test("a long line is wrapped without losing text", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom("a", "b", "宽", " "), maxLength: 300 }), (text) => {
        const wrapped = indentText(text, "  ", { paint: plain_paint, width: 40 });
        for (const line of wrapped.split("\n")) expect(stringWidth(line)).toBeLessThanOrEqual(40);
        expect(wrapped.replaceAll(/\s/g, "")).toBe(text.replaceAll(/\s/g, ""));
      }),
    );
  });

  test("a line that fits is not cut", () => {
    expect(cutToWidth("宽宽", 4)).toBe("宽宽");
    expect(cutToWidth("宽宽", 3)).toBe("宽…");
  });
});

test("in a pipe nothing is cut", () => {
  const long = "x".repeat(500);
  expect(drawTable(["a"], [[{ text: long }]], { paint: plain_paint, width: undefined })).toBe(`a\n${long}\n`);
});
