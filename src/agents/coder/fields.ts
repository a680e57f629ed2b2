import type { Field, FieldType } from "./design.ts";
import { isPlural, singular, snake } from "./words.ts";

/** Units that a number may be given in; whole ones count. */
const unit =
  "kg|kilograms?|g|grams?|lbs?|pounds?|ounces?|oz|tons?|tonnes?|mm|cm|m|km|meters?|metres?|kilometers?|kilometres?|miles?|inches|feet|" +
  "ml|l|lit(?:er|re)s?|cents|minor units|dollars|euros?|usd|eur|gbp|percent|celsius|fahrenheit|kelvin|degrees(?: celsius| fahrenheit)?|" +
  "ms|milliseconds|seconds|minutes|hours|days|weeks|months|years|bytes|kb|mb|gb|pixels|px|watts|kwh|volts|amperes|hpa|mm of mercury|mmhg|bpm|mg\\/dl|mmol\\/l|mg|mcg|iu|dbm|lux|ppm|db|hz|khz|mhz|ghz|pascals?|bar|psi|knots|rpm|joules|kw|milliamps|km\\/h|kph|mph|m\\/s|%";

const unit_pattern = new RegExp(`\\s*\\b(?:(?:measured|given|expressed|specified) )?in (${unit})(?![\\w/])`, "gi");

