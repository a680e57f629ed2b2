import { isVerb } from "./clauses.ts";
import { applyDescription, type Description, readDescription } from "./descriptions.ts";
import type { Field, FieldType } from "./design.ts";
import { typeByName } from "./field-types.ts";
import { readField } from "./fields.ts";
import { mark_pattern, mask } from "./masks.ts";
import { singular, snake } from "./words.ts";

/** An element of an enumeration and the separator before it. */
interface Element {
  separator: "" | "," | "and" | "or";
  text: string;
}

/** Splits `a, b and c` at commas and conjunctions, except inside brackets. */
function elementsOf(text: string): Element[] {
  const masked = mask(text);
  const whole = masked.text
    .replaceAll(
      /\b(dates?|start|days?) and (times?)\b(?=\s*(?:$|[,.;)]|and\b|or\b|at\b|of\b|in\b))/gi,
      (found, first: string) => (/^start|^day/i.test(first) ? found : found.replace(" and ", "\ue004")),
    )
    .replaceAll(/\b(true|yes|false) or (false|no|true)\b/gi, (found) => found.replaceAll(" ", "\ue005"))
    .replaceAll(/\b(between -?[\d.]+ ?%?) and (-?[\d.]+)/gi, "$1\ue004$2")
    .replaceAll(/\b(-?[\d.]+) or (more|less|fewer|greater|above|below)\b/gi, "$1\ue006or\ue006$2")
    // Allowed values of one word each.
    .replaceAll(
      /((?<=\w):|\bone of|either|any of|which is|that is|which can be|that can be|which may be|that may be|being|such as|must be|which is one of|e\.?g\.?|for example),?:? ((?:[^\s,]+(?:, ))*[^\s,]+,? or [^\s,]+)/gi,
      (found) => found.replaceAll(", ", "\ue007").replaceAll(" or ", "\ue006or\ue006"),
    );
  const unhide = (part: string): string =>
    masked
      .restore(
        part.replaceAll("\ue004", " and ").replaceAll("\ue005", " ").replaceAll("\ue007", ", ").replaceAll("\ue006", " "),
      )
      .trim();
  const elements: Element[] = [];
  let separator = "" as Element["separator"]; // it changes in the loop
  for (const part of whole.split(
    /(,?\s+(?:and also|and|plus|as well as|along with|together with|or)(?=[\s,])\s*|\s*&\s*|\s*[,;]\s*)/,
  )) {
    if (/^,?\s+or\s*$/.test(part)) separator = "or";
    else if (/^,?\s+(?:and|plus|as well as|along with|together with)\b|^\s*&/.test(part)) separator = "and";
    else if (/^\s*[,;]\s*$/.test(part)) separator = separator === "" ? "," : separator;
    else if (part.trim() !== "") {
      elements.push({ separator: elements.length === 0 ? "" : separator, text: unhide(part) });
      separator = "";
    }
  }
  return elements;
}

/** Splits `a, b and c` into its items. */
export const splitList = (text: string): string[] => distributeHeadNouns(elementsOf(text).map((element) => element.text));

const paired_modifiers =
  "first|last|middle|given|family|start|end|min|minimum|max|maximum|source|destination|target|sender|recipient|billing|shipping|" +
  "old|new|from|to|origin|pickup|delivery|previous|current|departure|arrival|opening|closing|check-in|check-out|lower|upper|primary|secondary|x|y|z|home|work|unit|total|street|debit|credit|buyer|seller";

/** Repeats a shared noun: `start and end time` -> `start time`, `end time`. */
function distributeHeadNouns(items: readonly string[]): string[] {
  const single = new RegExp(`^(?:(?:an?|the|its|their)\\s+)?(?:${paired_modifiers})$`, "i");
  const full = new RegExp(`^(?:(?:an?|the|its|their)\\s+)?(?:${paired_modifiers})\\s+([A-Za-z][\\w' -]*)`, "i");
  const one = (head: string): string =>
    head.replace(/^(dates|times|coordinates|names|addresses|amounts|prices|ids|numbers|places|values|timestamps)\b/i, (word) =>
      singular(word),
    );
  return items.map((item, i) => {
    const head = items[i + 1]?.match(full)?.[1];
    if (head !== undefined && single.test(item)) return `${item} ${one(head.trim())}`;
    // `start and end dates` are one date each.
    const own = item.match(full)?.[1];
    const before = items[i - 1];
    return own !== undefined && before !== undefined && single.test(before) && one(own) !== own
      ? `${item.slice(0, item.lastIndexOf(own))}${one(own)}`
      : item;
  });
}

