import type { Computation, Design, Field, FieldType } from "./design.ts";
import { identifier, pascal, singular, snake } from "./words.ts";

const is =
  (types: string) =>
  (field: Field): boolean =>
    types.split(" ").includes(field.type);
const isNumber = is("int float Decimal");
const isNumbers = is("list[float] list[int] list[Decimal]");
const isText = is("str");

/** Reads what a compute node's result is and how it follows from the input; what is not said stays an open point. */
export function readComputations(design: Design): Design {
  const { contract: text } = design;
  const computations: Computation[] = [];
  for (const formula of readFormulas(design)) computations.push(formula);
  if (computations.length === 0) {
    const known = rules.map((rule) => rule(text, design)).find((one) => one !== undefined);
    if (known !== undefined) computations.push(known);
  }
  const used = new Set(computations.map(({ result }) => result.name));
  // `calculates the total price: total = …` speaks of one result.
  const [only, ...more] = computations;
  if (only !== undefined && more.length === 0)
    for (const { name } of design.outputs)
      if (name.split("_").some((word) => only.result.name.split("_").includes(word))) used.add(name);
  const fields = design.fields.filter(
    ({ name }) =>
      !used.has(name) || computations.some(({ expression }) => new RegExp(`\\brequest\\.${name}\\b`).test(expression)),
  );
  const outputs = [...computations.map(({ result }) => result), ...design.outputs.filter(({ name }) => !used.has(name))];
  const missing = design.outputs.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  const open = computations.length === 0 || missing.length > 0;
  const what =
    missing.length === 0
      ? "The contract does not say how the result follows from the input."
      : `The contract does not say how ${missing.join(", ")} ${missing.length === 1 ? "follows" : "follow"} from the input.`;
  return {
    ...design,
    fields,
    outputs,
    computations,
    open_points: open ? [...design.open_points, { method: "derive", what }] : design.open_points,
  };
}

/** `total = price * quantity`, where every name on the right is a field or an earlier result. */
function readFormulas(design: Design): Computation[] {
  const found: Computation[] = [];
  for (const [, left = "", right = ""] of design.contract.matchAll(
    /\b([a-z][\w ]{0,40}?)\s*=\s*([\w\s.+\-*/()%^×÷]+?)(?=[.,;]\s|[.;]?$|\s+(?:where|and|rounded|in|for|if|with)\b)/gim,
  )) {
    const name = snake(
      left.split(/\b(?:as|is|compute|computes|calculates?|formula|where|the|using|node that|by)\b/i).at(-1) ?? left,
    );
    const names = [...design.fields.map((field) => field.name), ...found.map(({ result }) => result.name)].sort(
      (a, b) => b.length - a.length,
    );
    let rest = right.trim().replaceAll("×", "*").replaceAll("÷", "/").replaceAll("^", "**");
    for (const one of names)
      rest = rest.replaceAll(new RegExp(`\\b${one.replaceAll("_", "[_ ]")}\\b`, "gi"), `\ue000${one}\ue001`);
    const bare = rest.replaceAll(/\ue000\w+\ue001/g, "1");
    if (name === "" || !/^[\d\s.+\-*/()%]+$/.test(bare) || !rest.includes("\ue000")) continue;
    const operands = design.fields.filter((field) => rest.includes(`\ue000${field.name}\ue001`));
    const has_decimal = operands.some(({ type }) => type === "Decimal");
    const has_float = operands.some(({ type }) => type === "float");
    const type: FieldType = has_decimal ? "Decimal" : has_float || rest.includes("/") || /\d\.\d/.test(bare) ? "float" : "int";
    const expression = rest
      .replaceAll(/(?<![\w\ue000])\d+\.\d+/g, (number) => (has_decimal ? `Decimal("${number}")` : number))
      .replaceAll(/\ue000(\w+)\ue001/g, (_, one: string) => {
        if (found.some(({ result }) => result.name === one))
          return `(${found.find(({ result }) => result.name === one)?.expression})`;
        const field = design.fields.find((item) => item.name === one);
        return has_decimal && field?.type === "float"
          ? `Decimal(str(request.${identifier(one)}))`
          : `request.${identifier(one)}`;
      })
      .replaceAll(/\s+/g, " ");
    found.push({
      result: { name, type, is_optional: false },
      expression,
      imports: [],
      doc: `${left.trim()} = ${right.trim()}`,
    });
  }
  return found;
}

