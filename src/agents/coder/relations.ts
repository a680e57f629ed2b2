import { baseVerb, type Clause, effects, isVerb, readClauses } from "./clauses.ts";
import { describe, readDescription } from "./descriptions.ts";
import type { Field, NodeType, Operation } from "./design.ts";
import { readList, splitList } from "./field-lists.ts";
import { readField } from "./fields.ts";
import { mark_pattern, mask } from "./masks.ts";
import { readExplicit, readOperands } from "./named-fields.ts";
import { addFields, isKeyName, type Named, nothingNamed, readNamed, readObject, segmentsOf } from "./phrases.ts";

/** What has been read so far of a contract. */
export interface Reading {
  node_type: NodeType;
  table: string | undefined;
  named: Named;
  operations: Operation[];
  /** The contract lists its operations by name: a verb elsewhere is none. */
  is_listed: boolean;
  /** Operations that are the subject of a sentence, `set stores …`. */
  subjects: Set<string>;
  entities: string[];
  /** The fields that the sentence before spoke of. */
  last: Field[];
}

const taker =
  "takes?|needs?|requires?|accepts?|receives?|expects?|has|have|carr(?:y|ies)|holds?|contains?|includes?|names?|states?|bears?|" +
  "consists? of|(?:is|are) (?:made up|made|composed) of|(?:is|are) (?:described|given|defined|made up|called) (?:by|with)|comes? with|come with|" +
  "(?:is|are) (?:given|passed|handed)|pass(?:es)?|gets?|gives?|specif(?:y|ies)|reports?|provides?|supply|supplies|tells?|hands?(?: in| over)?|sends?(?: in)?|works? (?:on|with|from)|stores";

/** Subjects of which is said what the node is given, or what the thing it works on is made of. */
const node_subject =
  /^(?:it|this|the node|this node|node|we|you|one|callers?|the callers?|a caller|clients?|the clients?|the inputs?|inputs?|an input|its inputs?|the requests?|a request|each request|requests?)$/i;
const thing_subject = /^(?:(?:an?|the|each|every|one|any|all) )?(?:[\w-]+ ){0,2}[\w-]+$/i;

/** Verbs that may also mean something else than to be given. */
const loose_taker =
  /^(?:gets?|gives?|reports?|provides?|names?|states?|tells?|sends?(?: in)?|stores|holds?|hands?.*|pass(?:es)?|supply|supplies|includes?|contains?)$/i;

const step_verbs =
  "compute|calculate|derive|determine|make|makes|produce|return|find|count|estimate|work out|track|tracks|keep|keeps|report|build|sum|sums|add up|computes|calculates|counts|maintain|maintains|remember|remembers|hold|holds|store|stores|decide|tell";

