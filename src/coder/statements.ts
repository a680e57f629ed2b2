import { baseVerb, effects, isVerb } from "./clauses.ts";
import { applyDescription, readDescription } from "./descriptions.ts";
import type { Effect } from "./design.ts";
import { readList, splitList } from "./field-lists.ts";
import { readField } from "./fields.ts";
import { mask } from "./masks.ts";
import { addFields } from "./phrases.ts";
import { type Reading, taker_verbs } from "./reading.ts";
import { singular } from "./words.ts";

/** Splits operations from their details: `append, which adds a line`, `resolve (remove it)`. */
function withDetails(items: readonly string[]): { name: string; detail: string; is_bare: boolean }[] {
  const found: { name: string; detail: string; is_bare: boolean }[] = [];
  for (const item of items) {
    const last = found.at(-1);
    const relative = item.match(/^(?:which|that) (.+)$/i)?.[1];
    if (relative !== undefined && last !== undefined) last.detail = relative;
    else
      found.push({
        name: (item.match(/[A-Za-z]+/)?.[0] ?? "").toLowerCase(),
        is_bare: /^["'`]?[a-z]+["'`]?(?: \(.*\))?$/.test(item),
        detail: item.match(/\(([^()]*)\)/)?.[1] ?? item.match(/ (?:which|that) (.+)$/i)?.[1] ?? "",
      });
  }
  return found;
}

/** Reads an operation's effect from a detail: `store it`, `gives back all lines`. Returns undefined for other details. */
function effectOfDetail(detail: string): Effect | undefined {
  const [, word = "", next = ""] =
    detail.match(/^([a-z]+)(?: back| out| up)? (it|them|an?|the|one|all|every|its|this|that)\b/i) ?? [];
  if (next === "" || /^(?:takes?|needs?|accepts?|requires?|gets?)$/i.test(word)) return undefined;
  const verb = word.toLowerCase();
  if (/^(?:gives?|returns?|shows?|tells?|hands?)$/.test(verb)) return /^(?:all|every)$/i.test(next) ? "list" : "find";
  if (/^(?:keeps?|puts?|stores?|saves?)$/.test(verb)) return "insert";
  if (/^(?:drops?|takes?|closes?|ends?)$/.test(verb)) return "delete";
  const known = baseVerb(verb);
  return known === undefined ? undefined : effects.get(known);
}

/** Reads a list of operations: `Operations: create, list and delete`. */
export function readOperationList(sentence: string, reading: Reading): boolean {
  const labelled = sentence.match(
    /^(?:it |the node |this node )?(?:(?:supports?|offers?|provides?|has|knows?|with) )?(?:the |its |these |following |supported |available |two |three |four |five |\d )*(?:operations?|actions?|methods?|commands?)(?: are| is)?(?: needed| supported| offered| available| required| possible| there)?\s*(?::|\bare\b)\s*(.+)$/i,
  )?.[1];
  const list =
    labelled ??
    sentence.match(
      /^(?:it|the node|this node) (?:supports?|offers?|provides?|knows?) (?:the )?(?:operations? )?((?:[`"']?[a-z]+[`"']?, )*[`"']?[a-z]+[`"']?,? (?:and|or) [`"']?[a-z]+[`"']?)(?: operations?)?$/i,
    )?.[1];
  if (list === undefined) return false;
  const items = withDetails(splitList(list));
  const names = items.map(({ name }) => name);
  // After a label, a single word is an operation, even if the verb is unknown.
  if (items.some(({ name, is_bare }) => !isVerb(name) && (labelled === undefined || !is_bare))) return false;
  for (const { name, detail } of items) {
    const verb = baseVerb(name) ?? name;
    const effect = effectOfDetail(detail);
    const text = detail.match(/^\S+ (?:an?|one|the|some|more) ((?:[a-z]+ )?[a-z]+) of text\b/i)?.[1];
    const fields =
      text !== undefined
        ? readList(`${text} (text)`)
        : effect === undefined
          ? readList(detail.replace(/^(?:takes?|needs?|by|with|given)\s+/i, ""))
          : [];
    addFields(reading.named.fields, fields);
    if (!reading.operations.some((one) => one.name === verb))
      reading.operations.push({
        name: verb,
        effect: effect ?? effects.get(verb) ?? "send",
        object: "",
        fields: fields.map((one) => one.name),
      });
  }
  reading.operations.splice(
    0,
    reading.operations.length,
    ...reading.operations.filter(({ name }) => names.some((one) => (baseVerb(one) ?? one) === name)),
  );
  reading.is_listed = true;
  return true;
}

/** Reads the kinds of events and their fields: `The events are join and leave, distinguished by action, with a room id`. */
export function readEventKinds(sentence: string, { named }: Reading): boolean {
  const [, kinds = "", by = "", rest = ""] =
    sentence.match(
      /^(?:the |its |our )?events? (?:are|is) (?:either )?((?:["'`]?[\w-]+["'`]?, )*["'`]?[\w-]+["'`]?,? (?:and|or) ["'`]?[\w-]+["'`]?),? (?:which are |that are )?(?:told apart|distinguished|named|marked|identified|given) (?:by|in|as) (?:their |the |an? |its )?(?:field )?(["'`]?[a-z][\w ]*?["'`]?)(?:,? (?:and )?(?:with|carry(?:ing)?|have|hold|contain|they (?:carry|have)|each with) (.+))?$/i,
    ) ?? [];
  const field = by === "" ? undefined : readField(by);
  if (field === undefined) return false;
  field.choices = splitList(kinds).map((one) => one.replaceAll(/["'`]/g, ""));
  addFields(named.fields, [{ ...field, type: "str", is_listed: true }, ...(rest === "" ? [] : readList(rest))]);
  return true;
}

/** Reads a sentence that only describes one field: `charge (id, string)`, `amount in cents, optional - else all of it`. */
export function readBareDefinition(sentence: string, reading: Reading): boolean {
  if (!/^[`"'a-z]/.test(sentence)) return false;
  const [bare = ""] = sentence.split(/\s+[–—-]\s+/);
  const [field, ...more] = readList(bare.replace(/\boptional: (?=\S+, .*\bor\b)/i, "optional, one of "));
  if (field === undefined || more.length > 0 || !/^[^\s(,]+(?: [^\s(,]+){0,3}\s*[(,]/.test(bare)) return false;
  if (field.is_typed !== true && !field.is_optional && field.choices === undefined) return false;
  addFields(reading.named.fields, [field]);
  reading.last = [field];
  return true;
}

/** Reads fields named by their role: `A room number identifies a booking`, `owner and reason are kept with it`. */
export function readRole(sentence: string, { named }: Reading): boolean {
  const telling = sentence.match(
    /^((?:an? |the |its )?[^,;:]{1,50}?) (?:uniquely )?identif(?:y|ies) (?:an?|the|each|every|it|them|one)\b/i,
  )?.[1];
  const kept = sentence.match(
    /^(.{1,120}?) (?:is|are) (?:stored|kept|saved|recorded|held|written) (?:along |together |there )?(?:with|beside) (?:it|them|the [\w-]+)$/i,
  )?.[1];
  const fields = readList(telling ?? kept ?? "");
  if (fields.length === 0) return false;
  addFields(named.fields, fields);
  if (telling !== undefined) named.keys.push(...fields.map(({ name }) => name));
  return true;
}

/** Reads a definition: `Phone number: a string of digits`. */
export function readDefinition(sentence: string, reading: Reading): boolean {
  const [, name = "", what = ""] =
    sentence.match(/^[-*•]?\s*([`"']?[A-Za-z][\w '’-]{0,40}[`"']?(?:\s*\([^()]*\))?)\s*(?::|\s[–—-]\s)\s*(.+)$/) ?? [];
  const first = name.split(" ")[0]?.toLowerCase() ?? "";
  const is_clause =
    name.split(" ").length > 4 ||
    /\s(?:an?|the|between|in|into|from|to|can|may|must|is|are)\s/i.test(name) ||
    (first.endsWith("s") && baseVerb(first) !== undefined);
  if (name === "" || is_clause || /\b(?:times|plus|minus|divided by|multiplied by|less)\b/i.test(what)) return false;
  const description = readDescription(what, true);
  const field = readField(name);
  if (
    field === undefined ||
    description === undefined ||
    (description.type === undefined && description.choices === undefined && description.is_optional !== true)
  )
    return false;
  if (/\b(?:node|pipeline|steps|process)\b/i.test(name)) return false;
  applyDescription(field, description);
  addFields(reading.named.fields, [field]);
  reading.last = [field];
  return true;
}

/** Reads a description of fields, known or new: `a, b and c are optional`, `the amount must be positive`. */
export function readCopula(sentence: string, reading: Reading): boolean {
  const masked = mask(sentence);
  const found = masked.text.match(
    /^(.{1,160}?)(?:,? (?:which )?)\b(is|are|must(?: not)? be|must have|must(?: not)? exceed|has to be|have to be|should(?: not)? be|shall be|may(?: not)? be|can(?:not)? be|can be|may not exceed|cannot exceed|never exceeds?|defaults? to|will be)\b (.+)$/i,
  );
  if (found === null) return false;
  const [, subject = "", verb = "", predicate = ""] = found;
  if (
    new RegExp(`^(?:${taker_verbs})\\b`, "i").test(`is ${predicate}`) &&
    /^(?:is|are)$/i.test(verb) &&
    /^(?:made|composed|described|given|defined|passed)\b/.test(predicate)
  )
    return false;
  if (
    /\b(?:times|plus|minus|divided by|multiplied by|sum of|difference|product of|larger|smaller|percent of|sha-?\d+|md5|hash|digest|joined|concatenat\w*|keyed|identified|stored|kept|returned|cached|sent|written|saved|number of the|counted)\b/i.test(
      predicate,
    )
  )
    return false;
  // `Negative weights are an error` sets the minimum of a known field.
  const refused = /^(?:an? |the )?(?:errors?|refused|rejected|invalid|not (?:allowed|accepted|valid)|forbidden)\b/i.test(
    predicate,
  )
    ? subject.match(/^(?:an? |any |all )?(negative|zero or negative|non-positive) (.+)$/i)
    : null;
  const bounded = refused === null ? undefined : readList(refused[2] ?? "")[0];
  const own =
    bounded === undefined
      ? undefined
      : reading.named.fields.find(({ name }) => [name, name.split("_").at(-1)].includes(singular(bounded.name)));
  if (own !== undefined) {
    own.minimum ??= { value: 0, is_exclusive: !/^negative$/i.test(refused?.[1] ?? "") };
    return true;
  }
  const description = readDescription(
    masked.restore(
      `${/default/.test(verb) ? "defaults to" : /exceed/.test(verb) ? "at most" : /not|may|can|must/.test(verb) ? verb : ""} ${predicate}`.trim(),
    ),
    true,
  );
  if (description === undefined) return false;
  const { named } = reading;
  if (/^(?:it|they|both|all|each|all of them|both of them|each of them|all three|the \w+ of them)$/i.test(subject.trim())) {
    for (const field of reading.last) applyDescription(field, description);
    return reading.last.length > 0;
  }
  const items = readList(masked.restore(subject));
  if (
    new RegExp(`\\b(?:${taker_verbs})\\b`, "i").test(subject) &&
    /\s(?:\S+s?|has|have)\s/.test(subject) &&
    !/^(?:the |its )?[\w ]{0,20}$/i.test(subject)
  )
    return false;
  if (items.length === 0 || /\b(?:which|whom|where|of)\s*$|:/.test(subject) || /\b(?:that|who|if|when|whose)\b/.test(subject))
    return false;
  // The verb may be omitted: `net price is a decimal, tax rate a number`.
  for (const element of splitList(masked.restore(predicate)).slice(1)) {
    const [, name = "", what = ""] = element.match(/^((?:the )?[\w-]+(?: [\w-]+){0,3}?) (an? .+)$/i) ?? [];
    const field = name === "" || /\b(?:and|or|of|in|with|as)$/i.test(name) ? undefined : readField(name);
    const more = field === undefined ? undefined : readDescription(what, true);
    if (field === undefined || more?.type === undefined) continue;
    applyDescription(field, more);
    addFields(named.fields, [field]);
  }
  const kind = subject.match(
    /^(?:the |all |both |these |all the )*(ids|identifiers|names|times|timestamps|dates|amounts|prices|codes|keys|counts)$/i,
  )?.[1];
  const of_kind =
    kind === undefined
      ? []
      : named.fields.filter(({ name }) =>
          name.endsWith(`_${kind.toLowerCase().replace("identifier", "id").replace(/s$/, "")}`),
        );
  if (of_kind.length > 0 && !named.fields.some(({ name }) => name === kind?.toLowerCase())) {
    for (const field of of_kind) applyDescription(field, description);
    reading.last = of_kind;
    return true;
  }
  const resolved = items.map((item) => {
    const last = item.name.split("_").at(-1) ?? item.name;
    return {
      item,
      known:
        named.fields.find(({ name }) => name === item.name) ??
        named.fields.find(({ name }) => name.endsWith(`_${item.name}`) || (last === name && item.name.split("_").length === 2)),
    };
  });
  // An unknown name is a new field only if it gets a type, a bound, choices, or is optional.
  const declares =
    description.type !== undefined ||
    description.is_optional === true ||
    description.minimum !== undefined ||
    description.maximum !== undefined ||
    description.choices !== undefined;
  if (resolved.some(({ known }) => known === undefined) && !declares) return false;
  for (const { item, known } of resolved) {
    const field = known ?? item;
    const is_list = field.type.startsWith("list[") && description.type !== undefined && description.is_plural === true;
    const { type, ...rest } = description;
    applyDescription(
      field,
      type === undefined || is_list || (known?.is_typed === true && items.length === 1) ? rest : description,
    );
    if (known === undefined) addFields(named.fields, [field]);
  }
  reading.last = resolved.map(({ item, known }) => known ?? item);
  return true;
}