type Rule = (text: string, design: Design) => Computation | undefined;

const result = (
  name: string,
  type: FieldType,
  expression: string,
  doc: string,
  imports: readonly string[] = [],
): Computation => ({
  result: { name, type, is_optional: false },
  expression,
  imports,
  doc,
});

/** The name that the contract gives its one result, or `fallback`. */
function resultName(design: Design, fallback: string): string {
  const [first, ...more] = design.outputs;
  return first !== undefined && more.length === 0 ? first.name : fallback;
}

const at = (field: Field): string => `request.${identifier(field.name)}`;

/** Results over a list of numbers. */
const over_list: Rule = (text, design) => {
  const field = design.fields.find(isNumbers);
  if (field === undefined) return undefined;
  const value = at(field);
  const pick = (name: string, expression: string, imports: readonly string[] = [], type: FieldType = "float"): Computation =>
    result(
      resultName(design, name),
      type,
      expression,
      `The ${name.replaceAll("_", " ")} of ${field.name.replaceAll("_", " ")}.`,
      imports,
    );
  if (/\bstandard deviation\b/i.test(text)) return pick("standard_deviation", `statistics.pstdev(${value})`, ["statistics"]);
  if (/\bvariance\b/i.test(text)) return pick("variance", `statistics.pvariance(${value})`, ["statistics"]);
  if (/\bmedian\b/i.test(text)) return pick("median", `statistics.median(${value})`, ["statistics"]);
  if (/\b(?:average|mean)\b/i.test(text)) return pick("average", `statistics.fmean(${value})`, ["statistics"]);
  if (/\b(?:sums?|totals?|adds)\b/i.test(text)) return pick("total", `math.fsum(${value})`, ["math"]);
  if (/\b(?:maximum|largest|highest)\b/i.test(text)) return pick("maximum", `max(${value})`);
  if (/\b(?:minimum|smallest|lowest)\b/i.test(text)) return pick("minimum", `min(${value})`);
  if (/\bsorts?\b|\bsorted\b/i.test(text)) return pick("sorted", `sorted(${value})`, [], field.type);
  return undefined;
};

/** `multiplies a by b`, `the product of a and b`, `the difference between a and b`. */
const arithmetic: Rule = (text, design) => {
  const numbers = design.fields.filter(isNumber);
  const [a, b] = numbers;
  if (a === undefined || b === undefined || numbers.length > 2) return undefined;
  const mixed = a.type !== b.type && [a, b].some(({ type }) => type === "Decimal");
  const term = (field: Field): string => (mixed && field.type === "float" ? `Decimal(str(${at(field)}))` : at(field));
  const type: FieldType = [a, b].some((one) => one.type === "Decimal")
    ? "Decimal"
    : [a, b].some((one) => one.type === "float")
      ? "float"
      : "int";
  const make = (fallback: string, sign: string, kind: FieldType = type): Computation =>
    result(
      resultName(design, fallback),
      kind,
      `${term(a)} ${sign} ${term(b)}`,
      `${a.name} ${sign} ${b.name}`.replaceAll("_", " "),
    );
  if (/\bbody mass index\b|\bBMI\b/.test(text)) {
    const weight = numbers.find(({ name }) => name.includes("weight"));
    const height = numbers.find(({ name }) => name.includes("height"));
    if (weight === undefined || height === undefined) return undefined;
    const metres = /\bcm|centim/.test(height.note ?? "") ? `(${at(height)} / 100)` : at(height);
    return result(resultName(design, "bmi"), "float", `${at(weight)} / ${metres} ** 2`, "weight in kg / (height in m) squared");
  }
  if (/\b(?:multipl(?:y|ies|ied|ying)|product of|times)\b/i.test(text)) return make("product", "*");
  if (/\b(?:divid(?:e|es|ed|ing)|quotient|ratio of)\b/i.test(text))
    return make("quotient", "/", type === "Decimal" ? "Decimal" : "float");
  if (/\b(?:subtract(?:s|ed|ing)?|difference between|minus)\b/i.test(text))
    return /\bsubtract\w* .* from\b/i.test(text)
      ? result(resultName(design, "difference"), type, `${term(b)} - ${term(a)}`, `${b.name} - ${a.name}`.replaceAll("_", " "))
      : make("difference", "-");
  if (/\b(?:adds?|sum of|plus)\b/i.test(text)) return make("total", "+");
  return undefined;
};