/** Puts what belongs to one field in brackets, so that a list can be split at commas and `and`. */
export function bracketDetails(text: string): string {
  return text
    .replaceAll(unit_pattern, (match, of: string, at: number) => (isInside(text, at) ? match : ` [in ${of}]`))
    .replaceAll(/,?\s*\b(?:between|from) (-?\d[\d.]*) (?:and|to) (-?\d[\d.]*)/gi, " [between $1 $2]")
    .replaceAll(
      /,?\s*\b(?:which (?:is|are) |that is |being )?(?:either|one of|any of):? ((?:["'`]?[\w-]+["'`]?, )*["'`]?[\w-]+["'`]?,? (?:or|and) ["'`]?[\w-]+["'`]?)/gi,
      " ($1)",
    )
    .replaceAll(
      /,?\s*\b(?:of )?(?:at most|up to|no more than|max(?:imum)?(?: of)?) (\d+) characters?(?: long)?/gi,
      " [length $1]",
    );
}

/** Whether a place stands in brackets already. */
const isInside = (text: string, at: number): boolean => text.lastIndexOf("(", at) > text.lastIndexOf(")", at);

/** Splits `a, b and c`, but not inside brackets. */
export function splitList(text: string): string[] {
  const items: string[] = [];
  let depth = 0;
  let item = "";
  for (const part of text.split(
    /(\(|\)|\[|\]|,\s*(?:and|or|plus)\s+|,\s*|;|\s+(?:and|or|plus|as well as|along with|together with)\s+|\s*&\s*)/,
  )) {
    if (part === "(" || part === "[") depth++;
    if (part === ")" || part === "]") depth--;
    const is_border =
      depth === 0 && /^(?:,|;|\s*&|\s+(?:and|or|plus|as well|along|together)\s|\s+as well as|\s+along with)/.test(part);
    if (!is_border) item += part;
    else {
      items.push(item.trim());
      item = "";
    }
  }
  items.push(item.trim());
  return shareHeads(items.filter((one) => one !== ""));
}

const sharers =
  "first|last|middle|given|family|start|end|min|minimum|max|maximum|source|destination|target|sender|recipient|billing|shipping|" +
  "old|new|from|to|origin|pickup|delivery|previous|current|departure|arrival|opening|closing|check-in|check-out|lower|upper|primary|secondary|home|work|unit|total|street";

/** `start and end time` -> `start time`, `end time`. */
function shareHeads(items: readonly string[]): string[] {
  const single = new RegExp(`^(?:(?:an?|the|its|their)\\s+)?(?:${sharers})$`, "i");
  const full = new RegExp(`^(?:(?:an?|the|its|their)\\s+)?(?:${sharers})\\s+(\\w.*)$`, "i");
  return items.map((item, i) => {
    const head = items[i + 1]?.match(full)?.[1];
    return head !== undefined && single.test(item) ? `${item} ${head}` : item;
  });
}

const explicit_types: readonly (readonly [RegExp, FieldType])[] = [
  [/^(?:list|array|sequence|set) of (?:int(?:eger)?s?|whole numbers)$/, "list[int]"],
  [/^(?:list|array|sequence|set) of (?:floats?|numbers?|decimals?)$/, "list[float]"],
  [/^(?:list|array|sequence|set) of (?:objects?|dicts?)$/, "list[dict[str, Any]]"],
  [/^(?:list|array|sequence|set)(?: of \w+)?$|^list\[str\]$/, "list[str]"],
  [/^(?:str|string|text|uuid|varchar|char|url|uri|email)$/, "str"],
  [/^(?:int|integer|whole number|bigint|smallint|serial|long)$/, "int"],
  [/^(?:float|number|double|real|floating point(?: number)?)$/, "float"],
  [/^(?:decimal|numeric|money)$/i, "Decimal"],
  [/^(?:bool|boolean|flag|true\/false)$/, "bool"],
  [/^(?:datetime|timestamp|timestamptz|date-time|date and time|iso 8601(?: timestamp| datetime)?)$/, "datetime"],
  [/^date$/, "date"],
  [/^(?:bytes|binary|blob|bytea)$/, "bytes"],
  [/^(?:dict|dictionary|object|map|mapping|json|jsonb|hash)$/, "dict[str, Any]"],
];

/** The Python type that a word for a type means, `list of strings`. */
export function namedType(text: string): FieldType | undefined {
  const word = text.trim().toLowerCase();
  return explicit_types.find(([pattern]) => pattern.test(word))?.[1];
}

/** Words whose last one says of what type a value is; the first that fits decides. */
const by_words: readonly (readonly [RegExp, FieldType])[] = [
  [/_(?:id|key|name|code|type|reference)$/, "str"],
  [/^time_of_\w+$/, "datetime"],
  [
    /^(?:is|has|can|should|was|whether)_|_(?:flag|enabled|only|allowed|required)$|^(?:flag|enabled|active|verified|archived|completed?|done|published|read_only|paid|available|deleted|public|private|confirmed|subscribed|in_stock|opt_in)$/,
    "bool",
  ],
  [/(?:^|_)(?:ids|uuids)$/, "list[str]"],
  [/^(?:number|count|amount|total_number)_of_/, "int"],
  [/^(?:list|array|set)_of_(?:numbers|amounts|values|prices|scores|measurements|readings|temperatures)$/, "list[float]"],
  [/^(?:list|array|set)_of_|_list$/, "list[str]"],
  [/^(?:date_of_\w+|\w+_date|date|birthday|birthdate)$/, "date"],
  [
    /(?:^|_)(?:time|timestamp|datetime|at|deadline|expiry|expiration|expires|moment|when)$|^(?:start|end|begin|from|until|since|due)$|^(?:date_and_time)$/,
    "datetime",
  ],
  [
    /(?:^|_)(?:metadata|payload|attributes|settings|preferences|headers|properties|options|json|config|configuration|response|params|variables|dimensions_map|context|extra)$/,
    "dict[str, Any]",
  ],
  [
    /(?:^|_)(?:id|uuid|guid|sku|code|token|key|reference|slug|hash|iban|bic|vin|isbn|ssn|hostname|ip|mac|cidr|currency|number|status|state|type|kind|name|title|url|uri|email|phone|language|locale|timezone|time_zone|format|unit|mode|method|role|gender|colou?r)$/,
    "str",
  ],
  [
    /(?:^|_)(?:amount|price|cost|fee|balance|subtotal|tax|salary|payment_amount|revenue|income|discount|deposit|refund|charge|wage|budget|payment|credit|debit|tip|total|principal|premium)$/,
    "Decimal",
  ],
  [
    /(?:^|_)(?:weight|height|width|length|depth|distance|temperature|humidity|latitude|longitude|lat|lon|lng|altitude|elevation|speed|volume|pressure|score|rate|ratio|percentage|percent|probability|confidence|area|radius|mass|voltage|power|energy|angle|value|reading|measurement|radius|dosage|dose|threshold|factor|bmi|average|mean|celsius|fahrenheit|kelvin|intensity|level)$/,
    "float",
  ],
  [
    /(?:^|_)(?:quantity|qty|count|age|page|limit|offset|size|port|year|month|day|hour|minute|points|stock|attempts?|rank|rating|position|index|sequence|version|duration|ttl|seats|guests|nights|adults|children|copies|priority|per_page|page_size|heart_rate|steps|retries|size_in_bytes|bytes|minutes|seconds|hours|days|floor|capacity|term)$/,
    "int",
  ],
  [/(?:^|_)(?:content|binary|image_data|file_data|bytes_data)_bytes$|(?:^|_)(?:binary|blob|raw_bytes)$/, "bytes"],
  [/(?:^|_)(?:numbers|amounts|prices|scores|measurements|temperatures|values)$/, "list[float]"],
  [/(?:^|_)(?:line_items)$/, "list[dict[str, Any]]"],
  [
    /(?:^|_)(?:address|subject|body|text|message|description|summary|note|notes|comment|comments|content|recipient|sender|channel|topic|city|country|street|region|province|zip|postcode|path|file|filename|bucket|query|term|keyword|password|username|login|category|label|tag|author|owner|assignee|reason|diagnosis|brand|model|branch|commit|carrier|template|location|destination|origin|customer|symptoms?|signature|prompt|question|answer|caption|symbol|isin|ticker|word|sentence|paragraph|string|host|domain|device|session|event|action|resource|scope|audience|issuer|service|environment|severity|host_name|merchant|vendor|supplier|manufacturer|genre|album|artist)$/,
    "str",
  ],
];

/** What a name says about its type; undefined where its words say nothing. */
export function typeByWords(name: string): FieldType | undefined {
  return by_words.find(([pattern]) => pattern.test(name))?.[1];
}

/** Last words of phrases that speak of how the node works, not of what it is given. */
const no_field =
  /(?:^|_)(?:handling|validation|validations|retry|retries|retrying|backoff|logging|support|compensation|compensations|security|rollback|rollbacks|caching|cache|ttl|transaction|transactions|timeout|timeouts|errors?|postgresql|postgres|redis|sqlite|database|databases|table|tables|api|apis|http|https|endpoint|endpoints|result|results|node|nodes|data|details|information|info|record|records|fields?|pooling|tracing|metrics|monitoring|idempotency|atomicity|consistency|following|contract|python|json_schema|jitter|concurrency|isolation|order_by|care|other|others|them|it|each|storage|store|default|defaults|success|failure|steps?|inputs?|outputs?|parameters?|values_given|semantics|checks?|it_is|sha_\d+|md5|base64|stored|saved|kept|persisted|asynchronously|synchronously|precision|celsius_to_fahrenheit)$/;

const determiner =
  /^(?:(?:an?|the|its|their|his|her|each|every|any|all|one|this|that|given|some|new|valid|existing|specific|specified|provided|certain|corresponding|associated|respective|both|also|non-empty|unique|required|mandatory|optional|optionally|positive|non-negative|negative|resulting|following|several|multiple|either)\s+)+/i;

const tail =
  /\s+(?:(?:for|from|by|at|on|in|to)\s+\S.*|(?:into|onto|via|using|with|without|that|which|who|whose|when|where|if|so|as|than|through|after|before|until|during|against|within|is|are|must|should|can|may|will|to be|per|passed|given|being|used)\b.*)$/i;

/** Reads one item of a list, `an optional phone number (string)`; undefined where it names no value. */
export function readField(phrase: string): Field | undefined {
  const details = [...phrase.matchAll(/[([]([^()[\]]*)[)\]]/g)].map((match) => (match[1] ?? "").trim());
  let rest = phrase
    .replaceAll(/\s*[([][^()[\]]*[)\]]/g, " ")
    .replaceAll(/["“”`]/g, "")
    .trim();
  let type: FieldType | undefined;
  const colon = rest.match(/^([\w -]+?)\s*(?::|\bas an?\b)\s*([\w /[\]-]+)$/);
  if (colon !== null && namedType(colon[2] ?? "") !== undefined) {
    type = namedType(colon[2] ?? "");
    rest = colon[1] ?? "";
  }
  const is_flag = /^(?:an?\s+)?(?:flag\s+)?(?:whether|if)\b|\bflag$/i.test(rest);
  rest = rest.replace(/^(?:an?\s+|the\s+)?(?:flag\s+)?(?:whether|indicating whether)\s+(?:it|the \w+|they|an? \w+)?\s*/i, "");
  const words = rest.match(determiner)?.[0].toLowerCase() ?? "";
  if (/^(?:two|three|four|several|many)\b/i.test(rest)) return undefined;
  rest = rest.replace(determiner, "").replace(tail, "").trim();
  // `the status of the order` is its status; `date of birth` and `number of guests` are names.
  rest = rest.replace(/^((?:\w+\s)*\w+)\s+of (?:the|an?|its|each|this|that)\s+.*$/i, (all, head: string) =>
    /^(?:list|array|set|number|count)$/i.test(head) ? all.replace(/ of (?:the|an?) /, " of ") : head,
  );
  const list = rest.match(/^(?:list|array|set|collection) of (.+)$/i)?.[1];
  let name = snake(list ?? rest);
  if (is_flag && name !== "flag") name = name.replace(/^(?:it_)?(?:is|are)_/, "is_");
  if (name === "" || name.length > 60 || rest.split(/\s+/).length > 5 || no_field.test(name) || /^\d+$|^n_\d/.test(name))
    return undefined;
  const field: Field = { name, type: "str", is_optional: /\boptional/i.test(words) };
  const notes: string[] = [];
  for (const detail of details) type = readDetail(detail, field, notes) ?? type;
  field.type = type ?? (is_flag ? "bool" : guessType(name, list !== undefined));
  if (/\bnon-negative\b/.test(words)) field.minimum = { value: 0, is_exclusive: false };
  else if (/\bpositive\b/.test(words)) field.minimum = { value: 0, is_exclusive: true };
  const measured = notes.find((note) => note.startsWith("in "));
  if (type === undefined && measured !== undefined) field.type = measuredType(field.type, measured);
  if (notes.length > 0) field.note = notes.join(", ");
  return field;
}

function guessType(name: string, is_list: boolean): FieldType {
  const own = typeByWords(name);
  const last = name.split("_").at(-1) ?? name;
  if (is_list) {
    const one = typeByWords(singular(name)) ?? "str";
    if (/^(?:numbers|values|amounts|prices|scores)$/.test(last)) return "list[float]";
    return one.startsWith("list") ? one : (`list[${one}]` as FieldType);
  }
  if (own !== undefined) return own;
  return isPlural(last) ? "list[str]" : "str";
}

/** A money amount in cents is whole, other counted units too unless the words say that the value is continuous. */
function measuredType(type: FieldType, note: string): FieldType {
  if (/cents|minor units|\bms\b|milliseconds|bytes|pixels|px/.test(note)) return "int";
  if (/seconds|minutes|hours|days|weeks|months|years/.test(note)) return type === "float" ? "float" : "int";
  if (/dollars|euro|usd|eur|gbp/i.test(note)) return "Decimal";
  return type === "Decimal" ? "Decimal" : "float";
}

/** A detail in brackets: a type, a unit, bounds or the allowed values. */
function readDetail(detail: string, field: Field, notes: string[]): FieldType | undefined {
  const text = detail.trim();
  let found: FieldType | undefined;
  for (const part of text.split(/,\s*/)) {
    const type = namedType(part.replace(/^(?:an? |optional |required )+/i, ""));
    if (/^in /.test(part)) notes.push(part);
    if (type !== undefined) found = type;
    if (/^optional\b/i.test(part)) field.is_optional = true;
  }
  const bounds = text.match(/^between (-?[\d.]+) (-?[\d.]+)/);
  if (bounds !== null) {
    field.minimum = { value: Number(bounds[1]), is_exclusive: false };
    field.maximum = Number(bounds[2]);
    return found;
  }
  const length = text.match(/^length (\d+)/);
  if (length !== null) {
    field.max_length = Number(length[1]);
    return found;
  }
  const range = text.match(/^(-?\d[\d.]*)\s*(?:-|–|to|\.\.)\s*(-?\d[\d.]*)$/);
  if (range !== null) {
    field.minimum = { value: Number(range[1]), is_exclusive: false };
    field.maximum = Number(range[2]);
    return found;
  }
  if (found !== undefined) return found;
  if (/^in /.test(text)) return undefined;
  if (new RegExp(`^(?:${unit})$`, "i").test(text)) notes.push(`in ${text}`);
  else {
    const choices = text
      .split(/,\s*(?:or|and)?\s*|\s+(?:or|and)\s+|\s*\|\s*|\s*\/\s*/)
      .map((one) => one.replaceAll(/["'`]/g, "").trim());
    const is_list = choices.length > 1 && choices.every((one) => /^[\w-]+$/.test(one));
    if (is_list && !/^(?:e\.?g|i\.?e|such)/i.test(text)) field.choices = choices;
    else if (!/^(?:required|optional|unique)/i.test(text)) notes.push(text);
  }
  return undefined;
}
