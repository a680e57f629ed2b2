import { baseVerb, type Clause, readClauses } from "./clauses.ts";
import type { NodeType } from "./design.ts";
import { readList } from "./field-lists.ts";
import { mark_pattern, mask } from "./masks.ts";
import { bracketedKeys, readLabelledList, readOperands } from "./named-fields.ts";
import { addFields, emptyNamed, isKeyName, readNamed, readObject, segmentsOf } from "./phrases.ts";
import { operationSubject, readTaker, splitPredicates } from "./predicates.ts";
import { type Reading, taker_verbs } from "./reading.ts";
import { readBareDefinition, readCopula, readDefinition, readEventKinds, readOperationList, readRole } from "./statements.ts";

const step_verbs =
  "compute|calculate|derive|determine|make|makes|produce|return|find|count|estimate|work out|track|tracks|keep|keeps|report|build|sum|sums|add up|computes|calculates|counts|maintain|maintains|remember|remembers|hold|holds|store|stores|decide|tell";

/** Reads one sentence and adds what it names to `reading`. */
export function readSentence(given: string, reading: Reading, is_first: boolean): void {
  const { named, node_type } = reading;
  if (readOperationList(given, reading)) return;
  // `Books a seat: inserts the booking and …` states one operation twice.
  const headline =
    node_type === "Effect" ? given.match(/^(?:that )?([A-Za-z]+s) [^:,]{1,60}(?=: ([a-z]+s) (?:the|an?|its|it|them)\b)/) : null;
  if (
    headline !== null &&
    baseVerb((headline[1] ?? "").toLowerCase()) !== undefined &&
    baseVerb(headline[2] ?? "") !== undefined
  ) {
    readSentence(headline[0], reading, is_first);
    return;
  }
  const [, head = "", tail = ""] = cutAtColon(given, node_type) ?? [];
  if (tail !== "") {
    readSentence(head, reading, is_first);
    if (node_type !== "Compute") readSentence(tail, reading, false);
    return;
  }
  if (readLabelledList(given, named)) {
    reading.last = [...named.fields];
    return;
  }
  if (node_type === "Reducer" && readEventKinds(given, reading)) return;
  if (node_type !== "Compute" && readRole(given, reading)) return;
  if (readDefinition(given, reading) || (!is_first && readBareDefinition(given, reading))) return;
  if (readCopula(given, reading)) return;
  let sentence = given;
  const leading = sentence.match(
    new RegExp(
      `^(from|given|with|using|for each|for every|per|for)\\s+(.+?)(?:,\\s*|:\\s*|(?<!\\b(?:an?|the|of|per|its))\\s+)(?:the node |it )?((?:${step_verbs})\\b.*)$`,
      "i",
    ),
  );
  if (leading !== null) {
    const [, marker = "", what = "", rest = ""] = leading;
    if (/^(?:from|given|with|using)$/i.test(marker)) addFields(named.fields, readList(what));
    else if (/^(?:for each|for every|per)$/i.test(marker)) named.group_words.push(what);
    sentence = rest;
  }
  for (const key of bracketedKeys(sentence)) {
    addFields(named.fields, [key]);
    if (node_type === "Effect" && !named.keys.includes(key.name)) named.keys.push(key.name);
  }
  if (node_type === "Compute") {
    const hashed = sentence.match(
      /\b(?:hash|digest|checksum|hmac) (?:of|over) (?!the key)(.+?)(?:,? (?:as|in) (?:lower-?case )?(?:hex\w*|base64).*)?$/i,
    )?.[1];
    if (hashed !== undefined)
      addFields(
        named.fields,
        readList(hashed).filter(({ is_typed }) => is_typed === true),
      );
  }
  const masked = mask(sentence);
  const parts = splitPredicates(masked.text, masked.restore);
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
    // `stop says that the user has left` names no input.
    if (
      of_operation !== undefined &&
      /^(?:says|tells|notes|reports|answers) (?:that|whether|if|when)\b/i.test(of_operation.rest)
    )
      continue;
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
    // `the key is the hash of …` defines a result, not an input.
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

/** Splits a sentence at a colon that is followed by an operation's name or a formula. */
function cutAtColon(sentence: string, node_type: NodeType): [string, string, string] | undefined {
  const { text, restore } = mask(sentence);
  const found =
    node_type === "Compute"
      ? (text.match(new RegExp(`^(.*?,.*?|.*\\b(?:from|given)\\b.*?):\\s+(.*\\b${arithmetic}\\b.*)$`, "i")) ??
        text.match(
          /^(.*?):\s+((?:[a-z]+ )?(?:below|under|less than|up to|at most|above|over|more than|from|at least) -?\d.*)$/i,
        ))
      : text.match(new RegExp(`^(.*?\\s.*?):\\s+((?:${mark_pattern}|[a-z]+) [a-z]+s\\b.*)$`));
  if (found === null) return undefined;
  const [, head = "", tail = ""] = found;
  const word = restore(tail.split(" ")[0] ?? "").replaceAll(/["'`“”]/g, "");
  const next = tail.split(" ")[1] ?? "";
  if (
    node_type !== "Compute" &&
    (!/^[a-z_]+$/.test(word) || (baseVerb(next) === undefined && !new RegExp(`^(?:${taker_verbs})$`).test(next)))
  )
    return undefined;
  return [sentence, restore(head), restore(tail)];
}

const arithmetic =
  "(?:times|plus|minus|less|divided by|multiplied by|squared|joined by|clamped|square of|square root|whether|true if|multiply by|divide by|subtract)";

interface ClauseOptions {
  is_pure: boolean;
  is_compute: boolean;
  is_sending: boolean;
}

/** Reads the object of one verb, and the fields that it uses. */
function readClause(
  { verb, effect, text, describes_previous }: Clause,
  reading: Reading,
  options: ClauseOptions,
  of_operation: string | undefined,
): void {
  const { named, operations, entities, table, is_listed } = reading;
  const [object = { marker: "", text: "" }, ...others] = segmentsOf(text.replace(/(?:\s|,|;|\b(?:and|or|then|but)\b)+$/i, ""));
  const { entity, attributes } = readObject(object.text, table, effect === "update");
  if (options.is_compute) readOperands(verb, object.text, named);
  const is_pronoun = /^(?:(?:it|them|this|that|those|result|results)(?:_(?:back|again|in|up|there|out|away))?|)$/.test(entity);
  if (!is_pronoun && of_operation === undefined) entities.push(entity);
  const own = emptyNamed();
  if (effect !== "delete" && !options.is_pure) addFields(own.fields, attributes);
  // With a type, the object is a field: `writes the content (bytes)`.
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
  const described = describes_previous === true && is_pronoun ? operations.at(-1) : undefined;
  if (described !== undefined) {
    Object.assign(described, { fields: [...described.fields, ...fields], effect });
    return;
  }
  const name = of_operation ?? verb;
  const known = operations.find((one) => one.name === name);
  if (known !== undefined) {
    // `start takes a and b and writes them`: the second verb is more precise than the name.
    Object.assign(known, { fields: [...known.fields, ...fields], ...(known.effect === "send" ? { effect } : {}) });
    if (/^(?:find|delete|update)$/.test(known.effect)) named.keys.push(...fields.filter(isKeyName));
    return;
  }
  // `creates a note and stores it`: the second verb is not another operation.
  const writes = operations.find((one) => /^(?:insert|upsert)$/.test(one.effect));
  if (is_pronoun && writes !== undefined && /^(?:store|save|keep|persist|record|write|put|insert|log|add)$/.test(verb)) {
    Object.assign(writes, { fields: [...writes.fields, ...fields] });
    return;
  }
  if (!is_listed) operations.push({ name, effect, object: is_pronoun ? "" : entity, fields });
}
