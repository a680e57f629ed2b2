import fc from "fast-check";
import stringWidth from "string-width";
import { expect, test } from "vitest";
import { oneLine } from "../../../src/reports/printable.ts";
import { cut, fit, wrap } from "../../../src/reports/progress/terminal-text.ts";

const text = fc
  .oneof(
    fc.string(),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("日本語のタスク", "👩‍👩‍👧‍👦 family", "\u001b[31mred\u001b[39m"),
  )
  .map(oneLine);
// A single character can be up to four columns wide (a musical note with its flags), and is never split.
const columns = fc.integer({ min: 8, max: 60 });

test("a cut text is never wider than its limit, whatever its characters", () => {
  fc.assert(
    fc.property(text, columns, (line, width) => {
      for (const position of ["start", "middle", "end"] as const)
        expect(stringWidth(cut(line, width, position))).toBeLessThanOrEqual(width);
      expect(stringWidth(fit(line, width))).toBe(width);
      for (const part of wrap(line, width)) expect(stringWidth(part)).toBeLessThanOrEqual(width);
    }),
  );
});

test("an id is cut in the middle, so that its ends stay visible", () => {
  expect(fit("end-to-end-chrome", 9)).toBe("end-…rome");
  expect(cut("short", Number.POSITIVE_INFINITY)).toBe("short");
  expect(cut("gone", 0)).toBe("");
});
