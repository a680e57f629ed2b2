import type { Field } from "./design.ts";
import { splitList } from "./field-lists.ts";
import { snake } from "./words.ts";

/** What a phrase such as `price times quantity, less a discount in percent` means. */
export type Expression =
  | { kind: "number"; value: string }
  | { kind: "field"; field: Field; default_zero?: boolean }
  | { kind: "result"; name: string }
  | { kind: "binary"; sign: "+" | "-" | "*" | "/" | "**"; left: Expression; right: Expression }
  | { kind: "compare"; sign: "<" | "<=" | ">" | ">=" | "==" | "!="; left: Expression; right: Expression }
  | { kind: "and"; parts: Expression[] }
  | { kind: "choose"; condition: Expression; then: Expression; otherwise: Expression }
  | {
      kind: "call";
      name: "max" | "min" | "round" | "floor" | "ceil" | "sqrt" | "abs" | "mean" | "sum" | "len";
      parts: Expression[];
    }
  | { kind: "text"; value: string };

/** What a phrase may speak of. */
export interface Terms {
  fields: readonly Field[];
  /** Names of results that are known by now. */
  results: readonly string[];
  /** Reads a noun that is no field yet; it becomes one. */
  declare?: (phrase: string) => Field | undefined;
}

const number_words: Readonly<Record<string, string>> = {
  zero: "0",
  one: "1",
  two: "2",
  three: "3",
  four: "4",
  five: "5",
  six: "6",
  seven: "7",
  eight: "8",
  nine: "9",
  ten: "10",
  twelve: "12",
  hundred: "100",
  "one hundred": "100",
  thousand: "1000",
  "one thousand": "1000",
};

const binary = (sign: "+" | "-" | "*" | "/" | "**", left: Expression, right: Expression): Expression => ({
  kind: "binary",
  sign,
  left,
  right,
});
const number = (value: string): Expression => ({ kind: "number", value });

const plus = "plus|\\+|increased by|and adds?|add(?:ed)?|with the addition of";
const minus = "minus|less|−|–|-|reduced by|decreased by|lowered by|after deducting|after subtracting|without";
const times = "times|multiplied by|multiplied with|×|\\*|x";
const over = "divided by|÷|/|over";

/** Reads an expression in plain English; undefined where a part of it is not understood. */
export function readExpression(given: string, terms: Terms): Expression | undefined {
  const text = given
    .replaceAll(/\s+/g, " ")
    .replace(/^[\s,:]+|[\s,.;:]+$/g, "")
    .replace(
      /^(?:(?:equal to|equals|computed as|calculated as|defined as|given by|simply|just|then|always|the result of|the value of|obtained by|found by|as)\s+)+/i,
      "",
    );
  if (text === "" || text.length > 300) return undefined;
  return (
    sequence(text, terms) ??
    conditional(text, terms) ??
    inPercent(text, terms) ??
    rounded(text, terms) ??
    clamped(text, terms) ??
    split(
      text,
      [`, (?:and )?(?:then )?(?:all |the (?:result|whole|sum|product) |and )?(${plus}|${minus}|${times}|${over})`],
      terms,
    ) ??
    called(text, terms) ??
    split(text, [`(${plus}|${minus})`, `(${times}|${over})`], terms) ??
    suffixed(text, terms) ??
    atom(text, terms)
  );
}

/** `subtract 32, multiply by 5 and divide by 9`: one thing after the other, done to the one number that there is. */
function sequence(text: string, terms: Terms): Expression | undefined {
  if (!/^(?:add|subtract|multiply|divide)\b/i.test(text)) return undefined;
  const field = only(terms.fields.filter(({ type }) => /^(?:int|float|Decimal)$/.test(type)));
  let made: Expression | undefined = field === undefined ? undefined : { kind: "field", field };
  for (const part of text.split(/,?\s+(?:and\s+|then\s+)*(?=(?:add|subtract|multiply|divide)\b)/i)) {
    const [, verb = "", rest = ""] =
      part.match(/^(add|subtract|multiply|divide)(?: (?:it|that|this|the \w+))?(?: by)? (.+?),?$/i) ?? [];
    const operand = rest === "" ? undefined : readExpression(rest, terms);
    if (made === undefined || operand === undefined) return undefined;
    made = binary(
      ({ add: "+", subtract: "-", multiply: "*", divide: "/" } as const)[verb.toLowerCase() as "add"],
      made,
      operand,
    ); // one of the four, by the pattern
  }
  return made;
}

