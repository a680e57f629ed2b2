import type { Field } from "./design.ts";
import { readList, splitList } from "./field-lists.ts";
import { typeByName, units } from "./field-types.ts";
import { readField } from "./fields.ts";
import { mask } from "./masks.ts";
import { singular, snake } from "./words.ts";

/** Fields and other names found in a sentence. */
export interface Named {
  fields: Field[];
  outputs: Field[];
  /** Names of the fields that identify a record. */
  keys: string[];
  /** Names of the fields by which events are grouped. */
  groups: string[];
  /** Groups in the contract's words, which may differ from the field names. */
  group_words: string[];
}

/** Returns an empty `Named`. */
export const emptyNamed = (): Named => ({ fields: [], outputs: [], keys: [], groups: [], group_words: [] });

const marker_pattern =
  /\b(grouped by|group by|keyed by|identified by|looked up by|filtered by|filtering by|sorted by|ordered by|based on|consisting of|made up of|made of|such as|for each|by|per|under|with|including|containing|contains|given|from|using|having|takes?|taking|accepts?|accepting|receives?|receiving|returns?|returning|outputs?:?|outputting|produces|producing|yields|yielding|fields?(?: are)?:|fields? (?=[a-z]+,)|inputs?(?: is| are)?:|inputs? (?:is|are)|parameters?(?: are)?:|attributes:|properties:|columns?:|columns|events? (?:has|have|carr(?:y|ies))|carrying|carries|whose|into|in|onto|on|to|via|through|for|when|if|unless|after|before|until|while|where|without|as|against|within|then|so|requires|requiring|specifying|specified|filters?)(?=\s|$|:)/i;

/** A part of a sentence and the word that introduces it. */
interface Segment {
  marker: string;
  text: string;
}

const trailing_words = /(?:\s|,|;|\b(?:and|or|then|but|it|them|is|are)\b)+$/i;

/** Splits a text at words that introduce another part, except inside brackets. */
export function segmentsOf(text: string): Segment[] {
  const { text: shown, restore } = mask(bracketDetails(text));
  const parts = shown.split(new RegExp(marker_pattern.source, "gi"));
  const clean = (part: string): string => restore(part).replace(trailing_words, "").trim();
  const segments: Segment[] = [{ marker: "", text: clean(parts[0] ?? "") }];
  for (let i = 1; i < parts.length; i += 2) {
    const marker = (parts[i] ?? "").toLowerCase().replace(/:$/, "").trim();
    segments.push({
      marker,
      text: clean(parts[i + 1] ?? "")
        .replace(/^:/, "")
        .trim(),
    });
  }
  return segments;
}

const detail_patterns = [
  new RegExp(`(?:(?:measured|given|expressed|specified) )?\\b(?:in|as) (?:${units})(?![\\w/])`, "gi"),
  /\bas (?:an? )?(?:[\w-]+ ){0,2}(?:strings?|integers?|texts?|booleans?|floats?|decimals?|dates?|timestamps?|numbers?|uuids?|json)\b/gi,
  /\b(?:of )?(?:between|from) -?\d[\d.]* (?:and|to) -?\d[\d.]*/gi,
  /\bof (?:at (?:most|least)|up to|no more than) \d+(?: characters?)?/gi,
];

/** Puts the details of a value in brackets, so that their prepositions do not split the text. */
function bracketDetails(text: string): string {
  const { text: shown, restore } = mask(text);
  return restore(detail_patterns.reduce((rest, pattern) => rest.replaceAll(pattern, "($&)"), shown));
}

const store_words =
  /\b(?:postgres|redis|sqlite|http|api|database|table|disk|file system|service|queue|topic exchange|csv file|json file|cache|store|storage)\b/i;