/** Reads one sentence into what is known already. */
export function readSentence(given: string, reading: Reading, is_first: boolean): void {
  const { named, node_type } = reading;
  if (readOperationList(given, reading)) return;
  const [, head = "", tail = ""] = cutAtColon(given, node_type) ?? [];
  if (tail !== "") {
    readSentence(head, reading, is_first);
    if (node_type !== "Compute") readSentence(tail, reading, false);
    return;
  }
  if (readExplicit(given, named)) {
    reading.last = [...named.fields];
    return;
  }
  if (readDefinition(given, reading)) return;
  if (readCopula(given, reading)) return;
  let sentence = given;
  const led = sentence.match(
    new RegExp(
      `^(from|given|with|using|for each|for every|per|for)\\s+(.+?)(?:,\\s*|:\\s*|(?<!\\b(?:an?|the|of|per|its))\\s+)(?:the node |it )?((?:${step_verbs})\\b.*)$`,
      "i",
    ),
  );
  if (led !== null) {
    const [, marker = "", what = "", rest = ""] = led;
    if (/^(?:from|given|with|using)$/i.test(marker)) addFields(named.fields, readList(what));
    else if (/^(?:for each|for every|per)$/i.test(marker)) named.group_words.push(what);
    sentence = rest;
  }
  const masked = mask(sentence);
  const parts = partsOf(masked.text, masked.restore);
  const is_pure = node_type === "Compute" || node_type === "Reducer";
  let operation: string | undefined;
  for (const part of parts) {
    const i = parts.indexOf(part);
    let text = masked.restore(part);
    const of_operation = operationSubject(part, masked.restore, reading);
    if (of_operation !== undefined) {
      operation = of_operation.name;
      reading.subjects.add(operation);
      text = masked.restore(of_operation.rest);
      if (!reading.operations.some(({ name }) => name === operation))
        reading.operations.push({ name: of_operation.name, effect: of_operation.effect, object: "", fields: [] });
    }
    const taken = readTaker(text, reading, operation !== undefined, i > 0);
    if (taken !== undefined) {
      for (const field of taken) field.is_listed = true;
      addFields(named.fields, taken);
      reading.last = taken;
      const known = reading.operations.find(({ name }) => name === operation);
      if (known !== undefined) Object.assign(known, { fields: [...known.fields, ...taken.map(({ name }) => name)] });
      continue;
    }
    if (node_type === "Compute" && new RegExp(`\\b${arithmetic}\\b`, "i").test(part)) continue;
    // `the key is the hash of …` says how, not from what.
    if (node_type === "Compute" && /^(?:the |its |an? )?[\w' -]{1,40} (?:is|are|equals) /i.test(part)) continue;
    const { before, clauses } = readClauses(
      text.replace(
        /^(?:it|this|we|you|the node|this node|the service) (?:can |must |should |will |then |also )*(?=[a-z])/i,
        "that ",
      ),
      is_first && !is_pure,
    );
    const options = {
      is_pure,
      is_compute: node_type === "Compute",
      is_sending: clauses.some(({ effect }) => effect === "send"),
    };
    readNamed(segmentsOf(before), named, options);
    for (const clause of clauses) readClause(clause, reading, options, operation);
  }
}

/** Cuts where a name of an operation, or a formula, follows a colon. */
function cutAtColon(sentence: string, node_type: NodeType): [string, string, string] | undefined {
  const { text, restore } = mask(sentence);
  const found =
    node_type === "Compute"
      ? text.match(new RegExp(`^(.*?,.*?|.*\\b(?:from|given)\\b.*?):\\s+(.*\\b${arithmetic}\\b.*)$`, "i"))
      : text.match(new RegExp(`^(.*?\\s.*?):\\s+((?:${mark_pattern}|[a-z]+) [a-z]+s\\b.*)$`));
  if (found === null) return undefined;
  const [, head = "", tail = ""] = found;
  const word = restore(tail.split(" ")[0] ?? "").replaceAll(/["'`“”]/g, "");
  const next = tail.split(" ")[1] ?? "";
  if (
    node_type !== "Compute" &&
    (!/^[a-z_]+$/.test(word) || (baseVerb(next) === undefined && !new RegExp(`^(?:${taker})$`).test(next)))
  )
    return undefined;
  return [sentence, restore(head), restore(tail)];
}

const arithmetic =
  "(?:times|plus|minus|less|divided by|multiplied by|squared|joined by|clamped|square of|square root|whether|true if|multiply by|divide by|subtract)";

/** `Operations: create, list and delete`. */
function readOperationList(sentence: string, reading: Reading): boolean {
  const list =
    sentence.match(
      /^(?:it |the node |this node )?(?:(?:supports?|offers?|provides?|has|knows?|with) )?(?:the |its |these |following |supported |available |two |three |four |five |\d )*(?:operations?|actions?|methods?|commands?)(?: are| is)?\s*(?::|\bare\b)\s*(.+)$/i,
    )?.[1] ??
    sentence.match(
      /^(?:it|the node|this node) (?:supports?|offers?|provides?|knows?) (?:the )?(?:operations? )?((?:[`"']?[a-z]+[`"']?, )*[`"']?[a-z]+[`"']?,? (?:and|or) [`"']?[a-z]+[`"']?)(?: operations?)?$/i,
    )?.[1];
  if (list === undefined) return false;
  const names = splitList(list).map((item) => (item.match(/[A-Za-z]+/)?.[0] ?? "").toLowerCase());
  if (names.some((name) => !isVerb(name))) return false;
  for (const [i, name] of names.entries()) {
    const verb = baseVerb(name) ?? name;
    const group = splitList(list)[i]?.match(/\(([^()]*)\)/)?.[1];
    const fields = group === undefined ? [] : readList(group.replace(/^(?:takes?|needs?|by|with|given)\s+/i, ""));
    addFields(reading.named.fields, fields);
    if (!reading.operations.some((one) => one.name === verb))
      reading.operations.push({
        name: verb,
        effect: effects.get(verb) ?? "send",
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

/** `Phone number: a string of digits`. */
function readDefinition(sentence: string, reading: Reading): boolean {
  const [, name = "", what = ""] =
    sentence.match(/^[-*•]?\s*([`"']?[A-Za-z][\w '’-]{0,40}[`"']?(?:\s*\([^()]*\))?)\s*(?::|\s[–—-]\s)\s*(.+)$/) ?? [];
  const first = name.split(" ")[0]?.toLowerCase() ?? "";
  const is_clause =
    name.split(" ").length > 4 ||
    /\s(?:an?|the|between|in|into|from|to|can|may|must|is|are)\s/i.test(name) ||
    (first.endsWith("s") && baseVerb(first) !== undefined);
  if (name === "" || is_clause || /\b(?:times|plus|minus|divided by|multiplied by|less)\b/i.test(what)) return false;
  const said = readDescription(what, true);
  const field = readField(name);
  if (
    field === undefined ||
    said === undefined ||
    (said.type === undefined && said.choices === undefined && said.is_optional !== true)
  )
    return false;
  if (/\b(?:node|pipeline|steps|process)\b/i.test(name)) return false;
  describe(field, said);
  addFields(reading.named.fields, [field]);
  reading.last = [field];
  return true;
}

/** `a, b and c are optional`, `the amount must be positive`: what is said of fields, named before or here. */
function readCopula(sentence: string, reading: Reading): boolean {
  const masked = mask(sentence);
  const found = masked.text.match(
    /^(.{1,160}?)(?:,? (?:which )?)\b(is|are|must(?: not)? be|must have|must(?: not)? exceed|has to be|have to be|should(?: not)? be|shall be|may(?: not)? be|can(?:not)? be|can be|may not exceed|cannot exceed|never exceeds?|defaults? to|will be)\b (.+)$/i,
  );
  if (found === null) return false;
  const [, subject = "", verb = "", predicate = ""] = found;
  if (
    new RegExp(`^(?:${taker})\\b`, "i").test(`is ${predicate}`) &&
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
  const said = readDescription(
    masked.restore(
      `${/default/.test(verb) ? "defaults to" : /exceed/.test(verb) ? "at most" : /not|may|can|must/.test(verb) ? verb : ""} ${predicate}`.trim(),
    ),
    true,
  );
  if (said === undefined) return false;
  const { named } = reading;
  if (/^(?:it|they|both|all|each|all of them|both of them|each of them|all three|the \w+ of them)$/i.test(subject.trim())) {
    for (const field of reading.last) describe(field, said);
    return reading.last.length > 0;
  }
  const items = readList(masked.restore(subject));
  if (
    new RegExp(`\\b(?:${taker})\\b`, "i").test(subject) &&
    /\s(?:\S+s?|has|have)\s/.test(subject) &&
    !/^(?:the |its )?[\w ]{0,20}$/i.test(subject)
  )
    return false;
  if (items.length === 0 || /\b(?:which|whom|where|of)\s*$|:/.test(subject) || /\b(?:that|who|if|when|whose)\b/.test(subject))
    return false;
  // `net price is a decimal, tax rate a number`.
  for (const element of splitList(masked.restore(predicate)).slice(1)) {
    const [, name = "", what = ""] = element.match(/^((?:the )?[\w-]+(?: [\w-]+){0,3}?) (an? .+)$/i) ?? [];
    const field = name === "" || /\b(?:and|or|of|in|with|as)$/i.test(name) ? undefined : readField(name);
    const more = field === undefined ? undefined : readDescription(what, true);
    if (field === undefined || more?.type === undefined) continue;
    describe(field, more);
    addFields(named.fields, [field]);
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
  // Only a type or leave to be missing makes a field of what is named nowhere else.
  const declares =
    said.type !== undefined ||
    said.is_optional === true ||
    said.minimum !== undefined ||
    said.maximum !== undefined ||
    said.choices !== undefined;
  if (resolved.some(({ known }) => known === undefined) && !declares) return false;
  for (const { item, known } of resolved) {
    const field = known ?? item;
    const is_list = field.type.startsWith("list[") && said.type !== undefined && said.is_plural === true;
    const { type, ...rest } = said;
    describe(field, type === undefined || is_list || (known?.is_typed === true && items.length === 1) ? rest : said);
    if (known === undefined) addFields(named.fields, [field]);
  }
  reading.last = resolved.map(({ item, known }) => known ?? item);
  return true;
}

/** `send takes …`, `clear removes it`: a verb that is the name of an operation, before another verb. */
function operationSubject(
  part: string,
  restore: (text: string) => string,
  { operations }: Reading,
): { name: string; effect: Operation["effect"]; rest: string } | undefined {
  const [, subject = "", colon = "", rest = ""] =
    part.match(new RegExp(`^(?:the |an? )?(${mark_pattern}|[A-Za-z]+)( operation)?:? (.+)$`)) ?? [];
  const word = restore(subject)
    .replaceAll(/[`"'“”]/g, "")
    .toLowerCase();
  const next = rest.match(/^[A-Za-z]+/)?.[0]?.toLowerCase() ?? "";
  // A sentence that begins with a small letter begins with a name.
  const is_quoted =
    (subject !== word && /^[`"'“]/.test(restore(subject))) ||
    (new RegExp(`^(?:${taker})$`).test(next) &&
      /^[a-z]+$/.test(subject) &&
      !/^(?:it|we|you|they|this|that|which|who|node|one|inputs?|events?|requests?|callers?|clients?)$/.test(subject) &&
      !subject.endsWith("s"));
  if (!/^[a-z][a-z_]*$/.test(word) || (!is_quoted && (!isVerb(word.split("_")[0] ?? "") || word.endsWith("s"))))
    return undefined;
  const verb = baseVerb(next);
  const follows = (next.endsWith("s") && verb !== undefined && verb !== next) || new RegExp(`^(?:${taker})$`, "i").test(next);
  if (!follows && !((colon !== "" || is_quoted) && isVerb(word.split("_")[0] ?? ""))) return undefined;
  if (operations.some(({ name }) => name === word))
    return { name: word, effect: operations.find(({ name }) => name === word)?.effect ?? "send", rest };
  const own = effects.get(word.split("_")[0] ?? word) ?? "send";
  const said = verb === undefined || new RegExp(`^(?:${taker})$`, "i").test(next) ? undefined : effects.get(verb);
  // `download reads …`: what it does says more than its name.
  return { name: word, effect: own === "send" && said !== undefined ? said : own, rest };
}

/** `An event carries a, b and c`: the values that a sentence says are given. */
function readTaker(text: string, reading: Reading, is_operation: boolean, is_later: boolean): Field[] | undefined {
  const masked = mask(text);
  const found =
    masked.text.match(
      new RegExp(
        `^(?:([^,;:]{0,60}?)\\s+)??(?:(?:also|only|always|must|should|will|can|may|then|has to|have to|be) )*\\b(${taker}):?\\s+(?!(?:to|been|back|by)\\b)(.+)$`,
        "i",
      ),
    ) ?? masked.text.match(/^()(given) (?:are|is) (.+)$/i);
  if (found === null) return undefined;
  const [, subject_text = "", verb = "", object = ""] = found;
  const subject = subject_text.trim();
  const { node_type } = reading;
  if (/^(?:the )?(?:redis|postgres\w*|sqlite|database|table|cache|file|disk|store)\b/i.test(subject)) return undefined;
  const is_node = subject === "" || node_subject.test(subject);
  if (
    !is_node &&
    !is_operation &&
    (!thing_subject.test(subject) ||
      !/^(?:an?|the|each|every|one|any|all|its|our) |s$/i.test(subject) ||
      /\b(?:node|that|which|and|if|when|to)\b/i.test(subject) ||
      isVerb(subject.split(" ")[0] ?? ""))
  )
    return undefined;
  // `The node stores a code` is what it does, `an entry stores a code` what it is made of.
  if (/^stores$/i.test(verb) && (is_node || is_operation || is_later)) return undefined;
  const items = readList(masked.restore(object));
  if (items.length === 0) return undefined;
  const is_typed = items.some((one) => one.is_typed === true || one.choices !== undefined || one.minimum !== undefined);
  if (is_node && !is_later && loose_taker.test(verb) && !/^(?:contains?|includes?)$/i.test(verb)) {
    if (is_operation) return /^(?:gets?|receives?)$/i.test(verb) && (is_typed || items.length > 1) ? items : undefined;
    if (subject === "") return undefined;
    if (
      /^(?:we|you|callers?|clients?|the inputs?|inputs?|a caller|the caller|requests?|a request|the request|each request)$/i.test(
        subject,
      )
    )
      return items;
    return is_typed || items.length > 2 || node_type !== "Effect" ? items : undefined;
  }
  if (is_later && loose_taker.test(verb) && !is_typed && is_node) return undefined;
  return items;
}

/** Cuts a sentence before each verb that begins a predicate of its own. */
function partsOf(text: string, restore: (part: string) => string): string[] {
  // `get returns it and clear removes it`: each operation by itself.
  for (const match of text.matchAll(
    new RegExp(
      `(?:,|;)?\\s+(?:and|while|whereas)\\s+(?=(${mark_pattern}|[a-z]+) ([a-z]+s)\\b)|,\\s+(?=(${mark_pattern}|[a-z]+) ([a-z]+s)\\b)`,
      "g",
    ),
  )) {
    const word = restore(match[1] ?? match[3] ?? "").replaceAll(/["'`“”]/g, "");
    const verb =
      baseVerb(match[2] ?? match[4] ?? "") ??
      (new RegExp(`^(?:${taker}|looks)$`).test(match[2] ?? match[4] ?? "") ? "take" : undefined);
    const is_quoted = word !== (match[1] ?? match[3]);
    if ((!is_quoted && (!isVerb(word) || word.endsWith("s"))) || verb === undefined) continue;
    const at = match.index + match[0].length;
    return [...partsOf(text.slice(0, match.index), restore), ...partsOf(text.slice(at), restore)];
  }
  const parts: string[] = [];
  let start = 0;
  for (const match of text.matchAll(
    /(?:,\s*|\s+)(?:and|then|but)\s+(?:then |also |finally )?(?=[a-z]+s\b)|[,;]\s+(?=[a-z]+s\b)/g,
  )) {
    const rest = text.slice(match.index + match[0].length);
    const word = rest.match(/^[a-z]+/)?.[0] ?? "";
    const next = rest.slice(word.length).trim().split(/[\s,]/)[0] ?? "";
    const is_taker = new RegExp(`^(?:${taker})$`).test(word) && word !== "states" && word !== "names" && word !== "reports";
    const verb = baseVerb(word);
    if (!is_taker && (verb === undefined || verb === word)) continue;
    const is_sure =
      /^(?:an?|the|it|them|its|their|each|every|that|this|those|these|one|all|any|back|whether)$/.test(next) ||
      next.startsWith("\ue000");
    if (!is_sure && !/^(?:takes|returns|holds|carries|requires|needs|accepts|has)$/.test(word)) continue;
    const before = text.slice(start, match.index).trim();
    if (
      before
        .split(/[\s,]+/)
        .every((one) => baseVerb(one.toLowerCase()) !== undefined || /^(?:and|or|that|then|it)$/i.test(restore(one)))
    )
      continue;
    parts.push(before);
    start = match.index + match[0].length;
  }
  return [...parts, text.slice(start).trim()].filter((part) => part !== "");
}

interface Options {
  is_pure: boolean;
  is_compute: boolean;
  is_sending: boolean;
}

/** Reads what one verb is done to, and with what. */
function readClause(
  { verb, effect, text }: Clause,
  reading: Reading,
  options: Options,
  of_operation: string | undefined,
): void {
  const { named, operations, entities, table, is_listed } = reading;
  const [object = { marker: "", text: "" }, ...others] = segmentsOf(text.replace(/(?:\s|,|;|\b(?:and|or|then|but)\b)+$/i, ""));
  const { entity, attributes } = readObject(object.text, table, effect === "update");
  if (options.is_compute) readOperands(verb, object.text, named);
  const is_pronoun = /^(?:(?:it|them|this|that|those|result|results)(?:_(?:back|again|in|up|there|out|away))?|)$/.test(entity);
  if (!is_pronoun && of_operation === undefined) entities.push(entity);
  const own = nothingNamed();
  if (effect !== "delete" && !options.is_pure) addFields(own.fields, attributes);
  // `writes the content (bytes)`: a type makes a field of what is written.
  if (!options.is_pure && attributes.length === 0)
    addFields(
      own.fields,
      readList(object.text).filter(({ is_typed }) => is_typed === true),
    );
  readNamed(others, own, options);
  const fields = own.fields.map(({ name }) => name);
  addFields(named.fields, own.fields);
  addFields(named.outputs, own.outputs);
  named.keys.push(...own.keys);
  named.group_words.push(...own.group_words);
  const name = of_operation ?? verb;
  const known = operations.find((one) => one.name === name);
  if (known !== undefined) {
    // `start takes a and b and writes them`: what it does says more than its name.
    Object.assign(known, { fields: [...known.fields, ...fields], ...(known.effect === "send" ? { effect } : {}) });
    if (/^(?:find|delete|update)$/.test(known.effect)) named.keys.push(...fields.filter(isKeyName));
    return;
  }
  // `creates a note and stores it`: the second says where, and nothing more is done.
  const writes = operations.find((one) => /^(?:insert|upsert)$/.test(one.effect));
  if (is_pronoun && writes !== undefined && /^(?:store|save|keep|persist|record|write|put|insert|log|add)$/.test(verb)) {
    Object.assign(writes, { fields: [...writes.fields, ...fields] });
    return;
  }
  if (!is_listed) operations.push({ name, effect, object: is_pronoun ? "" : entity, fields });
}