/** Units that follow from each other by definition. */
const conversions: readonly (readonly [RegExp, string, string])[] = [
  [/\bcelsius\b.{1,40}\b(?:to|into) (?:degrees )?fahrenheit\b/i, "fahrenheit", "X * 9 / 5 + 32"],
  [/\bfahrenheit\b.{1,40}\b(?:to|into) (?:degrees )?celsius\b/i, "celsius", "(X - 32) * 5 / 9"],
  [/\bcelsius\b.{1,40}\b(?:to|into) kelvin\b/i, "kelvin", "X + 273.15"],
  [/\bkelvin\b.{1,40}\b(?:to|into) (?:degrees )?celsius\b/i, "celsius", "X - 273.15"],
  [/\b(?:kg|kilograms?)\b.{1,40}\b(?:to|into) (?:lbs?|pounds?)\b/i, "pounds", "X / 0.45359237"],
  [/\b(?:lbs?|pounds?)\b.{1,40}\b(?:to|into) (?:kg|kilograms?)\b/i, "kilograms", "X * 0.45359237"],
  [/\b(?:km|kilomet(?:er|re)s?)\b.{1,40}\b(?:to|into) miles?\b/i, "miles", "X / 1.609344"],
  [/\bmiles?\b.{1,40}\b(?:to|into) (?:km|kilomet(?:er|re)s?)\b/i, "kilometers", "X * 1.609344"],
  [/\b(?:m|met(?:er|re)s?)\b.{1,40}\b(?:to|into) (?:ft|feet)\b/i, "feet", "X / 0.3048"],
  [/\bfeet\b.{1,40}\b(?:to|into) (?:m|met(?:er|re)s?)\b/i, "meters", "X * 0.3048"],
  [/\binches\b.{1,40}\b(?:to|into) (?:cm|centimet(?:er|re)s?)\b/i, "centimeters", "X * 2.54"],
  [/\bbytes\b.{1,40}\b(?:to|into) (?:MB|megabytes)\b/i, "megabytes", "X / 1_000_000"],
];

const conversion: Rule = (text, design) => {
  const known = conversions.find(([pattern]) => pattern.test(text));
  const field = design.fields.find(({ type }) => /^(?:int|float)$/.test(type));
  if (known === undefined || field === undefined) return undefined;
  return result(resultName(design, known[1]), "float", known[2].replace("X", at(field)), `The same in ${known[1]}.`);
};

const on_text: readonly (readonly [RegExp, string, FieldType, string, readonly string[]])[] = [
  [/\bsha-?256\b/i, "digest", "str", "hashlib.sha256(X.encode()).hexdigest()", ["hashlib"]],
  [/\bsha-?512\b/i, "digest", "str", "hashlib.sha512(X.encode()).hexdigest()", ["hashlib"]],
  [/\bmd5\b/i, "digest", "str", "hashlib.md5(X.encode(), usedforsecurity=False).hexdigest()", ["hashlib"]],
  [/\bbase64\b.*\bdecod|\bdecod\w* .*\bbase64\b/i, "decoded", "str", "base64.b64decode(X, validate=True).decode()", ["base64"]],
  [/\bbase64\b/i, "encoded", "str", "base64.b64encode(X.encode()).decode()", ["base64"]],
  [/\b(?:word count|counts? (?:the )?(?:number of )?words|number of words)\b/i, "word_count", "int", "len(X.split())", []],
  [
    /\b(?:character count|counts? (?:the )?(?:number of )?characters|number of characters)\b/i,
    "character_count",
    "int",
    "len(X)",
    [],
  ],
  [/\bslug(?:s|ify|ifies)?\b/i, "slug", "str", 're.sub(r"[^a-z0-9]+", "-", X.lower()).strip("-")', ["re"]],
  [/\b(?:lower-?case|lower case)/i, "normalized", "str", "X.strip().lower()", []],
  [/\b(?:upper-?case|upper case)/i, "normalized", "str", "X.strip().upper()", []],
  [/\b(?:trims?|strips?) (?:white ?space|blanks|spaces)?/i, "trimmed", "str", "X.strip()", []],
  [/\breverses?\b/i, "reversed_text", "str", "X[::-1]", []],
  [/\bparses? .*\bjson\b/i, "parsed", "dict[str, Any]", "json.loads(X)", ["json"]],
  [/\burl-?encod/i, "encoded", "str", 'urllib.parse.quote(X, safe="")', ["urllib.parse"]],
  [/\bLuhn\b/i, "is_valid", "bool", LUHN(), []],
];

