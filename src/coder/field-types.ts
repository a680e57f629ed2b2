import type { FieldType } from "./design.ts";
import { isPlural, singular } from "./words.ts";

/** Units of a number. */
export const units =
  "kg|kilograms?|kilogrammes?|g|grams?|lbs?|pounds?|ounces?|oz|tons?|tonnes?|mm|cm|m|km|millimet(?:er|re)s?|centimet(?:er|re)s?|meters?|metres?|kilometers?|kilometres?|miles?|inches|feet|" +
  "ml|l|lit(?:er|re)s?|cents?|pence|minor units?|(?:the )?(?:smallest|minor) (?:currency )?units?|dollars?|euros?|usd|eur|gbp|per ?cent|percentages?|(?:degrees )?celsius|(?:degrees )?fahrenheit|kelvin|degrees|" +
  "°c|°f|ms|milliseconds?|s|seconds?|minutes?|hours?|days?|weeks?|months?|years?|bytes|kb|mb|gb|kilobytes|megabytes|gigabytes|pixels?|px|watts?|kwh|kilowatt[- ]hours?|volts?|amperes?|hpa|mm of mercury|mmhg|bpm|mg\\/dl|mmol\\/l|mg|milligrams?|mcg|iu|dbm|lux|ppm|db|hz|khz|mhz|ghz|pascals?|bar|psi|knots|rpm|joules|kw|milliamps|km\\/h|kph|mph|m\\/s|%";

const explicit_types: readonly (readonly [RegExp, FieldType])[] = [
  [/^(?:str|strings?|texts?|uuids?|guids?|varchar|char|characters?|ur[li]s?|emails?)$/, "str"],
  [/^(?:ints?|integers?|whole numbers?|bigint|smallint|serial)$/, "int"],
  [/^(?:floats?|numbers?|doubles?|reals?|floating[- ]point(?: numbers?)?|floating[- ]point values?)$/, "float"],
  [/^(?:decimals?|decimal numbers?|numeric|money|amounts? of money)$/, "Decimal"],
  [/^(?:bools?|booleans?|flags?|true\/false|true or false|false or true|yes or no|yes\/no)$/, "bool"],
  [
    /^(?:datetimes?|timestamps?|timestamptz|date-times?|dates? and times?|dates? with times?|points? in time|moments?|instants?)$/,
    "datetime",
  ],
  [/^(?:dates?|calendar dates?|calendar days?)$/, "date"],
  [/^(?:bytes?|binary|binary data|blobs?|bytea|raw bytes)$/, "bytes"],
  [/^(?:dicts?|dictionar(?:y|ies)|objects?|maps?|mappings?|json|jsonb|hash|json objects?|key-value pairs?)$/, "dict[str, Any]"],
];

/** Nouns that mean a text only where a type is expected: `currency (a three-letter code)`. */
const loose_text =
  /^(?:codes?|identifiers?|ids?|names?|words?|logins?|tokens?|address(?:es)?|digits?|letters?|hex|base64|json string|e\.164|iso codes?|phone numbers?|paths?|hostnames?|slugs?|labels?|keys?|titles?|markdown|html|csv|links?|lines?)$/;

/** Returns the Python type that a noun names: `list of strings`. */
export function namedType(text: string): FieldType | undefined {
  const word = text.trim().toLowerCase().replaceAll(/\s+/g, " ");
  const list =
    word.match(
      /^(?:(?:comma-separated|ordered|json|non-empty|possibly empty) )*(?:lists?|arrays?|sequences?|sets?|collections?)(?: of (.+))?$/,
    ) ?? word.match(/^list\[(.+)\]$/);
  if (list !== null) {
    const inner = list[1] === undefined ? "str" : (namedType(headOf(list[1])) ?? "str");
    return inner.startsWith("list[") ? "list[list]" : (`list[${inner}]` as FieldType); // an inner type makes a list type
  }
  return explicit_types.find(([pattern]) => pattern.test(word))?.[1];
}

/** Returns a phrase up to and including its noun. */
const headOf = (phrase: string): string =>
  phrase
    .replace(
      /\s+(?:in|with|for|from|to|that|which|such|between|like|without|by|on|at|as|per|written|given|encoded|if|when|,).*$/,
      "",
    )
    .trim();

