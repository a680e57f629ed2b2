import type { Field } from "./design.ts";
import { readList } from "./field-lists.ts";
import { readField } from "./fields.ts";
import { addFields, type Named } from "./phrases.ts";
import { singular } from "./words.ts";

const measure_pattern =
  /^(?:the )?(?:\w+ )?(?:average|mean|sum|total|median|minimum|maximum|product|difference|ratio|quotient|count|number|variance|standard deviation|hash|digest|checksum|distance|length|words|characters|lines|word count|percentage|square root)(?: value)? (?:of|between) (.+)$/i;

/** Reads the object of a pure node's verb: the result, or operands. */
export function readOperands(verb: string, text: string, named: Named): void {
  const operands = text.match(measure_pattern)?.[1];
  if (operands !== undefined) {
    addFields(named.fields, readList(operands));
    return;
  }
  const is_result =
    /^(?:calculate|compute|derive|estimate|determine|generate|produce|build|count|track|aggregate|assign|predict|rate)$/.test(
      verb,
    );
  const items = readList(text);
  // The object of these verbs is found, not given.
  if (/^(?:extract|detect|remove|deduplicate|filter|find)$/.test(verb)) return;
  if (!is_result)
    addFields(
      named.fields,
      items.filter(({ name }) => !/^(?:it|them|result|output)$/.test(name)),
    );
  else if (/^(?:calculate|compute|derive|estimate|determine|assign|predict)$/.test(verb)) addFields(named.outputs, items);
}

/** Reads the field that a reducer folds: `sums order amounts per customer`. */
export function foldedFields(text: string): Field[] {
  const value =
    text.match(
      /\b(?:sums?(?: up)?|totals?|averages?|adds? up|accumulates?|aggregates?|running total|running average|adding|mean|minimum|maximum|highest|lowest|largest|smallest|balance|total|sum|average)(?: of)?(?: the| all| each)? (?!by |of |per |for |in )([a-z][a-z ]*?)(?= per\b| by\b| for\b| from\b| of\b| in\b| and\b| over\b| across\b| with\b|[,.;]|$)/i,
    )?.[1] ?? "";
  const words = value.trim().split(/\s+/);
  const field = readField([...words.slice(0, -1), singular(words.at(-1) ?? "")].join(" "));
  return field === undefined || !/^(?:int|float|Decimal)$/.test(field.type) ? [] : [field];
}

/** Reads a labelled list: `Fields: a, b`, `Output: c`. Returns whether the sentence is one. */
export function readLabelledList(sentence: string, named: Named): boolean {
  const [, head, , list] =
    sentence.match(
      /^\s*((?:(?:required|optional|query|path|body|url|form|header|input|output|request|response|event|state|further|other|its|the|all|each|an?) )*(?:fields?|inputs?|outputs?|parameters?|params|arguments|attributes|properties|columns|returns?|given|required|mandatory|needed|optional|(?:events?|messages?|entr(?:y|ies)|records?)(?=\s*:)))(?: (?:of|for) [\w ]{1,30}?)?\s*(:|\bare\b|\bis\b|\binclude\b)(?: given:)?:?\s*(.+)$/i,
    ) ?? [];
  if (head === undefined || list === undefined) return false;
  if (/^(?:made|composed|described|invalid|valid|rejected|optional|required|always|never)\b/i.test(list)) return false;
  const is_output = /output|return|response/i.test(head);
  const is_optional = /optional/i.test(head);
  const fields = readList(list);
  if (fields.length === 0) return false;
  addFields(
    is_output ? named.outputs : named.fields,
    fields.map((field) => ({ ...field, is_listed: true, is_optional: field.is_optional || is_optional })),
  );
  return true;
}

/** Reads keys in brackets: `marks a user (user id) as away`. */
export const bracketedKeys = (sentence: string): Field[] =>
  [...sentence.matchAll(/\b([a-z]+) \((?:by |its |the )?(\1 (?:id|uuid|key|number|code))\)/gi)].flatMap(
    (match) => readField(match[2] ?? "") ?? [],
  );

/** Reads fields named by how they are checked: `token validation` names a token. */
export function qualifiedFields(text: string): Field[] {
  return [
    ...text.matchAll(
      /\b(token|password|signature|email|input|otp|api key|checksum) (?:validation|verification|hashing|check)\b/gi,
    ),
  ].flatMap((match) => {
    const field = /^input$/i.test(match[1] ?? "") ? undefined : readField(match[1] ?? "");
    return field ?? [];
  });
}
