import type { Field, FieldType } from "./design.ts";
import { measuredType, typeOfPhrase, units } from "./field-types.ts";
import { mask } from "./masks.ts";

/** What a contract states about a field beside its name. */
export interface Description {
  type?: FieldType;
  /** The type is in the plural, such as `strings`, so it may describe several fields. */
  is_plural?: boolean;
  is_optional?: boolean;
  choices?: readonly string[];
  minimum?: { value: number; is_exclusive: boolean };
  maximum?: number;
  max_length?: number;
  default_value?: string;
  unit?: string;
  note?: string;
}

const number_words: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
};

const numeral = `(-?\\d[\\d,]*(?:\\.\\d+)?|${Object.keys(number_words).join("|")})`;
const numberOf = (text: string): number => number_words[text.toLowerCase()] ?? Number(text.replaceAll(",", ""));

const optional_words =
  /\boptional(?:ly)?\b|\b(?:may|can|might|could) (?:also )?be (?:left out|omitted|empty|missing|null|absent|skipped|none|left empty|blank)\b|\b(?:may|can|could) (?:also )?be (?:given|passed|provided|specified|supplied|added|named|set)\b|\bwhere (?:given|known|available)\b|\bnot (?:required|mandatory|needed|obligatory)\b|\bif (?:given|present|known|any|there is one|available|set|provided|wanted|needed)\b|\b(?:need|does|do) not (?:be given|have to be given)\b|\bnullable\b|\b(?:which |that )?defaults? to\b|\bby default\b|\bas (?:the|its) default\b|\bdefault(?::|=| is)?\s+\S+$|\bwhen (?:given|present|known)\b/i;

