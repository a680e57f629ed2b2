import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { markKinds, pieceEnd } from "../../src/context/token-pieces.ts";
import { count } from "../support/effort.ts";

const upper = String.raw`[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`;
const lower = String.raw`[\p{Ll}\p{Lm}\p{Lo}\p{M}]`;
const suffix = "(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])?";

/** OpenAI's pattern, with Unicode's definition of white space. */
const pattern = new RegExp(
  [
    String.raw`[^\r\n\p{L}\p{N}]?${upper}*${lower}+${suffix}`,
    String.raw`[^\r\n\p{L}\p{N}]?${upper}+${lower}*${suffix}`,
    String.raw`\p{N}{1,3}`,
    String.raw` ?[^\p{White_Space}\p{L}\p{N}]+[\r\n/]*`,
    String.raw`\p{White_Space}*[\r\n]+`,
    String.raw`\p{White_Space}+(?!\P{White_Space})`,
    String.raw`\p{White_Space}+`,
  ].join("|"),
  "gu",
);

function piecesOf(text: string): string[] {
  const bytes = Buffer.from(text);
  const classified = { bytes, kinds: new Uint8Array(bytes.length), length: bytes.length };
  markKinds(classified);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = pieceEnd(classified, at);
    pieces.push(bytes.toString("utf8", at, end));
    at = end;
  }
  return pieces;
}

describe("pieces of a text", () => {
  test("equal those of the pattern that the vocabulary was built with", () => {
    const signs = fc.constantFrom(..."aZzé中ʰǅ́१९ß'sStTrReEvVlLdDmM 1²\t\n\r\u00a0\u2028\u0085\ufeff/.-_\u200d👩𝔘\ud800");
    const text = fc.oneof(
      fc.string({ unit: signs, maxLength: 40 }),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: "grapheme", maxLength: 40 }),
    );
    fc.assert(
      fc.property(text, (one) => {
        const whole = one.toWellFormed();
        expect(piecesOf(whole)).toEqual(whole.match(pattern) ?? []);
      }),
      { numRuns: count(30_000) },
    );
  });
});