/** Reads the segments after a clause's object. With `is_pure`, for Compute and Reducer nodes, `from` introduces inputs. */
export function readNamed(
  segments: readonly Segment[],
  named: Named,
  options: { is_pure: boolean; is_sending: boolean },
): void {
  for (const { marker, text } of segments) {
    const items = (): Field[] => readList(text);
    const known = (): Field[] => items().filter(({ name }) => isKnown(name));
    switch (true) {
      case /^(?:grouped by|group by|per|for each)$/.test(marker): {
        named.group_words.push(text.replace(/\s+(?:the|an?|we|it|its|their|our|keeps?)\s.*$/i, ""));
        break;
      }
      case /^(?:keyed|identified|looked up) by$|^by$/.test(marker): {
        if (
          /^(?:default|\d|hand|means|doing|(?:some|any|every|no)(?:body|one)\b|whoever\b|the (?:node|caller|client)|\w+ing\b(?! (?:id|number|code|reference|name|date|key|status|token)\b))/i.test(
            text,
          )
        )
          break;
        const keys = items();
        if (/ or /.test(text) && keys.length > 1) {
          // Any one of the keys is enough.
          for (const key of keys) key.is_optional = true;
          addFields(named.fields, keys);
          break;
        }
        addFields(named.fields, keys);
        addNames(named.keys, keys);
        break;
      }
      case /^filter(?:ed by|ing by|s)?$/.test(marker):
        if (marker !== "filter" && marker !== "filters") addFields(named.fields, items());
        break;
      case /^(?:return|output|produc|yield)/.test(marker):
        if (!/^(?:an? )?(?:error|exception)/i.test(text)) addFields(named.outputs, items());
        break;
      case /^(?:with|including|containing|contains|given|consisting of|made up of|made of|having|has|have|tak|accept|receiv|field|input|parameter|attribute|propert|column|event|carry|carri|specif|requir)/.test(
        marker,
      ):
        // `syncs them with the register`: another system, not a field.
        if (marker === "with" && /^the [\w-]+(?: of .+)?$/i.test(text) && known().length === 0) break;
        addFields(named.fields, marker === "requires" || marker === "specified" ? known() : items());
        break;
      case /^(?:using|based on|whose|where|such as)$/.test(marker):
        addFields(named.fields, options.is_pure ? items() : known());
        break;
      case marker === "from":
        if (!store_words.test(text)) addFields(named.fields, options.is_pure ? items().filter(isInput) : known());
        break;
      case marker === "to":
        if (options.is_sending && !store_words.test(text))
          addFields(
            named.fields,
            items().filter(({ name }) => isTarget(name)),
          );
        break;
      case marker === "for":
        if (!store_words.test(text) && (!options.is_pure || /^(?:an? |the )?given\b/i.test(text)))
          addFields(
            named.fields,
            /^(?:an? |the )?given\b/i.test(text) || options.is_pure
              ? known()
              : known().filter(({ name }) => typeByName(name) !== undefined && !/^\w+_(?:order|user|customer)$/.test(name)),
          );
        break;
      default:
        break;
    }
    if (options.is_pure || /^(?:return|output|produc|yield|when|if|unless|where|so|then)/.test(marker)) continue;
    // With a type, an item after a preposition is a field: `to a path (text)`.
    addFields(
      named.fields,
      items().filter(({ is_typed }) => is_typed === true),
    );
    if (/^(?:for|under|at|of)$/.test(marker) && !store_words.test(text)) {
      const keys = items().filter(({ name, is_optional }) => isKeyName(name) && !is_optional);
      addFields(named.fields, keys);
      addNames(named.keys, keys);
    }
  }
}

/** Returns whether a name identifies a record, by its last word. */
export const isKeyName = (name: string): boolean =>
  /(?:^|_)(?:id|sid|uuid|key|number|path|slug|sku|email|url|handle|username)$/.test(name);

const isInput = ({ name, type }: Field): boolean => isKnown(name) || type !== "str" || !name.includes("_");

/** Returns whether a name's words imply a type. */
export const isKnown = (name: string): boolean =>
  typeByName(name) !== undefined || (typeByName(singular(name)) !== undefined && name.length > 3);

const isTarget = (name: string): boolean =>
  /(?:^|_)(?:recipients?|address(?:es)?|emails?|phones?|numbers?|channels?|topics?|queue|tokens?|devices?|users?|urls?|accounts?|ids?|room|chat|group|bucket|location|destination|currency|language|status|environment|path)$/.test(
    name,
  );