/** `a divided by b, as a percentage`. */
function inPercent(text: string, terms: Terms): Expression | undefined {
  const inner = text.match(/^(.+?),? (?:expressed |given )?(?:as a percentage|in percent|as percent)$/i)?.[1];
  const read =
    inner === undefined || !/\b(?:divided by|over|ratio|share|\/)/i.test(inner) ? undefined : readExpression(inner, terms);
  return read === undefined ? undefined : binary("*", read, number("100"));
}

/** `a if b is more than c, otherwise d`. */
function conditional(text: string, terms: Terms): Expression | undefined {
  const [, then = "", condition = "", otherwise = ""] =
    text.match(/^(.+?),? (?:if|when) (.+?)(?:,|;| and)? (?:or else|otherwise|else)(?: it is| is)?,? (.+)$/i) ??
    text.match(/^(.+?),? (?:if|when) (.+?),? and ([^,]+?) otherwise$/i) ??
    [];
  if (then === "") return undefined;
  const test = readCondition(condition, terms);
  const one = readExpression(then, terms) ?? textOf(then);
  const other = readExpression(otherwise, terms) ?? textOf(otherwise);
  return test === undefined || one === undefined || other === undefined
    ? undefined
    : { kind: "choose", condition: test, then: one, otherwise: other };
}

