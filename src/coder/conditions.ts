import type { Expression, Read, Terms } from "./arithmetic.ts";

/** Reads a conditional: `a if b is more than c, otherwise d`. */
export function readConditional(text: string, terms: Terms, read: Read): Expression | undefined {
  const [, then = "", condition = "", otherwise = ""] =
    text.match(/^(.+?),? (?:if|when) (.+?)(?:,|;| and)? (?:or else|otherwise|else)(?: it is| is)?,? (.+)$/i) ??
    text.match(/^(.+?),? (?:if|when) (.+?),? and ([^,]+?) otherwise$/i) ??
    [];
  if (then === "") return undefined;
  const test = readCondition(condition, terms, read);
  const one = read(then, terms) ?? readWord(then);
  const other = read(otherwise, terms) ?? readWord(otherwise);
  return test === undefined || one === undefined || other === undefined
    ? undefined
    : { kind: "choose", condition: test, chosen: one, otherwise: other };
}

const readWord = (phrase: string): Expression | undefined => {
  const word = phrase.trim().match(/^["'`“]?([\w-]+)["'`”]?$/)?.[1];
  return word === undefined ? undefined : { kind: "text", value: word };
};

const comparisons: readonly (readonly [RegExp, "<" | "<=" | ">" | ">=" | "==" | "!="])[] = [
  [
    /^(.+?) (?:is|are|lies|comes|has) (?:at least|not (?:less|lower|smaller) than|no (?:less|lower|fewer) than|not before|on or after) (.+)$/i,
    ">=",
  ],
  [
    /^(.+?) (?:is|are|lies|comes) (?:at most|not (?:more|greater|higher|larger) than|no (?:more|greater|higher) than|up to|within|not after|on or before) (.+)$/i,
    "<=",
  ],
  [/^(.+?) (?:or more|is or exceeds) (.+)$/i, ">="],
  [
    /^(.+?) (?:(?:is|are|lies|comes) )?(?:strictly )?(?:greater than|more than|larger than|higher than|above|over|exceeds|after|later than|bigger than|longer than|>) (.+)$/i,
    ">",
  ],
  [
    /^(.+?) (?:(?:is|are|lies|comes) )?(?:strictly )?(?:less than|lower than|smaller than|below|under|before|earlier than|shorter than|fewer than|<) (.+)$/i,
    "<",
  ],
  [/^(.+?) (?:(?:is|are) )?(?:not equal to|differs? from|not the same as) (.+)$/i, "!="],
  [/^(.+?) (?:equals|equal|(?:is|are) (?:equal to|exactly|the same as)|=) (.+)$/i, "=="],
];

/** Reads a condition: `a is at least b and c is before d`. */
export function readCondition(text: string, terms: Terms, read: Read): Expression | undefined {
  const parts = text.split(/,? and (?=.+\b(?:is|are|exceeds|equals|lies|comes|than|before|after)\b)/i);
  if (parts.length > 1) {
    const all = parts.map((part) => readCondition(part, terms, read));
    return all.every((part) => part !== undefined) ? { kind: "and", parts: all } : undefined;
  }
  for (const [pattern, sign] of comparisons) {
    const found = text.trim().match(pattern);
    if (found === null) continue;
    const left = read(found[1] ?? "", terms);
    const right = read(found[2] ?? "", terms);
    if (left !== undefined && right !== undefined) return { kind: "compare", sign, left, right };
  }
  return undefined;
}
