import type { Design, Field, Quantity } from "./design.ts";
import { readFloor } from "./fold-guards.ts";
import { mask } from "./masks.ts";
import { sentencesOf } from "./sentences.ts";
import { singular, snake } from "./words.ts";

const isNumber = (field: Field): boolean => /^(?:int|float|Decimal)$/.test(field.type);

/** The words that name each kind of quantity. */
const quantity_words: readonly (readonly [Quantity["kind"], RegExp])[] = [
  ["average", /\b(?:averages?|mean)\b/i],
  ["minimum", /\b(?:minimum|lowest|smallest|min|cheapest|coldest|shortest|fastest|quickest)\b/i],
  ["maximum", /\b(?:maximum|highest|largest|peak|max|biggest|greatest|hottest|longest|slowest)\b/i],
  ["latest", /\b(?:latest|last|most recent|newest|current)\b/i],
  ["first", /\b(?:first|earliest|oldest|initial)\b/i],
  ["count", /\b(?:counts?|counting|number of|how many|how often)\b/i],
  ["sum", /\b(?:sums?(?: up)?|totals?|adds? up|accumulat\w+|running (?:total|sum)|tall(?:y|ies) up)\b/i],
];

/** Reads the quantities that the state must hold, in the contract's order. */
export function readQuantities(design: Design, by: readonly string[]): Quantity[] {
  const signed = readSigned(design);
  if (signed !== undefined) return [signed];
  const found: Quantity[] = [];
  for (const sentence of sentencesOf(design.contract)) {
    const masked = mask(sentence);
    const text = masked.text.toLowerCase();
    // The fields of an event are not quantities of the state.
    if (
      /^(?:an?|each|every|the|all)? ?(?:\w+ )?(?:events?|entr(?:y|ies)|records?|messages?|inputs?|readings?)\b.*\b(?:has|have|carr(?:y|ies)|holds?|names?|contains?|made|consists?|is|are)\b|^(?:fields?|inputs?|events?)\b[^:]*:/i.test(
        sentence,
      )
    )
      continue;
    const hits = quantity_words
      .flatMap(([kind, pattern]) =>
        [...text.matchAll(new RegExp(pattern.source, "gi"))].map((match) => ({
          kind,
          at: match.index,
          end: match.index + match[0].length,
        })),
      )
      .sort((a, b) => a.at - b.at);
    for (const [i, { kind, at, end }] of hits.entries()) {
      const following = text.slice(end, hits[i + 1]?.at ?? text.length).replace(/^ of\b/, "");
      const noun =
        following
          .split(/[,.;:]|\b(?:per|by|for each|for every|of each|of every|so far|over|across|and|is|are|was|with|as)\b/)[0]
          ?.trim() ?? "";
      const rest = noun === "" ? text.slice(end) : noun;
      // `the fastest` is the minimum of a duration.
      const spans = /\b(?:fastest|quickest|slowest|shortest|longest)\b/.test(text.slice(at, end))
        ? design.fields.filter((one) => isNumber(one) && /(?:^|_)(?:time|duration|seconds|minutes)$/.test(one.name))
        : [];
      const field = (spans.length === 1 ? spans[0] : undefined) ?? fieldFor(kind, rest, design.fields, by);
      if (kind === "count") {
        const counted =
          following.split(
            /[.;:]|\b(?:per|by|for each|for every|keep|keeps|track|tracks|sum|sums|add|adds|store|maintain|remember|so far|over|across)\b/,
          )[0] ?? "";
        for (const one of counted.split(/\s*,\s*(?:and )?|\s+and\s+/).filter((item, at) => at === 0 || item.trim() !== "")) {
          const only = filterFor(one, design.fields);
          if (only !== undefined || !found.some((part) => part.kind === "count" && part.only === undefined))
            push(found, {
              kind,
              value: "",
              name: only === undefined ? "count" : `${snake(only.value)}_count`,
              ...(only === undefined ? {} : { only }),
            });
        }
      } else if (field !== undefined) push(found, { kind, value: field.name, name: nameFor(kind, field.name) });
    }
  }
  const used = new Map<string, number>();
  return found.map((part) => {
    const nth = used.get(part.kind) ?? 0;
    used.set(part.kind, nth + 1);
    const many = found.filter(({ kind }) => kind === part.kind).length > 1;
    return many || part.kind === "count" ? part : { ...part, name: shortName(part.kind) };
  });
}

const shortName = (kind: Quantity["kind"]): string => (kind === "sum" ? "total" : kind);
const nameFor = (kind: Quantity["kind"], of: string): string =>
  `${shortName(kind)}_${snake(of).split("_").slice(-3).map(singular).join("_")}`;