/** Reads `a positive integer`, `optional`, `one of a, b or c`, `in kg`; returns undefined if the text describes nothing. */
export function readDescription(text: string, is_loose: boolean): Description | undefined {
  const masked = mask(text.trim().replace(/[.;:,\s]+$/, ""));
  const flat = masked.restore(masked.text).replaceAll(/\s+/g, " ");
  const plain = masked.text.replaceAll(/\s+/g, " ").trim();
  const description: Description = {};
  if (optional_words.test(flat)) description.is_optional = true;
  const fallback =
    flat.match(/\bwith ["'`]?([\w.-]+?)["'`]? (?:as|being|by) (?:the |its )?default\b/i)?.[1] ??
    flat.match(/["'`]?([\w.-]+?)["'`]? by default\b/i)?.[1] ??
    flat.match(
      /\b(?:defaults? to|default(?: is|:| value is| value of| of|=)?|(?:and )?(?:is|are|will be|counts as|is taken as|it is) then(?: taken as| treated as)?|otherwise(?: it is)?)\s+["'`]?(-?\w[\w.-]*?)["'`]?(?=$|[\s,;)])(?! (?:to|by)\b)/i,
    )?.[1];
  if (fallback !== undefined && description.is_optional === true) description.default_value = fallback;
  readBounds(flat.replace(/\bdefaults? (?:to |is |of )?-?\d\S*/i, ""), description);
  const choices = readChoices(plain, masked.restore);
  if (choices !== undefined) description.choices = choices;
  const measured =
    flat.match(new RegExp(`^(?:the |whole |full )?(${units})$`, "i"))?.[1] ??
    flat.match(new RegExp(`(?:\\b(?:in|as)\\s+|\\d\\s?)(?:the |whole |full )?(${units})(?![\\w/])`, "i"))?.[1];
  if (measured !== undefined && (is_loose || /\bin\b/i.test(flat))) description.unit = `in ${measured.toLowerCase()}`;
  for (const part of choices === undefined
    ? splitDescription(plain, masked.restore)
    : [plain.split(/\b(?:one of|either|any of|which|that|from|such as|being|:)/)[0] ?? ""]) {
    const phrase = part
      .replace(
        /^(?:(?:also|is|are|being|be|as|must be|has to be|should be|will be|which is|which are|that is|that are|given as|expressed as|written as|stored as|in the form of|namely)\s+)+/i,
        "",
      )
      .replace(
        /\b(?:optional|required|mandatory|unique|valid|non-empty|nullable|non-negative|positive|negative|short|long|free|plain|arbitrary|single|simple|free-form|unsigned|signed|random|strictly|url-safe)\s+/gi,
        "",
      )
      .replace(/\s*\b(?:or null|or none)$/i, "")
      .trim();
    const type =
      /^true$/i.test(phrase) && /\btrue (?:if|when|for|where)\b/i.test(flat) ? "bool" : typeOfPhrase(phrase, is_loose);
    if (type === undefined) continue;
    description.type ??= type;
    if (
      /^(?:all |both |the )?(?:\w+[- ])*(?:strings|integers|numbers|texts|booleans|floats|decimals|dates|times|timestamps|flags|ids|bytes)\b/i.test(
        phrase,
      ) &&
      !type.startsWith("list[")
    )
      description.is_plural = true;
  }
  return Object.keys(description).length === 0 ? undefined : description;
}

/** Splits a description into its statements: `optional, an integer in cents`. */
const splitDescription = (plain: string, restore: (part: string) => string): string[] =>
  plain
    .replaceAll(/\bdate and time\b/gi, "datetime")
    .replaceAll(/\b(?:true or false|yes or no)\b/gi, "bool")
    .split(/\s*,\s*(?:and\s+|or\s+)?|\s*;\s*|\s+and\s+|\s+(?:or|if|when|unless|where)\s+|\s*(?:–|—)\s*/)
    .map(restore)
    .filter((part) => part !== "");

function readBounds(text: string, description: Description): void {
  const find = (pattern: string): RegExpMatchArray | null => text.match(new RegExp(pattern, "i"));
  const length =
    find(
      `\\b(?:at most|up to|no more than|no longer than|not longer than|max(?:imum)?(?: of)?|maximum length(?: of)?|length) ${numeral} (?:characters?|letters?|chars?)\\b`,
    ) ?? find(`^length ${numeral}$`);
  if (length !== null) {
    description.max_length = numberOf(length[1] ?? "");
    return;
  }
  if (new RegExp(`\\b${numeral} (?:characters?|letters?|digits?)\\b`, "i").test(text)) return;
  const range =
    find(`\\b(?:between|from|within|range(?: of)?) ${numeral} ?(?:%|percent)? ?(?:and|to|-|–) ?${numeral}`) ??
    find(`(?:^|\\s|\\()${numeral} ?(?:-|–|\\.\\.|to) ?${numeral}(?:$|\\s|\\))`);
  if (range !== null && numberOf(range[1] ?? "") <= numberOf(range[2] ?? "")) {
    description.minimum = { value: numberOf(range[1] ?? ""), is_exclusive: false };
    description.maximum = numberOf(range[2] ?? "");
    return;
  }
  if (
    /\bnon-negative\b|\b(?:not|never|cannot|can't|can not|must not) (?:be )?(?:negative|below zero)\b|\b(?:zero|0) or (?:more|greater|above|higher|positive)\b/i.test(
      text,
    )
  )
    description.minimum = { value: 0, is_exclusive: false };
  else if (/\bpositive\b|\b(?:not|never|cannot|can't|must not) be zero or (?:less|negative)\b/i.test(text))
    description.minimum = { value: 0, is_exclusive: true };
  const above = find(
    `\\b(?:more than|greater than|above|over|larger than|exceed(?:s|ing)?|higher than|bigger than) ${numeral}`,
  );
  const least =
    find(
      `\\b(?:at least|not less than|no less than|min(?:imum)?(?: value)?(?: of| is)?|not below|not under|no lower than|starting at|from|greater than or equal to|>=) ${numeral}`,
    ) ?? find(`${numeral} or (?:more|greater|above|higher)\\b`);
  const most =
    find(
      `\\b(?:at most|up to|no more than|not more than|no greater than|not exceed(?:ing)?|never exceed|max(?:imum)?(?: value)?(?: of| is)?|not above|not over|no higher than|less than or equal to|<=|not be (?:more|greater|higher|larger) than|not be (?:above|over)) ${numeral}`,
    ) ?? find(`${numeral} or (?:less|fewer|below|under)\\b`);
  if (least !== null) description.minimum = { value: numberOf(least[1] ?? ""), is_exclusive: false };
  else if (
    above !== null &&
    !/\b(?:no|not|never|cannot|not be|can't|must not|may not)(?: be)? (?:more|greater|above|over|larger|exceed|higher|bigger)/i.test(
      text,
    )
  )
    description.minimum = { value: numberOf(above[1] ?? ""), is_exclusive: true };
  if (most !== null) description.maximum = numberOf(most[1] ?? "");
  else if (above !== null && description.minimum?.value !== numberOf(above[1] ?? ""))
    description.maximum = numberOf(above[1] ?? "");
}

/** Reads the allowed values: `one of a, b or c`, `a, b or c`. A list with dots or `such as` is incomplete and ignored. */
function readChoices(plain: string, restore: (part: string) => string): string[] | undefined {
  if (/\b(?:e\.?g|such as|like|for example|for instance|including)\b|\.\.\.|…|\betc\b/i.test(restore(plain))) return undefined;
  const list_text = plain.match(
    /\b(?:one of|either|any of|(?:which|that) (?:is|are|can be|may be)|being|is|are|must be|can be|may be(?= \w+,)|(?:too|as well)?:|from the set|values?|allowed values?|enum)\b(?: one of| either| the values?)?:?\s+(.+)$/i,
  )?.[1];
  const list = (list_text ?? plain).replace(/^(?:an?|the)\s+/i, "");
  const words = list.split(/\s*,\s*(?:or\s+|and\s+)?|\s+or\s+|\s*\|\s*|\s+\/\s+/).map((one) =>
    restore(one)
      .replaceAll(/^["'`“]|["'`”]$/g, "")
      .trim(),
  );
  const is_joined =
    / or |\|/.test(list) ||
    (list_text !== undefined && /\bone of|any of|either|values?\b/i.test(plain) && words.length > 1) ||
    (list_text === undefined && /,/.test(list) && /^\S+(?:, ?\S+)+(?:,? (?:and|or) \S+)?$/.test(list));
  const cleaned = words.flatMap((one) => one.split(/\s+and\s+/));
  const are_words =
    cleaned.length > 1 &&
    cleaned.every(
      (one) =>
        /^[\w.-]+$/.test(one) &&
        !/^(?:an?|the|if|null|none|more|less|fewer|greater|zero|optional|required|strings?|integers?|true|false|numbers?|yes|no|absent|empty|omitted|missing|\d+)$/i.test(
          one,
        ),
    );
  return is_joined && are_words && cleaned.every((one) => typeOfPhrase(one, false) === undefined) ? cleaned : undefined;
}

/** Adds a description to a field; bounds, choices, defaults and units that are already set stay. */
export function applyDescription(field: Field, description: Description): void {
  if (description.type !== undefined) field.type = description.type;
  if (description.is_optional === true) field.is_optional = true;
  if (description.choices !== undefined && (description.type ?? "str") === "str" && field.is_typed !== true) field.type = "str";
  if (description.choices !== undefined && field.type === "str") field.choices ??= description.choices;
  if (description.minimum !== undefined) field.minimum ??= description.minimum;
  if (description.maximum !== undefined) field.maximum ??= description.maximum;
  if (description.default_value !== undefined) field.default_value ??= description.default_value;
  if (description.max_length !== undefined) field.max_length ??= description.max_length;
  if (description.unit !== undefined) {
    field.note ??= description.unit;
    if (description.type === undefined && !field.is_typed) field.type = measuredType(field.type, description.unit);
  }
  if (description.type !== undefined) field.is_typed = true;
}