/** Modifiers of types, but not of fields. */
const type_modifiers =
  /^(?:plain|short|long|free|free-form|whole|positive|negative|non-negative|unix|iso|iso-?8601|rfc3339|64-bit|32-bit|unsigned|signed|e\.164|calendar|utc|local|human-readable|\w+-letter|\w+-digit|utf-8|json|base64|hex|hexadecimal|real|natural|rational|round|even|odd|random|absolute|relative|valid|big|small|large|optional|unique|simple)$/;

/** Returns the type that a phrase names: `a positive integer in cents`. With `is_loose`, the phrase is known to be a type. */
export function typeOfPhrase(phrase: string, is_loose: boolean): FieldType | undefined {
  const bare = phrase
    .toLowerCase()
    .replace(/^(?:(?:an?|the|one|also|all|both|each|every|of type|simply|just|single)\s+)+/, "")
    .trim();
  if (/^(?:iso[- ]?8601|rfc ?3339)(?: (?:timestamp|datetime|string|format|date and time|time))?$/.test(bare)) return "datetime";
  if (/^(?:unix|epoch|posix) (?:timestamp|time|seconds)/.test(bare)) return "int";
  if (/^(?:\w+ )?(?:mapping|map|dictionary|dict|object|hash|table|set of pairs) (?:of|from|with|that|which)\b/.test(bare))
    return "dict[str, Any]";
  const list = bare.match(/^(?:[\w-]+ ){0,2}?((?:lists?|arrays?|sequences?|sets?|collections?)(?: of .+)?)$/)?.[1];
  // `a list of tags` is a field; `a list of strings` is a type.
  if (list !== undefined && (is_loose || !/ of /.test(list) || namedType(headOf(list.replace(/^.*? of /, ""))) !== undefined))
    return namedType(list);
  if (list !== undefined) return undefined;
  const of = bare.match(/^(?:[\w-]+ )*?(string|text|sequence) of (?:digits|characters|letters|words|text|hex)/)?.[0];
  if (of !== undefined) return "str";
  const words = headOf(bare).split(/\s+/);
  for (const count of [4, 3, 2, 1]) {
    const tail = words.slice(-count);
    if (tail.length < count) continue;
    const type = namedType(tail.join(" "));
    const is_ambiguous =
      /^(?:text|date|number|flag|timestamp|time|url|uri|email|object|map|code|amount|moment|hash|money|char|characters?|long|byte)s?$/.test(
        tail.join(" "),
      );
    // `a date` may be a field; `an ISO date` can only be a type.
    if (
      type !== undefined &&
      (is_loose || !is_ambiguous || (words.length > count && words.slice(0, -count).every((word) => type_modifiers.test(word))))
    )
      return type;
  }
  if (!is_loose) return undefined;
  const last = words.at(-1) ?? "";
  if (/^times?$/.test(last)) return "datetime";
  return loose_text.test(last) ? "str" : undefined;
}

