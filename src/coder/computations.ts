import type { Computation, Design, Field, FieldType } from "./design.ts";
import { readClock, readHmac } from "./encodings.ts";
import { readFormulas } from "./formulas.ts";
import { identifier, pascal, singular } from "./words.ts";

const is =
  (types: string) =>
  (field: Field): boolean =>
    types.split(" ").includes(field.type);
const isNumber = is("int float Decimal");
const isNumbers = is("list[float] list[int] list[Decimal]");
const isText = is("str");

/** Reads the results of a Compute node. A result that the contract does not define becomes an open point. */
export function readComputations(given: Design): Design {
  const { contract: text } = given;
  const stated = readFormulas(given);
  const computations = [...stated.computations];
  // An output named in a formula's sentence is that formula's result.
  const outputs = given.outputs.filter(
    ({ name }) => !name.split("_").every((word) => new RegExp(`\\b${word}`, "i").test(stated.sentences)),
  );
  // Fields named only by a formula count as named.
  const open_points =
    given.fields.length === 0 && stated.fields.length > 0
      ? given.open_points.filter(({ method }) => method !== "")
      : given.open_points;
  const design = {
    ...given,
    open_points,
    fields: stated.fields,
    outputs: stated.computations.length > 0 ? outputs : given.outputs,
  };
  if (computations.length === 0) {
    const known = rules.map((rule) => rule(text, design)).find((one) => one !== undefined);
    if (known !== undefined) computations.push(known);
  }
  const used = new Set(computations.map(({ result }) => result.name));
  // `calculates the total price: total = …` names one result twice.
  const [only, ...more] = computations;
  if (only !== undefined && more.length === 0)
    for (const { name } of design.outputs)
      if (name.split("_").some((word) => only.result.name.split("_").includes(word))) used.add(name);
  const fields = design.fields.filter(
    ({ name }) =>
      !used.has(name) || computations.some(({ expression }) => new RegExp(`\\brequest\\.${name}\\b`).test(expression)),
  );
  const all_outputs = [...computations.map(({ result }) => result), ...design.outputs.filter(({ name }) => !used.has(name))];
  const missing = design.outputs.filter(({ name }) => !used.has(name)).map(({ name }) => name);
  const open = computations.length === 0 || missing.length > 0;
  const what =
    missing.length === 0
      ? "The contract does not say how to compute the result."
      : `The contract does not say how to compute ${missing.join(", ")}.`;
  return {
    ...design,
    fields,
    outputs: all_outputs,
    computations,
    open_points: open ? [...design.open_points, { method: "derive", what }] : design.open_points,
  };
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

/** Returns the contract's name for its only result, or `fallback`. */
function resultName(design: Design, fallback: string): string {
  const [first, ...more] = design.outputs;
  return first !== undefined && more.length === 0 ? first.name : fallback;
}

const at = (field: Field): string => `request.${identifier(field.name)}`;

/** Statistics of a list of numbers. */
const list_statistic: Rule = (text, design) => {
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

/** Arithmetic on two numbers: `multiplies a by b`, `the difference between a and b`. */
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

/** Conversions between units that are defined by each other. */
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

const another_unit =
  /^,? (?:and|or) (?:to |into |degrees )*(?:celsius|fahrenheit|kelvin|kg|kilograms?|lbs?|pounds?|ounces?|km|kilomet(?:er|re)s?|miles?|mph|km\/h|kph|knots|m|met(?:er|re)s?|ft|feet|inches|cm|centimet(?:er|re)s?|MB|megabytes|GB|gigabytes)\b/i;

const conversion: Rule = (text, design) => {
  const known = conversions.find(([pattern]) => pattern.test(text));
  const match = known === undefined ? null : text.match(known[0]);
  if (known === undefined || match === null) return undefined;
  // `to fahrenheit and mph` asks for two results; giving one would be incomplete.
  if (another_unit.test(text.slice(match.index).slice(match[0].length))) return undefined;
  const numbers = design.fields.filter(({ type }) => /^(?:int|float)$/.test(type));
  const unit = new RegExp(`(?:^|[ _])${match[0].match(/^\w+/)?.[0] ?? ""}(?:[ _]|$)`, "i");
  const field = numbers.length === 1 ? numbers[0] : numbers.find(({ name, note }) => unit.test(`${name} ${note ?? ""}`));
  if (field === undefined) return undefined;
  return result(resultName(design, known[1]), "float", known[2].replace("X", at(field)), `The value in ${known[1]}.`);
};

const text_functions: readonly (readonly [RegExp, string, FieldType, string, readonly string[]])[] = [
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

/** Keyed hashes and times of day. */
const encoding: Rule = (text, design) => {
  const found = readHmac(text, design.fields) ?? readClock(text, design.fields);
  if (found === undefined) return undefined;
  const { fallback, type, expression, doc, imports } = found;
  return result(resultName(design, fallback), type, expression, doc, imports);
};

const separators: readonly (readonly [RegExp, string])[] = [
  [/colons?/i, ":"],
  [/semicolons?/i, ";"],
  [/commas?/i, ","],
  [/(?:dots?|periods?|full stops?)/i, "."],
  [/(?:spaces?|blanks?)/i, " "],
  [/slash(?:es)?/i, "/"],
  [/(?:dash(?:es)?|hyphens?)/i, "-"],
  [/(?:pipes?|vertical bars?)/i, "|"],
  [/underscores?/i, "_"],
  [/(?:newlines?|line breaks?|line feeds?)/i, "\n"],
  [/nothing/i, ""],
];

/** Returns the separator of joined texts, if the contract names one. */
function separatorIn(text: string): string | undefined {
  const words = text.match(
    /\b(?:join(?:ed|s|ing)?|concatenat(?:ed|es|ing)|separated|put together|combined|glued)\b[^.;]*?\b(?:by|with|using)\s+(?:an? |single |one )*(["'`“][^"'`”]*["'`”]|[\w]+(?: \w+)?)/i,
  )?.[1];
  if (words === undefined) return undefined;
  if (/^["'`“]/.test(words)) return words.slice(1, -1);
  return separators.find(([pattern]) => new RegExp(`^${pattern.source}\\b`, "i").test(words))?.[1];
}

const text_function: Rule = (text, design) => {
  const texts = design.fields.filter(isText);
  const field = texts[0];
  const known = text_functions.find(([pattern]) => pattern.test(text));
  if (field === undefined || known === undefined) return undefined;
  const [, name, type, expression, imports] = known;
  const separator = separatorIn(text);
  // The result for several texts is unknown without a separator.
  if (
    texts.length > 1 &&
    (separator === undefined || texts.some(({ is_optional, default_value }) => is_optional && default_value === undefined))
  )
    return undefined;
  const value = texts.length > 1 ? `${JSON.stringify(separator)}.join((${texts.map(at).join(", ")}))` : at(field);
  const expression_of = expression.replaceAll("X", value);
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

/** The distance between two places given by latitude and longitude. */
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
    `2 * ${text.match(/\bradius of ([\d.]+\d)/i)?.[1] ?? "6371.0088"} * math.asin(math.sqrt(${half(a, b)} + math.cos(${rad(a)}) * math.cos(${rad(b)}) * ${half(c, d)}))`,
    "The great-circle distance in km, by the haversine formula.",
    ["math"],
  );
};

/** Operations on a list: `removes duplicates`, `sorts tags`, `counts items`. */
const list_operation: Rule = (text, design) => {
  const field = design.fields.find(({ type }) => type.startsWith("list["));
  if (field === undefined) return undefined;
  const value = at(field);
  if (/\b(?:duplicates?|dedup\w*|unique|distinct)\b/i.test(text))
    return result(
      resultName(design, `unique_${field.name}`),
      field.type,
      `list(dict.fromkeys(${value}))`,
      `The ${field.name} without duplicates, in order.`,
    );
  if (/\bsort(?:s|ed|ing)?\b/i.test(text))
    return result(resultName(design, `sorted_${field.name}`), field.type, `sorted(${value})`, `The sorted ${field.name}.`);
  if (/\bjoins?\b|\bconcatenat/i.test(text))
    return result(resultName(design, "joined"), "str", `" ".join(${value})`, `The ${field.name} joined by spaces.`);
  if (/\bcounts?\b|\bnumber of\b/i.test(text))
    return result(resultName(design, `${singular(field.name)}_count`), "int", `len(${value})`, `The number of ${field.name}.`);
  return undefined;
};

/** The number or share of a list's items that have one value. */
const list_share: Rule = (text, design) => {
  const field = design.fields.find(({ type }) => type === "list[str]");
  const [, kind = "", wanted] =
    text.match(
      /\b(share|fraction|proportion|percentage|rate|part|number|count)\b(?: of (?:them|those|the \w+|\w+))?,? (?:that|which|who) (?:is|are|was|were|equals?|has|have) ["'`“]?([\w-]+)/i,
    ) ?? [];
  if (field === undefined || wanted === undefined) return undefined;
  const count = `${at(field)}.count(${JSON.stringify(wanted)})`;
  const doc = `The ${kind.toLowerCase()} of ${field.name.replaceAll("_", " ")} that is ${wanted}.`;
  if (/^(?:number|count)$/i.test(kind)) return result(resultName(design, `${wanted}_count`), "int", count, doc);
  const ratio = `${/percentage/i.test(kind) ? "100 * " : ""}${count} / len(${at(field)})`;
  return result(resultName(design, `${wanted}_${kind.toLowerCase()}`), "float", ratio, doc);
};

/** Whether two time spans overlap. */
const overlap: Rule = (text, design) => {
  if (!/\boverlap/i.test(text)) return undefined;
  const times = design.fields.filter(is("datetime date int float"));
  const starts = times.filter(({ name }) => /(?:^|_)(?:start|starts|begin|from)(?:_|$)/.test(name));
  const ends = times.filter(({ name }) => /(?:^|_)(?:end|ends|until|to|finish)(?:_|$)/.test(name));
  const [a, b] = starts;
  const [c, d] = ends;
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined;
  const sign = /\btouch\w*\b[^.]*\b(?:also|count|do) (?:overlap|as overlap)/i.test(text) && !/\bnot\b/i.test(text) ? "<=" : "<";
  return result(
    resultName(design, "overlap"),
    "bool",
    `${at(a)} ${sign} ${at(d)} and ${at(b)} ${sign} ${at(c)}`,
    "Whether each span begins before the other ends.",
  );
};

const rules: readonly Rule[] = [
  encoding,
  distance,
  overlap,
  list_share,
  list_statistic,
  conversion,
  text_function,
  list_operation,
  arithmetic,
];