const textOf = (phrase: string): Expression | undefined => {
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

/** A condition, `a is at least b and c is before d`. */
export function readCondition(text: string, terms: Terms): Expression | undefined {
  const parts = text.split(/,? and (?=.+\b(?:is|are|exceeds|equals|lies|comes|than|before|after)\b)/i);
  if (parts.length > 1) {
    const read = parts.map((part) => readCondition(part, terms));
    return read.every((part) => part !== undefined) ? { kind: "and", parts: read } : undefined;
  }
  for (const [pattern, sign] of comparisons) {
    const found = text.trim().match(pattern);
    if (found === null) continue;
    const left = readExpression(found[1] ?? "", terms);
    const right = readExpression(found[2] ?? "", terms);
    if (left !== undefined && right !== undefined) return { kind: "compare", sign, left, right };
  }
  return undefined;
}

function rounded(text: string, terms: Terms): Expression | undefined {
  const found =
    text.match(
      /^(.+?),? (?:and )?(?:then |all |is )?rounded(?: half up)?(?: (up|down))?(?: to (?:(\w+) (?:decimals?|decimal places|digits|places)(?: after the (?:point|comma))?|(?:the nearest |a |an |the next )?(whole number|integer|whole|full|cents?|[\w ]*cents?)))?(?: (up|down))?$/i,
    ) ??
    (() => {
      const led = text.match(/^(.+) rounded to (?:a )?whole (?:numbers?|cents?|units?)$/i);
      return led === null ? null : [led[0], led[1], undefined, undefined, "whole", undefined];
    })();
  if (found === null) return undefined;
  const inner = readExpression(found[1] ?? "", terms);
  if (inner === undefined) return undefined;
  const way = (found[2] ?? found[5])?.toLowerCase();
  if (found[3] !== undefined) {
    const digits = number_words[found[3].toLowerCase()] ?? found[3];
    return /^\d+$/.test(digits) ? { kind: "call", name: "round", parts: [inner, number(digits)] } : undefined;
  }
  return { kind: "call", name: way === "up" ? "ceil" : way === "down" ? "floor" : "round", parts: [inner] };
}

function clamped(text: string, terms: Terms): Expression | undefined {
  const two = text.match(
    /^(.+?),? (?:(?:and |then )?(?:is )?(?:clamped|limited|restricted|kept|bounded)) (?:to(?: the range)?|between|within|in)(?: the range)?(?: of| from| between)? (.+?) (?:and|to|-|–) (.+)$/i,
  );
  if (two !== null) {
    const [x, low, high] = [two[1], two[2], two[3]].map((part) => readExpression(part ?? "", terms));
    if (x === undefined || low === undefined || high === undefined) return undefined;
    return { kind: "call", name: "max", parts: [low, { kind: "call", name: "min", parts: [high, x] }] };
  }
  const most = text.match(
    /^(.+?)(?:, but|,? and| but|,)? (?:is )?(?:capped at|limited to|at most|(?:no|not|never) (?:more|higher|greater|larger) than|never (?:above|over|exceeding)|(?:with|up to) a maximum of|up to) (.+)$/i,
  );
  const least = text.match(
    /^(.+?)(?:, but|,? and| but|,)? (?:is )?(?:at least|(?:no|not|never) (?:less|lower|smaller|fewer) than|never (?:below|under)|(?:not|never) (?:below|under)|with a (?:minimum|floor) of) (.+)$/i,
  );
  for (const [found, name] of [
    [most, "min"],
    [least, "max"],
  ] as const) {
    if (found === null) continue;
    const inner = readExpression(found[1] ?? "", terms);
    const bound = readExpression(found[2] ?? "", terms);
    if (inner !== undefined && bound !== undefined) return { kind: "call", name, parts: [inner, bound] };
  }
  return undefined;
}

/** At the last sign of the weakest kind; English reads from left to right. */
function split(text: string, signs: readonly string[], terms: Terms): Expression | undefined {
  for (const sign of signs) {
    const all = [...text.matchAll(new RegExp(`${sign.startsWith(",") ? "" : "\\s"}${sign}\\s`, "gi"))];
    for (const match of all.reverse()) {
      const before = text.slice(0, match.index);
      if (before.replaceAll(/[^(]/g, "").length !== before.replaceAll(/[^)]/g, "").length) continue;
      const word = (match[1] ?? "").toLowerCase();
      const left = readExpression(before, terms);
      const right_text = text.slice(match.index + match[0].length);
      const right = left === undefined ? undefined : readExpression(right_text, terms);
      if (left === undefined || right === undefined) continue;
      const is_sum = new RegExp(`^(?:${plus})$`, "i").test(word);
      if (is_sum || new RegExp(`^(?:${minus})$`, "i").test(word)) {
        const share = percentOf(right_text, right);
        const one = number("1");
        if (share !== undefined) return binary("*", left, binary(is_sum ? "+" : "-", one, share));
        return binary(is_sum ? "+" : "-", left, right);
      }
      return binary(new RegExp(`^(?:${times})$`, "i").test(word) ? "*" : "/", left, right);
    }
  }
  return undefined;
}

/** `19 percent`, a field in percent: the part of a whole that is added or taken away. */
function percentOf(text: string, value: Expression): Expression | undefined {
  if (/\b(?:percent|per cent) of\b|% of\b/i.test(text)) return undefined;
  const is_percent =
    /(?:%|\bper ?cent)\s*$/i.test(text.trim()) ||
    (value.kind === "field" &&
      (/per ?cent|%/.test(value.field.note ?? "") || /(?:^|_)percent(?:age)?$/.test(value.field.name)));
  return is_percent ? binary("/", value, number("100")) : undefined;
}

const article = "(?:the |an? |its |their |that |this )?";

/** `the sum of a, b and c` and the like. */
function called(text: string, terms: Terms): Expression | undefined {
  const of = text.match(
    new RegExp(
      `^${article}(?:arithmetic |overall )?(sum|total|product|difference|ratio|quotient|average|mean|larger|greater|higher|bigger|maximum|largest|highest|greatest|max|smaller|lower|lesser|minimum|smallest|lowest|min|square root|square|cube|absolute value|half|number|count|length)(?: one| value| number)?(?: of| between| from|(?<=half))\\s+${article}(?:two |three )?(.+)$`,
      "i",
    ),
  );
  if (of !== null) {
    const what = (of[1] ?? "").toLowerCase();
    const rest = (of[2] ?? "").replace(/^(?:two|three)?:?\s*/i, "");
    const items = (what === "ratio" ? rest.split(/\s+(?:to|and|over)\s+/i) : splitList(rest)).map((item) =>
      item.replace(/^(?:and|of|both)\s+/i, ""),
    );
    const parts = items.map((item) => readExpression(item, terms));
    if (parts.some((part) => part === undefined) || parts.length === 0) return undefined;
    const read = parts as Expression[]; // none is missing, as just checked
    const [a, b] = read;
    if (a === undefined) return undefined;
    const is_list = read.length === 1 && a.kind === "field" && a.field.type.startsWith("list[");
    if (/^(?:number|count|length)$/.test(what)) return is_list ? { kind: "call", name: "len", parts: read } : undefined;
    if (/^(?:sum|total)$/.test(what))
      return is_list
        ? { kind: "call", name: "sum", parts: read }
        : read.length > 1
          ? read.reduce((one, two) => binary("+", one, two))
          : undefined;
    if (/^(?:average|mean)$/.test(what))
      return is_list
        ? { kind: "call", name: "mean", parts: read }
        : read.length > 1
          ? binary(
              "/",
              read.reduce((one, two) => binary("+", one, two)),
              number(String(read.length)),
            )
          : undefined;
    if (what === "product") return read.length > 1 ? read.reduce((one, two) => binary("*", one, two)) : undefined;
    if (/^(?:larger|greater|higher|bigger|maximum|largest|highest|greatest|max)$/.test(what))
      return is_list || read.length > 1 ? { kind: "call", name: "max", parts: read } : undefined;
    if (/^(?:smaller|lower|lesser|minimum|smallest|lowest|min)$/.test(what))
      return is_list || read.length > 1 ? { kind: "call", name: "min", parts: read } : undefined;
    if (what === "square root") return { kind: "call", name: "sqrt", parts: [a] };
    if (what === "square") return binary("**", a, number("2"));
    if (what === "cube") return binary("**", a, number("3"));
    if (what === "half") return binary("/", a, number("2"));
    if (what === "absolute value") return { kind: "call", name: "abs", parts: [a] };
    if (b === undefined || read.length !== 2) return undefined;
    return binary(what === "difference" ? "-" : "/", a, b);
  }
  // `their average`, of the one list that there is.
  const bare = text
    .match(
      /^(?:the |their |its )?(sum|total|average|mean|maximum|largest|highest|minimum|smallest|lowest|number|count)(?: value| one)?(?: of (?:them|these|those|all|it|all of them))?$/i,
    )?.[1]
    ?.toLowerCase();
  const list = only(terms.fields.filter(({ type }) => type.startsWith("list[")));
  if (bare !== undefined && list !== undefined) {
    const name =
      (
        {
          sum: "sum",
          total: "sum",
          average: "mean",
          mean: "mean",
          number: "len",
          count: "len",
          minimum: "min",
          smallest: "min",
          lowest: "min",
        } as const
      )[bare as "sum"] ?? "max"; // any other word is the maximum's
    return { kind: "call", name, parts: [{ kind: "field", field: list }] };
  }
  const share = text.match(/^(.+?) ?(?:percent|per cent|%) of (.+)$/i);
  if (share !== null && !new RegExp(`\\s(?:${plus}|${minus}|${times}|${over})\\s`, "i").test(text)) {
    const part = readExpression(share[1] ?? "", terms);
    const whole = readExpression(share[2] ?? "", terms);
    if (part !== undefined && whole !== undefined) return binary("*", whole, binary("/", part, number("100")));
  }
  const prefixed = text.match(/^(twice|double|half|thrice)\s+(?:of )?(.+)$/i);
  const inner = prefixed === null ? undefined : readExpression(prefixed[2] ?? "", terms);
  if (inner === undefined) return undefined;
  const by = { twice: "2", double: "2", thrice: "3" }[(prefixed?.[1] ?? "").toLowerCase()];
  return by === undefined ? binary("/", inner, number("2")) : binary("*", number(by), inner);
}

/** `a squared`, `a as a percentage of b`. */
function suffixed(text: string, terms: Terms): Expression | undefined {
  const power = text.match(/^(.+?) (squared|cubed)$/i);
  if (power !== null) {
    const base = readExpression(power[1] ?? "", terms);
    return base === undefined ? undefined : binary("**", base, number(power[2] === "squared" ? "2" : "3"));
  }
  const share = text.match(/^(.+?),? (?:expressed )?as an? (percentage|share|fraction|percent) of (.+)$/i);
  if (share === null) return undefined;
  const part = readExpression(share[1] ?? "", terms);
  const whole = readExpression(share[3] ?? "", terms);
  if (part === undefined || whole === undefined) return undefined;
  const ratio = binary("/", part, whole);
  return /^percent/i.test(share[2] ?? "") ? binary("*", ratio, number("100")) : ratio;
}

/** A number, a field or a result by its name. */
function atom(text: string, terms: Terms): Expression | undefined {
  const grouped = text.match(/^\((.+)\)$/)?.[1];
  if (grouped !== undefined) return readExpression(grouped, terms);
  const bare = text
    .replaceAll(/\([^()]*\)/g, " ")
    .replaceAll(/["'`“”]/g, "")
    .replace(/^(?:(?:the|an?|its|their|that|this|given|resulting|of)\s+)+/i, "")
    .replaceAll(/\s+/g, " ")
    .trim();
  const digits = (number_words[bare.toLowerCase()] ?? bare).replaceAll(/(?<=\d),(?=\d{3})/g, "");
  const value = digits.match(
    /^[$€£]?(-?\d+(?:\.\d+)?) ?(?:%|percent|per cent|km|kg|cm|cents|days|hours|minutes|seconds|points|units)?$/i,
  )?.[1];
  if (value !== undefined) return number(value);
  const name = snake(
    bare.replace(
      /\s+(?:in|as|of) (?:an? )?(?:percent|per cent|%|cents|kg|km|cm|degrees|hours|minutes|seconds|days|euros?|dollars?|percentage|the (?:order|item|input|parcel|request|line))\b.*$/i,
      "",
    ),
  );
  const result = terms.results.find((one) => one === name);
  if (result !== undefined) return { kind: "result", name: result };
  const singular_name = name.replace(/s$/, "");
  const field =
    terms.fields.find((one) => one.name === name) ??
    terms.fields.find((one) => one.note === `in ${name.replaceAll("_", " ")}`) ??
    terms.fields.find(
      (one) =>
        new RegExp(`\\b${name.replaceAll("_", " ")}\\b`, "i").test(one.note ?? "") &&
        /^(?:kelvin|celsius|fahrenheit|percent|degrees|\w*met(?:er|re)s?|miles|feet|inches|grams|kilograms|pounds|litres|liters|seconds|minutes|hours|days|cents)/.test(
          name,
        ),
    ) ??
    only(terms.fields.filter((one) => one.name.endsWith(`_${name}`) || one.name.startsWith(`${name}_`))) ??
    terms.fields.find((one) => one.name.replace(/s$/, "") === singular_name);
  if (field !== undefined) return { kind: "field", field };
  if (terms.results.length === 1 && /^(?:it|that|this|result|sum|product|difference|quotient)$/.test(name))
    return { kind: "result", name: terms.results[0] ?? "" };
  const late = only(terms.results.filter((one) => one.endsWith(`_${name}`) || name.endsWith(`_${one}`)));
  if (late !== undefined) return { kind: "result", name: late };
  const declared = terms.declare?.(text);
  return declared === undefined ? undefined : { kind: "field", field: declared };
}

const only = <T>(found: readonly T[]): T | undefined => (found.length === 1 ? found[0] : undefined);
