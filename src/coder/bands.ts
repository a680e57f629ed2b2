import type { Expression } from "./arithmetic.ts";
import type { Field } from "./design.ts";

type Sign = "<" | "<=" | ">" | ">=";

const signs: readonly (readonly [RegExp, Sign])[] = [
  [/^(?:below|under|less than|lower than|smaller than|fewer than|<)$/i, "<"],
  [/^(?:up to|at most|no more than|not more than|until|<=)$/i, "<="],
  [/^(?:above|over|more than|greater than|higher than|beyond|>)$/i, ">"],
  [/^(?:from|at least|no less than|starting at|>=)$/i, ">="],
];

const bound =
  "below|under|less than|lower than|smaller than|fewer than|up to|at most|no more than|not more than|until|above|over|more than|greater than|higher than|beyond|from|at least|no less than|starting at|<=?|>=?";

/** Matches the last band, for all other numbers. */
const rest_pattern = /^(?:otherwise|else|everything else|anything else|all else|the rest)(?: it)?(?: is)? (.+)$/i;

/** Reads one band: `below 10 it is good`, `from 75 on very poor`, `heavy above 20`. */
function bandOf(text: string): { sign: Sign; limit: string; value: string } | undefined {
  const unit = "(?: ?(?:%|percent|km\\/h|[a-zμµ°]+\\/[a-z0-9]+|kg|km|cm|mm|°c|points|years|days|hours))?";
  const [, word = "", limit = "", value = ""] =
    text.match(
      new RegExp(
        `^(?:(?:if|when) (?:it is )?)?(${bound}) (-?\\d+(?:\\.\\d+)?)${unit}(?: (?:on|onwards?|upwards?|and (?:more|above|up)))?,?(?: (?:it is|it's|is|it counts as|counts as|means|gives|->|→|=))?:? (.+)$`,
        "i",
      ),
    ) ?? [];
  const [, late = "", late_word = "", late_limit = ""] =
    text.match(
      new RegExp(
        `^(.+?),? (?:(?:if|when) (?:it is )?)?(${bound}) (-?\\d+(?:\\.\\d+)?)${unit}(?: (?:on|onwards?|upwards?))?$`,
        "i",
      ),
    ) ?? [];
  const sign = signs.find(([pattern]) => pattern.test(word === "" ? late_word : word))?.[1];
  const found = wordOf(word === "" ? late : value);
  return sign === undefined || found === undefined
    ? undefined
    : { sign, limit: word === "" ? late_limit : limit, value: found };
}

const wordOf = (text: string): string | undefined => {
  const bare = text
    .replace(/^(?:it is|is|an?|the)\s+/i, "")
    .replaceAll(/["'`“”]/g, "")
    .trim();
  return /^[A-Za-z][\w -]{0,30}$/.test(bare) && bare.split(" ").length < 4 ? bare : undefined;
};

/** Reads one word per band of a number: `below 10 it is good, below 25 fair, and from 25 on poor`. */
export function readBands(text: string, field: Field): Expression | undefined {
  const items = text
    .replace(/[.\s]+$/, "")
    .split(/\s*[,;]\s*(?:and\s+)?|\s+and\s+(?=(?:from|above|over|below|under|at least|up to|more|less|otherwise)\b)/i);
  if (items.length < 2) return undefined;
  const bands: { sign: Sign; limit: string; value: string }[] = [];
  let rest: string | undefined;
  for (const item of items) {
    const otherwise = item.match(rest_pattern)?.[1];
    const band = otherwise === undefined ? bandOf(item) : undefined;
    if (otherwise !== undefined) rest = wordOf(otherwise);
    else if (band !== undefined) bands.push(band);
    else return undefined;
  }
  const last = rest === undefined ? bands.pop() : undefined;
  // The last band must cover all remaining numbers.
  const before = bands.at(-1);
  if (before === undefined || (last !== undefined && (last.limit !== before.limit || last.sign[0] === before.sign[0])))
    return undefined;
  const end: Expression = { kind: "text", value: last?.value ?? rest ?? "" };
  return bands.reduceRight<Expression>(
    (otherwise, { sign, limit, value }) => ({
      kind: "choose",
      condition: { kind: "compare", sign, left: { kind: "field", field }, right: { kind: "number", value: limit } },
      chosen: { kind: "text", value },
      otherwise,
    }),
    end,
  );
}

/** Reads the weight of each part of a sum: `Every gram of fat counts 9, of protein and of carbohydrates 4 each`. */
export function readWeights(
  text: string,
  find: (phrase: string) => Field | undefined,
): { field: Field; factor: string }[] | undefined {
  const first = text.match(/^(?:every|each|an?|one|per) [a-z]+ (?=of )(.+)$/i)?.[1];
  if (first === undefined) return undefined;
  const found: { field: Field; factor: string }[] = [];
  const parts = first
    .replace(/[.\s]+$/, "")
    .split(/\s*[,;]\s*(?:and\s+)?(?=(?:an? |one |each |every )?(?:[a-z]+ )?of )|\s+and\s+(?=(?:one|each|every) [a-z]+ of )/i);
  for (const part of parts) {
    const [, names = "", factor = ""] =
      part.match(
        /^(?:(?:an?|one|each|every) )?(?:[a-z]+ )?(of .+?)(?: (?:counts?(?: as| for)?|gives?|has|have|is worth|are worth|yields?|contains?|provides?|costs?|earns?|adds?|weighs?|makes?))? (\d+(?:\.\d+)?)(?: ?[a-z%€$]+)?(?: each)?$/i,
      ) ?? [];
    for (const name of names.split(/,? and |, /)) {
      const field = name === "" ? undefined : find(name.replace(/^of /i, ""));
      if (field === undefined || !/^(?:int|float|Decimal)$/.test(field.type)) return undefined;
      found.push({ field, factor });
    }
  }
  return found.length < 2 ? undefined : found;
}