const description_start =
  /^(?:with \S+ (?:as|being|by) (?:the |its )?default|which|that (?:is|are|may|can|must|has)|who|where|whose|i\.?e\.?|e\.?g\.?|namely|(?:given|expressed|measured|written|counted|stored) (?:in|as)|in (?!\w+ order)|between|at (?:least|most)|up to|no more|not more|one of|either|default|if (?:given|present|known|any)|unless|such as|for example|as (?:an?|the|one|well)?|being|also|both of|(?:max|min)(?:imum)? value|true (?:if|when|for)|false (?:if|when|for)|must|may|can|never|not|or (?:null|none))\b/i;

/** Matches an aside: `…, and, if known, the address`. */
const aside_pattern =
  /^(?:optional|optionally|possibly|perhaps|if (?:known|given|present|any|available|needed|set|there is one)|where (?:known|given|available))$/i;

/** Matches `possibly a comment`: this item and those after it are optional. */
const maybe_pattern = /^(?:optionally|possibly|perhaps|maybe)\b/i;

/** Returns whether an item only explains the field before it: `account id, the ID of the account`. */
function explains(item: string, separator: Element["separator"], previous: Field): boolean {
  if (separator !== ",") return false;
  const last = previous.name.split("_").at(-1) ?? previous.name;
  const [, head = ""] = item.match(/^(?:the|an?) (?:[\w-]+ ){0,3}?([\w-]+)(?: (?:of|that|which|to|for|in|on|at)\b.*)$/i) ?? [];
  if (head !== "" && snake(head) === last) return true;
  const verb = item.match(/^([a-z]+) (?:the|an?|its|it|only|all)\b/)?.[1];
  return verb !== undefined && isVerb(verb);
}

const all_pattern =
  /^(?:(?:all|both|each|every one|any|none|all of them|both of them|each of them|the (?:two|three|four|last two|first two))(?: (?:three|two|four|five|six))?(?: of (?:them|which|these))?)(?:\s+(?:being|is|are|as))?\s+/i;