/** Adds fields to a list; a field that is already there only gains details. */
export function addFields(list: Field[], fields: readonly Field[]): void {
  for (const field of fields) {
    const known = list.find(({ name }) => name === field.name);
    if (known === undefined) list.push(field);
    else {
      // A later mention may add details.
      for (const key of ["note", "choices", "minimum", "maximum", "max_length"] as const) {
        if (known[key] === undefined && field[key] !== undefined) Object.assign(known, { [key]: field[key] });
      }
      if (known.type === "str" && field.type !== "str") known.type = field.type;
    }
  }
}

function addNames(list: string[], fields: readonly Field[]): void {
  for (const { name } of fields) if (!list.includes(name)) list.push(name);
}

const generic_noun = /\b(?:data|records?|information|info|details|entries|entry|objects?|rows?|entity|entities|list|lists)$/i;

/** Reads the entity and its attributes from an object: `order status` is the attribute `status` of `order`. */
export function readObject(
  text: string,
  table: string | undefined,
  is_update: boolean,
): { entity: string; attributes: Field[] } {
  const bare = text.replace(/^((?:[^.,;:()]|\([^()]*\))*)[.,;:][\s\S]*$/, "$1").trim();
  const brackets = bare.match(/\(([^()]*)\)/)?.[1];
  let words = bare
    .replaceAll(/\([^()]*\)|\[[^[\]]*\]/g, " ")
    .replaceAll(/\b(?:PostgreSQL|Postgres|Redis|SQLite|HTTP)\b/gi, " ")
    .trim();
  const attributes: Field[] = [];
  if (brackets !== undefined && /,| and /.test(brackets)) for (const item of splitList(brackets)) pushField(attributes, item);
  const strip =
    /^(?:(?:an?|the|its|their|new|existing|single|all|any|every|each|one|multiple|many|given|several|some|more|or)\s+)+/i;
  words = words.replace(strip, "");
  const of = words.match(/^(.+?)\s+of\s+(?:(?:an?|the|each|every|any|all|existing|its)\s+)?(.+)$/i);
  const rows = table === undefined ? undefined : snake(table).split("_").at(-1);
  if (
    of !== null &&
    rows !== undefined &&
    snake(of[1] ?? "")
      .split("_")
      .at(-1) === rows
  )
    words = of[1] ?? "";
  else if (of !== null && !/^(?:lists?|arrays?|sets?|pages?|batch(?:es)?|number|collection)$/i.test(of[1] ?? "")) {
    for (const item of splitList(of[1] ?? ""))
      if (is_update || isKnown(snake(item.replace(strip, "")))) pushField(attributes, item);
    words = (of[2] ?? "").replace(strip, "");
  } else if (of !== null) words = (of[2] ?? "").replace(strip, "");
  const parts = splitList(words)[0]?.split(/\s+/) ?? [];
  while (parts.length > 1 && generic_noun.test(parts.at(-1) ?? "")) parts.pop();
  const thing = table === undefined ? undefined : singular(table.split("_").at(-1) ?? table);
  if (attributes.length === 0 && parts.length > 1) {
    const last = parts.at(-1) ?? "";
    const first = singular((parts[0] ?? "").toLowerCase());
    if ((is_update && typeByName(snake(last)) !== undefined) || (thing !== undefined && first === thing)) {
      for (const item of splitList(words))
        pushField(attributes, item === words || item === splitList(words)[0] ? parts.slice(1).join(" ") : item);
      parts.splice(1);
    }
  }
  const noun = parts.map((part) => part.toLowerCase()).join(" ");
  const name = snake(noun);
  const last = name.split("_").at(-1) ?? "";
  return { entity: name === "" ? "" : name.slice(0, name.length - last.length) + singular(last), attributes };
}

function pushField(list: Field[], item: string): void {
  const field = readField(item);
  if (field !== undefined) addFields(list, [field]);
}