function LUHN(): string {
  return "X.isdigit() and sum(sum(divmod(int(c) * (i % 2 + 1), 10)) for i, c in enumerate(X[::-1])) % 10 == 0";
}

const textual: Rule = (text, design) => {
  const field = design.fields.find(isText);
  const known = on_text.find(([pattern]) => pattern.test(text));
  if (field === undefined || known === undefined) return undefined;
  const [, name, type, expression, imports] = known;
  const expression_of = expression.replaceAll("X", at(field));
  return result(
    resultName(design, name),
    type,
    expression_of,
    `The ${pascal(name)
      .replaceAll(/(?<=[a-z])(?=[A-Z])/g, " ")
      .toLowerCase()} of ${field.name.replaceAll("_", " ")}.`,
    imports,
  );
};

/** The distance on a sphere between two places given by latitude and longitude. */
const distance: Rule = (text, design) => {
  if (!/\b(?:haversine|great[- ]circle|distance between)\b/i.test(text)) return undefined;
  const latitudes = design.fields.filter(({ name }) => /lat(?:itude)?/.test(name));
  const longitudes = design.fields.filter(({ name }) => /lon(?:gitude)?|lng/.test(name));
  const [a, b] = latitudes;
  const [c, d] = longitudes;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  const rad = (field: Field): string => `math.radians(${at(field)})`;
  const half = (one: Field, two: Field): string => `math.sin((${rad(two)} - ${rad(one)}) / 2) ** 2`;
  return result(
    resultName(design, "distance_km"),
    "float",
    `2 * 6371.0088 * math.asin(math.sqrt(${half(a, b)} + math.cos(${rad(a)}) * math.cos(${rad(b)}) * ${half(c, d)}))`,
    "The great-circle distance in km, by the haversine formula.",
    ["math"],
  );
};

/** `removes duplicates`, `sorts tags`, `counts items` of a list. */
const listed: Rule = (text, design) => {
  const field = design.fields.find(({ type }) => type.startsWith("list["));
  if (field === undefined) return undefined;
  const value = at(field);
  if (/\b(?:duplicates?|dedup\w*|unique|distinct)\b/i.test(text))
    return result(
      resultName(design, `unique_${field.name}`),
      field.type,
      `list(dict.fromkeys(${value}))`,
      `The ${field.name} without repetitions, in order.`,
    );
  if (/\bsort(?:s|ed|ing)?\b/i.test(text))
    return result(resultName(design, `sorted_${field.name}`), field.type, `sorted(${value})`, `The ${field.name} in order.`);
  if (/\bjoins?\b|\bconcatenat/i.test(text))
    return result(resultName(design, "joined"), "str", `" ".join(${value})`, `The ${field.name} as one text.`);
  if (/\bcounts?\b|\bnumber of\b/i.test(text))
    return result(
      resultName(design, `${singular(field.name)}_count`),
      "int",
      `len(${value})`,
      `How many ${field.name} there are.`,
    );
  return undefined;
};

const rules: readonly Rule[] = [distance, over_list, conversion, textual, listed, arithmetic];