function push(found: Quantity[], part: Quantity): void {
  if (!found.some((one) => one.kind === part.kind && one.value === part.value && one.only?.value === part.only?.value))
    found.push(part);
}

/** Returns the event field that a quantity aggregates. */
function fieldFor(kind: Quantity["kind"], noun: string, fields: readonly Field[], by: readonly string[]): Field | undefined {
  const name = snake(noun).split("_").map(singular).join("_");
  const free = fields.filter((field) => !by.includes(field.name));
  const fits = (field: Field): boolean =>
    name === field.name ||
    name.endsWith(`_${field.name}`) ||
    name.startsWith(`${field.name}_`) ||
    `_${name}_`.includes(`_${field.name}_`);
  const partly = (field: Field): boolean =>
    field.name.endsWith(`_${name}`) || (name !== "" && field.name.startsWith(`${name}_`));
  if (kind === "latest" || kind === "first") return free.find(fits) ?? (name.length > 2 ? free.find(partly) : undefined);
  const numbers = free.filter(isNumber);
  return numbers.find(fits) ?? numbers.find(partly) ?? (numbers.length === 1 ? numbers[0] : undefined);
}

/** Returns the field and value that select events: `the number of failed runs`. */
function filterFor(noun: string, fields: readonly Field[]): { field: string; value: string } | undefined {
  for (const field of fields)
    for (const value of field.choices ?? [])
      if (new RegExp(`\\b${value.replaceAll("_", "[ _]")}s?\\b`, "i").test(noun)) return { field: field.name, value };
  return undefined;
}

const adding =
  "adds?|add to|increases?|increase|raises?|raise|increments?|credits?|puts?|grows?|brings? in|tops? up|counts? up|plus";
const taking = "subtracts?|decreases?|lowers?|reduces?|deducts?|removes?|takes?|decrements?|debits?|draws?|minus";

/** Reads a signed sum: `a deposit adds the amount, a withdrawal subtracts it`. */
function readSigned({ contract, fields }: Design): Quantity | undefined {
  const read = (verbs: string): string[] =>
    [
      ...contract.matchAll(
        new RegExp(
          `(?:^|[\\s,;:.])(?:an? |the |each |every |all )?([\\w-]+(?:(?:,| and| or|, and|, or) (?:an? )?[\\w-]+)*?)(?: events?| type| ones?| entr(?:y|ies))? (?:${verbs})\\b(?= (?:the|it|its|to|from|this|that|them|away)\\b|s? (?:the|it|to|from)|[,.;]|$)`,
          "gi",
        ),
      ),
    ]
      .flatMap((match) => (match[1] ?? "").split(/\s*,\s*(?:and |or )?|\s+(?:and|or)\s+/))
      .map((word) => word.replace(/^(?:an?|the)\s+/i, "").toLowerCase())
      .filter((word) => !/^(?:it|that|which|this|and|or|event|node|to|not|then|an?|the)$/.test(word));
  const plus = read(adding);
  const minus = read(taking);
  if (plus.length === 0 || minus.length === 0) return undefined;
  const kinds = fields.filter(({ type }) => type === "str");
  const isOf = (words: readonly string[], choice: string): boolean =>
    words.some((word) => word === choice.toLowerCase() || singular(word) === singular(choice.toLowerCase()));
  const chosen =
    kinds.find(({ choices = [] }) => choices.some((one) => isOf(plus, one)) && choices.some((one) => isOf(minus, one))) ??
    kinds.find(
      ({ name, choices }) =>
        choices === undefined && /(?:^|_)(?:type|kind|direction|action|operation|side|movement|event)$/.test(name),
    );
  const value =
    fields.find((field) => isNumber(field) && new RegExp(`\\b${field.name.replaceAll("_", " ")}\\b`, "i").test(contract)) ??
    fields.find(isNumber);
  if (chosen === undefined || value === undefined) return undefined;
  const values = (words: readonly string[]): readonly string[] =>
    chosen.choices?.filter((one) => isOf(words, one)) ?? words.map(singular);
  const floor = readFloor(contract);
  const name =
    contract.match(/\b(balance|stock|inventory|level|score|points|credit|total|quantity on hand)\b/i)?.[1] ?? "total";
  return {
    kind: "sum",
    value: value.name,
    name: snake(name),
    signs: { field: chosen.name, plus: values(plus), minus: values(minus) },
    ...(floor === undefined ? {} : { floor }),
  };
}
