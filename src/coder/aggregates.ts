import {
  binary,
  type Expression,
  minus_words,
  number,
  over_words,
  plus_words,
  type Read,
  soleItem,
  type Terms,
  times_words,
} from "./arithmetic.ts";
import { splitList } from "./field-lists.ts";

const article = "(?:the |an? |its |their |that |this )?";

/** Reads an operation written before its operands: `the sum of a, b and c`, `10 percent of a`, `twice a`. */
export function readAggregate(text: string, terms: Terms, read: Read): Expression | undefined {
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
    const parts = items.map((item) => read(item, terms));
    if (parts.some((part) => part === undefined) || parts.length === 0) return undefined;
    const all = parts as Expression[]; // none is undefined, as checked above
    const [a, b] = all;
    if (a === undefined) return undefined;
    const is_list = all.length === 1 && a.kind === "field" && a.field.type.startsWith("list[");
    if (/^(?:number|count|length)$/.test(what)) return is_list ? { kind: "call", name: "len", parts: all } : undefined;
    if (/^(?:sum|total)$/.test(what))
      return is_list
        ? { kind: "call", name: "sum", parts: all }
        : all.length > 1
          ? all.reduce((one, two) => binary("+", one, two))
          : undefined;
    if (/^(?:average|mean)$/.test(what))
      return is_list
        ? { kind: "call", name: "mean", parts: all }
        : all.length > 1
          ? binary(
              "/",
              all.reduce((one, two) => binary("+", one, two)),
              number(String(all.length)),
            )
          : undefined;
    if (what === "product") return all.length > 1 ? all.reduce((one, two) => binary("*", one, two)) : undefined;
    if (/^(?:larger|greater|higher|bigger|maximum|largest|highest|greatest|max)$/.test(what))
      return is_list || all.length > 1 ? { kind: "call", name: "max", parts: all } : undefined;
    if (/^(?:smaller|lower|lesser|minimum|smallest|lowest|min)$/.test(what))
      return is_list || all.length > 1 ? { kind: "call", name: "min", parts: all } : undefined;
    if (what === "square root") return { kind: "call", name: "sqrt", parts: [a] };
    if (what === "square") return binary("**", a, number("2"));
    if (what === "cube") return binary("**", a, number("3"));
    if (what === "half") return binary("/", a, number("2"));
    if (what === "absolute value") return { kind: "call", name: "abs", parts: [a] };
    if (b === undefined || all.length !== 2) return undefined;
    return binary(what === "difference" ? "-" : "/", a, b);
  }
  // `their average` means the only list.
  const bare = text
    .match(
      /^(?:the |their |its )?(sum|total|average|mean|maximum|largest|highest|minimum|smallest|lowest|number|count)(?: value| one)?(?: of (?:them|these|those|all|it|all of them))?$/i,
    )?.[1]
    ?.toLowerCase();
  const list = soleItem(terms.fields.filter(({ type }) => type.startsWith("list[")));
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
      )[bare as "sum"] ?? "max"; // all other words mean the maximum
    return { kind: "call", name, parts: [{ kind: "field", field: list }] };
  }
  const share = text.match(/^(.+?) ?(?:percent|per cent|%) of (.+)$/i);
  if (share !== null && !new RegExp(`\\s(?:${plus_words}|${minus_words}|${times_words}|${over_words})\\s`, "i").test(text)) {
    const part = read(share[1] ?? "", terms);
    const whole = read(share[2] ?? "", terms);
    if (part !== undefined && whole !== undefined) return binary("*", whole, binary("/", part, number("100")));
  }
  const prefixed = text.match(/^(twice|double|half|thrice)\s+(?:of )?(.+)$/i);
  const inner = prefixed === null ? undefined : read(prefixed[2] ?? "", terms);
  if (inner === undefined) return undefined;
  const by = { twice: "2", double: "2", thrice: "3" }[(prefixed?.[1] ?? "").toLowerCase()];
  return by === undefined ? binary("/", inner, number("2")) : binary("*", number(by), inner);
}

/** Reads an operation written after its operand: `a squared`, `a as a percentage of b`. */
export function readSuffixed(text: string, terms: Terms, read: Read): Expression | undefined {
  const power = text.match(/^(.+?) (squared|cubed)$/i);
  if (power !== null) {
    const base = read(power[1] ?? "", terms);
    return base === undefined ? undefined : binary("**", base, number(power[2] === "squared" ? "2" : "3"));
  }
  const share = text.match(/^(.+?),? (?:expressed )?as an? (percentage|share|fraction|percent) of (.+)$/i);
  if (share === null) return undefined;
  const part = read(share[1] ?? "", terms);
  const whole = read(share[3] ?? "", terms);
  if (part === undefined || whole === undefined) return undefined;
  const ratio = binary("/", part, whole);
  return /^percent/i.test(share[2] ?? "") ? binary("*", ratio, number("100")) : ratio;
}
