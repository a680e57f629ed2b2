import { readAggregate, readSuffixed } from "./aggregates.ts";
import {
  binary,
  type Expression,
  minus_words,
  number,
  over_words,
  plus_words,
  soleItem,
  type Terms,
  times_words,
} from "./arithmetic.ts";
import { readConditional } from "./conditions.ts";
import { snake } from "./words.ts";

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

/** Reads an expression in plain English; returns undefined if any part of it is not understood. */
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
    readSequence(text, terms) ??
    readConditional(text, terms, readExpression) ??
    readPercentage(text, terms) ??
    readRounded(text, terms) ??
    readClamped(text, terms) ??
    splitAtOperator(
      text,
      [
        `, (?:and )?(?:then )?(?:all |the (?:result|whole|sum|product) |and )?(${plus_words}|${minus_words}|${times_words}|${over_words})`,
      ],
      terms,
    ) ??
    readAggregate(text, terms, readExpression) ??
    splitAtOperator(text, [`(${plus_words}|${minus_words})`, `(${times_words}|${over_words})`], terms) ??
    readSuffixed(text, terms, readExpression) ??
    readAtom(text, terms)
  );
}

/** Reads steps applied to the only number: `subtract 32, multiply by 5 and divide by 9`. */
function readSequence(text: string, terms: Terms): Expression | undefined {
  if (!/^(?:add|subtract|multiply|divide)\b/i.test(text)) return undefined;
  const field = soleItem(terms.fields.filter(({ type }) => /^(?:int|float|Decimal)$/.test(type)));
  let result: Expression | undefined = field === undefined ? undefined : { kind: "field", field };
  for (const part of text.split(/,?\s+(?:and\s+|then\s+)*(?=(?:add|subtract|multiply|divide)\b)/i)) {
    const [, verb = "", rest = ""] =
      part.match(/^(add|subtract|multiply|divide)(?: (?:it|that|this|the \w+))?(?: by)? (.+?),?$/i) ?? [];
    const operand = rest === "" ? undefined : readExpression(rest, terms);
    if (result === undefined || operand === undefined) return undefined;
    result = binary(
      ({ add: "+", subtract: "-", multiply: "*", divide: "/" } as const)[verb.toLowerCase() as "add"],
      result,
      operand,
    ); // the pattern allows only these four
  }
  return result;
}

/** Reads a ratio in percent: `a divided by b, as a percentage`. */
function readPercentage(text: string, terms: Terms): Expression | undefined {
  const inner = text.match(/^(.+?),? (?:expressed |given )?(?:as a percentage|in percent|as percent)$/i)?.[1];
  const read =
    inner === undefined || !/\b(?:divided by|over|ratio|share|\/)/i.test(inner) ? undefined : readExpression(inner, terms);
  return read === undefined ? undefined : binary("*", read, number("100"));
}

function readRounded(text: string, terms: Terms): Expression | undefined {
  const found =
    text.match(
      /^(.+?),? (?:and )?(?:then |all |is )?rounded(?: half up)?(?: (up|down))?(?: to (?:(\w+) (?:decimals?|decimal places|digits|places)(?: after the (?:point|comma))?|(?:the nearest |a |an |the next )?(whole number|integer|whole|full|cents?|[\w ]*cents?)))?(?: (up|down))?$/i,
    ) ??
    (() => {
      const whole = text.match(/^(.+) rounded to (?:a )?whole (?:numbers?|cents?|units?)$/i);
      return whole === null ? null : [whole[0], whole[1], undefined, undefined, "whole", undefined];
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

function readClamped(text: string, terms: Terms): Expression | undefined {
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

/** Splits at the last operator of the lowest precedence, because English reads from left to right. */
function splitAtOperator(text: string, signs: readonly string[], terms: Terms): Expression | undefined {
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
      const is_sum = new RegExp(`^(?:${plus_words})$`, "i").test(word);
      if (is_sum || new RegExp(`^(?:${minus_words})$`, "i").test(word)) {
        const share = percentOf(right_text, right);
        const one = number("1");
        if (share !== undefined) return binary("*", left, binary(is_sum ? "+" : "-", one, share));
        return binary(is_sum ? "+" : "-", left, right);
      }
      return binary(new RegExp(`^(?:${times_words})$`, "i").test(word) ? "*" : "/", left, right);
    }
  }
  return undefined;
}

/** Returns the ratio of a percentage to add or subtract: `19 percent`, or a field in percent. */
function percentOf(text: string, value: Expression): Expression | undefined {
  if (/\b(?:percent|per cent) of\b|% of\b/i.test(text)) return undefined;
  const is_percent =
    /(?:%|\bper ?cent)\s*$/i.test(text.trim()) ||
    (value.kind === "field" &&
      (/per ?cent|%/.test(value.field.note ?? "") || /(?:^|_)percent(?:age)?$/.test(value.field.name)));
  return is_percent ? binary("/", value, number("100")) : undefined;
}

/** Reads a number, or a field or result by its name. */
function readAtom(text: string, terms: Terms): Expression | undefined {
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
    soleItem(terms.fields.filter((one) => one.name.endsWith(`_${name}`) || one.name.startsWith(`${name}_`))) ??
    terms.fields.find((one) => one.name.replace(/s$/, "") === singular_name);
  if (field !== undefined) return { kind: "field", field };
  if (terms.results.length === 1 && /^(?:it|that|this|result|sum|product|difference|quotient)$/.test(name))
    return { kind: "result", name: terms.results[0] ?? "" };
  const similar = soleItem(terms.results.filter((one) => one.endsWith(`_${name}`) || name.endsWith(`_${one}`)));
  if (similar !== undefined) return { kind: "result", name: similar };
  const declared = terms.declare?.(text);
  return declared === undefined ? undefined : { kind: "field", field: declared };
}