/** Types by the words of a field's name; the first match decides. */
const types_by_name: readonly (readonly [RegExp, FieldType])[] = [
  [/_(?:id|key|name|code|type|reference)$/, "str"],
  [/(?:^|_)(?:lap|page|line|row|column|step|chapter|week|day|month|year|round|attempt|episode|season)_number$/, "int"],
  [/(?:^|_)(?:price|cost|fee|charge|tariff|wage|salary)_per_[a-z0-9]+$/, "Decimal"],
  [/_per_[a-z0-9]+$/, "float"],
  [/^time_of_\w+$/, "datetime"],
  [
    /^(?:is|has|can|should|was|whether|may|needs|allow|allows|enable|include)_|_(?:flag|enabled|only|allowed|required|verified|active|consent)$|^(?:flag|enabled|active|verified|archived|completed?|done|published|read_only|paid|available|deleted|public|private|confirmed|subscribed|in_stock|opt_in|draft|prerelease|urgent|dry_run|force)$/,
    "bool",
  ],
  [/(?:^|_)(?:ids|uuids)$/, "list[str]"],
  [
    /^(?:number|count|total_number)_of_|^(?:num|nr|n)_|^(?:passengers|seats|guests|nights|adults|children|rooms|replicas|(?:\w+_)?servings|(?:\w+_)?portions)$/,
    "int",
  ],
  [/^amount_of_(?:money|cash)/, "Decimal"],
  [/^(?:list|array|set)_of_(?:numbers|amounts|values|prices|scores|measurements|readings|temperatures)$/, "list[float]"],
  [/^(?:list|array|set)_of_|_list$/, "list[str]"],
  [/^(?:date_of_\w+|\w+_date|date|birthday|birthdate)$/, "date"],
  [
    /(?:^|_)(?:time|timestamp|datetime|at|deadline|expiry|expiration|expires|moment|when)$|^(?:start|end|begin|until|since|due)$|^valid_(?:until|from|to|through)$|^(?:date_and_time)$/,
    "datetime",
  ],
  [
    /(?:^|_)(?:metadata|payload|attributes|settings|preferences|headers|properties|options|json|config|configuration|response|params|variables|dimensions_map|context|extra)$/,
    "dict[str, Any]",
  ],
  [
    /(?:^|_)(?:id|uuid|guid|sid|sku|code|token|key|reference|slug|hash|iban|bic|vin|isbn|ssn|hostname|ip|mac|cidr|currency|number|status|state|type|kind|name|title|url|uri|email|phone|language|locale|timezone|time_zone|format|unit|mode|method|role|gender|colou?r|namespace|deployment|image|cluster|container|repository|repo)$/,
    "str",
  ],
  [
    /(?:^|_)(?:amount|price|cost|fee|balance|subtotal|tax|salary|payment_amount|revenue|income|discount|deposit|refund|charge|wage|budget|payment|credit|debit|tip|total|principal|premium)$/,
    "Decimal",
  ],
  [
    /(?:^|_)(?:weight|height|width|length|depth|distance|temperature|humidity|latitude|longitude|lat|lon|lng|altitude|elevation|speed|volume|pressure|score|rate|ratio|percentage|percent|probability|confidence|area|radius|mass|voltage|power|energy|angle|value|reading|measurement|radius|dosage|dose|threshold|factor|bmi|average|mean|celsius|fahrenheit|kelvin|intensity|level|share|fraction)$/,
    "float",
  ],
  [
    /(?:^|_)(?:quantity|qty|count|age|page|limit|offset|size|port|year|month|day|hour|minute|points|stock|attempts?|rank|rating|position|index|sequence|version|duration|ttl|seats|guests|nights|adults|children|copies|priority|per_page|page_size|heart_rate|steps|retries|size_in_bytes|bytes|minutes|seconds|hours|days|floor|capacity|term)$/,
    "int",
  ],
  [/(?:^|_)(?:content|binary|image_data|file_data|bytes_data)_bytes$|(?:^|_)(?:binary|blob|raw_bytes)$/, "bytes"],
  [/(?:^|_)(?:numbers|amounts|prices|scores|measurements|temperatures|readings|values)$/, "list[float]"],
  [/(?:^|_)(?:line_items)$/, "list[dict[str, Any]]"],
  [
    /(?:^|_)(?:address|subject|body|text|message|description|summary|note|notes|comment|comments|content|recipient|sender|channel|topic|city|country|street|region|province|zip|postcode|path|file|filename|bucket|query|term|keyword|password|username|login|category|label|tag|author|owner|assignee|reason|diagnosis|brand|model|branch|commit|carrier|template|location|destination|origin|customer|symptoms?|signature|prompt|question|answer|caption|symbol|isin|ticker|word|sentence|paragraph|string|host|domain|device|session|event|action|resource|scope|audience|issuer|service|environment|severity|host_name|merchant|vendor|supplier|manufacturer|genre|album|artist)$/,
    "str",
  ],
];

/** Returns the type that a field's name implies, or undefined. */
export function typeByName(name: string): FieldType | undefined {
  return types_by_name.find(([pattern]) => pattern.test(name))?.[1];
}

/** Returns the type of a field of which only the name is known. */
export function guessType(name: string, is_list: boolean): FieldType {
  const own = typeByName(name);
  const last = name.split("_").at(-1) ?? name;
  if (is_list) {
    const one = typeByName(singular(name)) ?? "str";
    if (/^(?:numbers|values|amounts|prices|scores)$/.test(last)) return "list[float]";
    return one.startsWith("list") ? one : (`list[${one}]` as FieldType); // an inner type makes a list type
  }
  if (own !== undefined) return own;
  return isPlural(last) ? "list[str]" : "str";
}

/** Returns the type of a number with a unit: cents and bytes are whole, times unless the name implies a fraction. */
export function measuredType(type: FieldType, note: string): FieldType {
  if (/cents|pence|minor|smallest|\bms\b|milliseconds|bytes|pixels|px/.test(note)) return "int";
  if (/\b(?:s|seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b/.test(note)) return type === "float" ? "float" : "int";
  if (/dollars|euro|usd|eur|gbp/i.test(note)) return "Decimal";
  if (/per ?cent|%/.test(note)) return "float";
  return type === "Decimal" ? "Decimal" : "float";
}
