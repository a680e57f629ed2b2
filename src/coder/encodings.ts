import type { Computation, Field } from "./design.ts";
import { splitList } from "./field-lists.ts";
import { identifier, snake } from "./words.ts";

/** A computation and a fallback name, used if the contract does not name the result. */
export type Encoded = Pick<Computation, "expression" | "imports" | "doc"> & { fallback: string; type: "str" | "int" | "float" };

const at = (field: Field): string => `request.${identifier(field.name)}`;

const signs: readonly (readonly [RegExp, string])[] = [
  [/^(?:an? |single |one )*(?:colon)$/i, ":"],
  [/^(?:an? |single |one )*(?:dot|period|full stop)$/i, "."],
  [/^(?:an? |single |one )*(?:comma)$/i, ","],
  [/^(?:an? |single |one )*(?:dash|hyphen)$/i, "-"],
  [/^(?:an? |single |one )*(?:slash)$/i, "/"],
  [/^(?:an? |single |one )*(?:space|blank)$/i, " "],
  [/^(?:an? |single |one )*(?:pipe|vertical bar)$/i, "|"],
  [/^(?:an? |single |one )*(?:underscore)$/i, "_"],
  [/^(?:an? |single |one )*(?:newline|line break|line feed)$/i, "\n"],
];

const fieldOf = (phrase: string, fields: readonly Field[]): Field | undefined => {
  const name = snake(phrase.replace(/^(?:the|its|a|an|whole|raw)\s+/gi, ""));
  return fields.find((field) => field.name === name) ?? fields.find((field) => field.name.endsWith(`_${name}`));
};

const bytesOf = (field: Field): string =>
  field.type === "bytes" ? at(field) : field.type === "str" ? `${at(field)}.encode()` : `str(${at(field)}).encode()`;

/** Reads a keyed hash: `the HMAC-SHA256 with the secret as the key over a, a dot and b, as hex`. */
export function readHmac(text: string, fields: readonly Field[]): Encoded | undefined {
  const digest = text
    .match(/\bhmac\b[- ]?(?:with |using )?\(?(sha-?1|sha-?224|sha-?256|sha-?384|sha-?512|md5)\b/i)?.[1]
    ?.replace("-", "")
    .toLowerCase();
  if (digest === undefined) return undefined;
  const key_words =
    text.match(
      /\b(?:with|using|under) (?:the |its |an? )?([\w ]{1,30}?) as (?:the |its )?(?:secret |hmac |signing )?key\b/i,
    )?.[1] ??
    text.match(
      /\b(?:keyed (?:with|by)|key (?:is|being)|under the key|signed with) (?:the |its |an? )?([\w ]{1,30}?)(?=[,.;)]| of | over | and |$)/i,
    )?.[1];
  const key =
    (key_words === undefined ? undefined : fieldOf(key_words, fields)) ??
    fields.find(({ name }) => /(?:^|_)(?:secret|key)$/.test(name));
  const message = text.match(
    /\bhmac\b[^.;]*?\b(?:over|of) (?!the key)([^.;]+?)(?:,? (?:as|in|encoded|written|given|returned)\b(?: an?| lower-?case)? ?(?:hex\w*|base64)[^.;]*)?(?:,? (?:with|using|keyed|under)\b[^.;]*)?(?=[.;]|$)/i,
  )?.[1];
  if (key === undefined || message === undefined) return undefined;
  const parts: string[] = [];
  const values: Field[] = [];
  for (const item of splitList(message)) {
    const sign = item.match(/^["'`“](.{1,3})["'`”]$/)?.[1] ?? signs.find(([pattern]) => pattern.test(item.trim()))?.[1];
    const field = sign === undefined ? fieldOf(item.replace(/\s*\([^()]*\)$/, ""), fields) : undefined;
    if (sign !== undefined) parts.push(`b${JSON.stringify(sign)}`);
    else if (field !== undefined && field !== key) {
      parts.push(bytesOf(field));
      values.push(field);
    } else return undefined;
  }
  // Without a known separator between two texts, others could not reproduce the message.
  if (values.length === 0 || (values.length > 1 && parts.length === values.length)) return undefined;
  const digest_call = `hmac.new(${bytesOf(key)}, ${parts.join(" + ")}, hashlib.${digest})`;
  const is_base64 = /\bbase64\b/i.test(text);
  return {
    fallback: "signature",
    type: "str",
    expression: is_base64 ? `base64.b64encode(${digest_call}.digest()).decode()` : `${digest_call}.hexdigest()`,
    imports: ["hashlib", "hmac", ...(is_base64 ? ["base64"] : [])],
    doc: `The HMAC-${digest.toUpperCase()} of ${values.map(({ name }) => name.replaceAll("_", " ")).join(", ")}.`,
  };
}

/** Reads the conversion of a time of day, `HH:MM:SS` or `H:MM`, to seconds, minutes or hours. */
export function readClock(text: string, fields: readonly Field[]): Encoded | undefined {
  const form = text.match(/\bH{1,3}:MM(:SS)?\b/i);
  const unit = text
    .match(/\b(?:to|into|in|as|of|number of) (?:the )?(?:whole |total |number of )*(seconds?|minutes?|hours?)\b/i)?.[1]
    ?.toLowerCase()
    .replace(/s$/, "");
  const texts = fields.filter(({ type }) => type === "str");
  const [field] = texts;
  if (form === null || unit === undefined || field === undefined || texts.length > 1) return undefined;
  const has_seconds = form[1] !== undefined;
  const hours = /(?<!H)H:MM/i.test(text) ? "\\d{1,3}" : "\\d{2,3}";
  const pattern = `r"(${hours}):([0-5]\\d)${has_seconds ? ":([0-5]\\d)" : ""}"`;
  const weights =
    {
      second: "(3600, 60, 1)",
      minute: has_seconds ? "(60, 1, 1 / 60)" : "(60, 1)",
      hour: has_seconds ? "(1, 1 / 60, 1 / 3600)" : "(1, 1 / 60)",
    }[unit] ?? "";
  const is_whole = unit === "second" || (unit === "minute" && !has_seconds);
  const chosen = unit === "second" && !has_seconds ? "(3600, 60)" : weights;
  return {
    fallback: `${unit}s`,
    type: is_whole ? "int" : "float",
    expression: `sum(int(part) * one for part, one in zip(re.fullmatch(${pattern}, ${at(field)}).groups(), ${chosen}))`,
    imports: ["re"],
    doc: `The ${unit}s in a time such as ${has_seconds ? "08:30:00" : "08:30"}; hours from 24 belong to the next day.`,
  };
}