/** Reads an enumeration of fields and their descriptions: `a, an integer, b and c, both strings`. */
export function readList(text: string): Field[] {
  const elements = elementsOf(text.replace(/[.,;:\s]+$/, ""));
  const names = distributeHeadNouns(elements.map((element) => element.text));
  for (const [i, { separator, text: own }] of elements.entries()) {
    const next = elements[i + 1];
    if (separator === "and" && aside_pattern.test(own) && next !== undefined) next.separator = "and";
  }
  // `valid until, a date`: a list would end with a conjunction.
  const is_apposed =
    elements.every(({ separator }) => separator === "" || separator === ",") && !/^an? /i.test(elements[0]?.text ?? "");
  const last_joined = elements.findLastIndex(({ separator }) => separator === "and");
  const fields: Field[] = [];
  let next_is_optional = false;
  let joined_count = 0;
  const applyToAll = (description: Description): void => {
    const is_each = fields.some(({ type }) => !type.startsWith("list["));
    const is_number = description.type !== undefined && /^(?:int|float|Decimal)$/.test(description.type);
    for (const field of fields) {
      // In `a sensor id, a and b as floats`, the id is not a float.
      if (is_number && !/^(?:int|float|Decimal)$/.test(field.type) && typeByName(field.name) !== undefined) continue;
      if (field.is_typed !== true || description.type === undefined)
        applyDescription(field, forField(field, description, is_each));
    }
  };
  for (const [i, { separator, text: own }] of elements.entries()) {
    const item = names[i] ?? own;
    const previous = fields.at(-1);
    if (aside_pattern.test(item)) {
      if (separator === "and" || previous === undefined || /^optionally$/i.test(item)) next_is_optional = true;
      else previous.is_optional = true;
      continue;
    }
    const all = item.match(all_pattern)?.[0];
    if (all !== undefined && fields.length > 0) {
      const description = readDescription(item.slice(all.length), true);
      if (description !== undefined) {
        applyToAll(description);
        continue;
      }
    }
    const too = item.match(
      /^(?!(?:it|they|both|all|which|that|this|each|one|two)\b)([a-z].*?) (?:may|can) (?:also )?be (?:given|passed|added|set|left out|omitted)(?: too| as well)?$/i,
    )?.[1];
    const added = too === undefined || previous === undefined ? undefined : readField(too);
    if (added !== undefined) {
      added.is_optional = true;
      fields.push(added);
      continue;
    }
    if (previous !== undefined && explains(item, separator, previous)) continue;
    if (previous !== undefined) {
      const is_behind = separator === "," && last_joined > 0 && i > last_joined;
      const is_led =
        description_start.test(item) &&
        !(separator === "and" && /^(?:up to|at most) \w+ (?!characters|percent|%)[a-z]+/i.test(item));
      const bare = withoutBrackets(item);
      const description = readDescription(bare, is_behind || is_led || (is_apposed && /^an? /i.test(item)));
      const names_more = / (?:as|being) /.test(bare) && !is_led;
      if (is_led || (is_behind && !names_more) || (description?.type !== undefined && separator !== "and" && !names_more)) {
        if (description !== undefined) {
          if (/^as\b/i.test(item) && description.is_plural === true) applyToAll(description);
          else applyDescription(previous, forField(previous, description));
          continue;
        }
        if (is_led || /^(?:the|an?) /.test(item)) continue;
      }
    }
    // `data, a mapping`: with a type, any noun is a field.
    const next = elements[i + 1];
    const is_sure =
      next !== undefined &&
      readDescription(withoutBrackets(next.text), false)?.type !== undefined &&
      !/ (?:as|being) /.test(next.text);
    const field = readField(item, is_sure);
    if (field === undefined) continue;
    if (next_is_optional || maybe_pattern.test(item)) field.is_optional = true;
    if (maybe_pattern.test(item)) next_is_optional = true;
    // The brackets in `a, b and c (all decimals)` and `a and b (integers)` describe all items.
    const trailing = mask(item).text === item ? undefined : item.match(/\(([^()]*)\)\s*$/)?.[1];
    const of_group = trailing === undefined ? undefined : readDescription(trailing.replace(all_pattern, ""), true);
    if (separator === "and" && i === elements.length - 1 && trailing !== undefined && of_group?.is_plural === true) {
      const { type } = of_group;
      if (all_pattern.test(trailing) || fields.every((one) => one.is_typed !== true)) {
        fields.push(field);
        if (type !== undefined && field.type.startsWith("list[") && fields.some((one) => !one.type.startsWith("list[")))
          field.type = type;
        const all = trailing
          .match(all_pattern)?.[0]
          .match(/\b(two|three|four|five|six)\b/i)?.[1]
          ?.toLowerCase();
        const count = all === undefined ? fields.length : ["two", "three", "four", "five", "six"].indexOf(all) + 2;
        const group = fields.splice(-count);
        const before = fields.splice(0);
        fields.push(...group);
        applyToAll(of_group);
        fields.unshift(...before);
        continue;
      }
    }
    // `a, b and c as strings` describes all three.
    const shared = mask(item).text.match(/\bas (.+)$/)?.[1];
    const description = shared === undefined ? undefined : readDescription(shared, true);
    if (description?.is_plural === true && separator !== "") applyToAll(description);
    fields.push(field);
    if (i === last_joined) joined_count = fields.length;
  }
  // `fat, carbohydrates and proteins in g`: a field with a unit is not a list, and the unit applies to the others, too.
  const group = joined_count === 0 ? fields : fields.slice(0, joined_count);
  const measured = group.at(-1);
  if (
    last_joined > 0 &&
    measured?.note?.startsWith("in ") === true &&
    group.length > 1 &&
    group
      .slice(0, -1)
      .every(
        (one) =>
          one.note === undefined &&
          one.is_typed !== true &&
          one.is_list !== true &&
          (one.type.startsWith("list[") || typeByName(one.name) === undefined),
      )
  )
    for (const one of group)
      applyDescription(one, { unit: measured.note, type: measured.type.startsWith("list[") ? "float" : measured.type });
  return fields;
}

/** Returns an element without its brackets. */
function withoutBrackets(item: string): string {
  const masked = mask(item.replace(/^also\s+/i, ""));
  return masked.text.replaceAll(new RegExp(mark_pattern, "g"), (found) =>
    /^[([]/.test(masked.restore(found)) ? "" : masked.restore(found),
  );
}

/** Adapts a plural type: `strings` describes the items of a list, but `wages and tax, both decimals` are two numbers. */
function forField(field: Field, description: Description, is_each = false): Description {
  const { type } = description;
  if (is_each && type !== undefined && field.is_list !== true) return description;
  if (type === undefined || type.startsWith("list[") || !field.type.startsWith("list[") || description.is_plural !== true)
    return description;
  return { ...description, type: `list[${type}]` as FieldType }; // an inner type makes a list type
}
