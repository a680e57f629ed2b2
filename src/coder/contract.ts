import { operationByNoun } from "./clauses.ts";
import { readComputations } from "./computations.ts";
import type { Computation, Design, Field, Fold, NodeType, OpenPoint, Operation, Step, StoreDesign } from "./design.ts";
import { node_types } from "./design.ts";
import { readList } from "./field-lists.ts";
import { readField } from "./fields.ts";
import { readFold } from "./folds.ts";
import { foldedFields, qualifiedFields } from "./named-fields.ts";
import { addFields, emptyNamed, isKeyName, type Named } from "./phrases.ts";
import type { Reading } from "./reading.ts";
import { readSentence } from "./relations.ts";
import { sentencesOf, withoutHead, withoutPolicies } from "./sentences.ts";
import { readSteps } from "./steps.ts";
import { asksForTransaction, readRetry, readStore, readTimeout, readTtl, tableOf } from "./store.ts";
import { agentNoun, pascal, singular, snake } from "./words.ts";

/** A contract, and what is known about its node. */
export interface Contract {
  text: string;
  /** The node's name from the contract or the file name, in any form. */
  name: string | undefined;
  node_type: NodeType;
  /** Returns the fields that the context defines for an entity or table. */
  known_fields(entity: string, table: string): readonly Field[];
}

/** Returns the node type that a text mentions first. */
export function nodeTypeIn(text: string): NodeType | undefined {
  const found = text.match(/(?:^|[^a-z])(effect|compute|reducer|orchestrator)(?:s|node)?(?![a-z])/i)?.[1]?.toLowerCase();
  return node_types.find((type) => type.toLowerCase() === found);
}

/** Reads a contract into a design. Whatever it leaves open becomes an open point; nothing is invented. */
export function readContract({ text, name, node_type, known_fields }: Contract): Design {
  // No word or name is longer than 60 characters.
  const sentences = sentencesOf(withoutPolicies(text.replaceAll(/\S{61,}/g, " ")));
  const table = tableOf(text);
  const reading: Reading = {
    node_type,
    table,
    named: emptyNamed(),
    operations: [],
    is_listed: false,
    subjects: new Set(),
    entities: [],
    last: [],
  };
  for (const [position, sentence] of sentences.entries()) readSentence(withoutHead(sentence), reading, position === 0);
  const { named, operations, entities } = reading;
  const is_pure = node_type === "Compute" || node_type === "Reducer";
  resolveGroups(named, text);
  resolveKeys(reading, text);
  if (node_type === "Reducer" && named.groups.length === 0) named.groups.push(...named.keys);
  // If sentences describe operations by name, other verbs name no operations.
  if (reading.subjects.size > 0 && !reading.is_listed)
    operations.splice(0, operations.length, ...operations.filter(({ name }) => reading.subjects.has(name)));
  if (operations.length === 0 && node_type === "Effect") {
    const noun = operationByNoun(text);
    if (noun !== undefined) operations.push({ name: noun.verb, effect: noun.effect, object: "", fields: [] });
  }
  for (const [, parameter = ""] of (endpointPath(text) ?? "").matchAll(/[{:](\w+)\}?/g)) {
    const field = readField(parameter);
    if (field !== undefined) addFields(named.fields, [field]);
  }
  for (const field of qualifiedFields(text)) addFields(named.fields, [field]);
  if (node_type === "Reducer" && !named.fields.some(({ type }) => /^(?:int|float|Decimal)$/.test(type)))
    addFields(named.fields, foldedFields(text));
  const entity = entityOf(entities, table, text);
  const found_store = readStore(text, node_type, plural(entity === "" ? (operations[0]?.name ?? "record") : entity));
  if (named.fields.length === 0 || /\bdata\b/i.test(text)) addFields(named.fields, known_fields(entity, found_store.table));
  const store = asDiskStore(found_store, named.fields);
  const field_points = finishFields(named, is_pure ? "" : entity, node_type);
  const title = titleOf(name, node_type, { entity, operations, text });
  const shaped = shapeOperations(operations, node_type, store, text);
  const open_points: OpenPoint[] = [...field_points];
  const retry = readRetry(text);
  const ttl = named.fields.some(({ name }) => /(?:^|_)ttl(?:_|$)/.test(name)) ? undefined : readTtl(text);
  if (retry?.is_counted === false)
    open_points.push({
      method: "",
      what: `The contract asks for retries but does not say how many: RETRIES is ${retry.retries}.`,
    });
  if (ttl !== undefined && ttl.seconds === undefined)
    open_points.push({
      method: "",
      what: "The contract asks for a TTL but does not say how long: entries do not expire until TTL_SECONDS is set.",
    });
  const steps: Step[] = node_type === "Orchestrator" ? readSteps(text) : [];
  const draft: Design = {
    node_type,
    name: title,
    class_name: `Node${title}${node_type}`,
    contract: text.trim(),
    entity,
    fields: named.fields,
    outputs: named.outputs,
    keys: keysOf(
      named,
      entity,
      node_type !== "Effect" || shaped.length === 0 || shaped.some(({ effect }) => effect !== "list" && effect !== "insert"),
    ),
    operations: shaped,
    store,
    retry,
    ttl_seconds: ttl?.seconds,
    timeout_seconds: readTimeout(text),
    in_transaction: asksForTransaction(text),
    steps,
    fold: { kind: "open" } satisfies Fold,
    computations: [] as Computation[],
    open_points,
  };
  if (node_type === "Reducer") return readFold(draft, named.groups);
  if (node_type === "Compute") return readComputations({ ...draft, fields: withoutAliases(draft.fields, text) });
  return draft;
}

/** Resolves groups: `for each sensor` means the field `sensor_id` if events have it, else a new field `sensor`. */
function resolveGroups(named: Named, text: string): void {
  const findField = (name: string): string | undefined =>
    (
      named.fields.find((field) => field.name === name) ??
      named.fields.find((field) => field.name === `${name}_id`) ??
      named.fields.find(
        (field) => /(?:_id|_key|_code|_number|_name|_url)$/.test(field.name) && field.name.startsWith(`${name}_`),
      ) ??
      named.fields.find(
        (field) =>
          field.name.endsWith(`_${name}`) ||
          field.name.endsWith(`_${name}_id`) ||
          (name.endsWith(`_${field.name}`) && name.length > 3),
      )
    )?.name;
  const created: Field[] = [];
  for (const words of named.group_words)
    for (const item of readList(words).slice(0, 3)) {
      const name = findField(item.name) ?? findField(singular(item.name));
      if (name === undefined) created.push(item);
      if (!named.groups.includes(name ?? item.name)) named.groups.push(name ?? item.name);
    }
  named.fields.unshift(...created);
  if (named.groups.length > 0) return;
  for (const [, of = ""] of text.matchAll(/\b(?:in|at|on) which ([a-z]+)\b/gi)) {
    const name = named.fields.find((field) => field.name === `${of.toLowerCase()}_id`)?.name;
    if (name !== undefined && !named.groups.includes(name)) named.groups.push(name);
  }
  if (named.groups.length > 0) return;
  // `the status of every ticket` groups by ticket, if events have a ticket id.
  for (const [, of = ""] of text.matchAll(
    /\b(?:of|for|in|on|by|to) (?:an?|each|every|that|any|the) ([a-z][a-z -]*?)(?=[.,;:]|\s(?:and|by|in|is|are|with|from|over|has|as|when)\b|$)/gi,
  )) {
    const noun = snake(of);
    const name = named.fields.find(
      (field) => field.name === `${noun}_id` || field.name === `${noun.split("_").at(-1)}_id`,
    )?.name;
    if (name !== undefined && !named.groups.includes(name)) named.groups.push(name);
  }
}

/** Resolves short keys: `looks a session up by its token` means the field `session_token`. */
function resolveKeys({ named, operations }: Reading, text: string): void {
  for (const key of named.keys) {
    const own = named.fields.find(({ name }) => name === key);
    const long = named.fields.filter(({ name }) => name.endsWith(`_${key}`));
    if (
      own === undefined ||
      own.is_typed === true ||
      long.length !== 1 ||
      !new RegExp(`\\b(?:its|the|that|this|his|her) ${key.replaceAll("_", " ")}\\b`, "i").test(text)
    )
      continue;
    const name = long[0]?.name ?? key;
    named.fields = named.fields.filter((field) => field !== own);
    named.keys = named.keys.map((one) => (one === key ? name : one));
    for (const one of operations) Object.assign(one, { fields: one.fields.map((field) => (field === key ? name : field)) });
  }
}

/** Merges aliases: after `A GTFS arrival time is text`, `the arrival time` is the same field, with the same description. */
function withoutAliases(fields: readonly Field[], text: string): Field[] {
  const aliased = new Map<Field, Field>();
  for (const short of fields)
    for (const long of fields) {
      if (!long.name.endsWith(`_${short.name}`) || long.is_typed !== true || short.is_typed === true) continue;
      const words = short.name.replaceAll("_", " ");
      const head = long.name.slice(0, -short.name.length - 1).replaceAll("_", " ");
      if (new RegExp(`\\b${head.toUpperCase()} ${words}\\b`).test(text) && new RegExp(`\\bthe ${words}\\b`, "i").test(text))
        aliased.set(long, short);
    }
  const shorts = new Set(aliased.values());
  return fields.flatMap((field) => {
    const short = aliased.get(field);
    return short !== undefined ? [{ ...field, name: short.name }] : shorts.has(field) ? [] : [field];
  });
}

function entityOf(entities: readonly string[], table: string | undefined, text: string): string {
  if (table !== undefined) {
    const last = table.split("_").at(-1) ?? table;
    return table.slice(0, table.length - last.length) + singular(last);
  }
  const first = entities[0];
  if (first !== undefined && first !== "") return first;
  const about = text.match(
    /\b(?:for|of) (?:an? |the )?([A-Za-z]+(?: (?!with|and|by|in|on|to|using|that|which|from|or|per|of|as)[A-Za-z]+)?)/,
  )?.[1];
  const name = about === undefined ? "" : snake(about).split("_").map(singular).join("_");
  return operationByNoun(name.replaceAll("_", " ")) === undefined ? name : "";
}

const plural = (noun: string): string =>
  /(?:s|x|ch|sh)$/.test(noun) ? `${noun}es` : /[^aeiou]y$/.test(noun) ? `${noun.slice(0, -1)}ies` : `${noun}s`;

/** Drops redundant fields. Returns an open point if no field is left. */
function finishFields(named: Named, entity: string, node_type: NodeType): OpenPoint[] {
  // `to a channel with a channel id`: only the id is a field.
  named.fields = named.fields.filter(
    ({ name }) => !named.fields.some((other) => other.name === `${name.split("_").at(-1)}_id` && other.name !== name),
  );
  // The entity is not a field of itself.
  named.fields = named.fields.filter(
    ({ name, is_typed, is_listed }) =>
      is_typed === true || is_listed === true || isKeyName(name) || (name !== entity && name !== plural(entity)),
  );
  for (const field of named.fields) {
    if (field.name === "id" || field.name === "operation") continue;
    field.is_optional = field.is_optional === true;
  }
  named.outputs = named.outputs.filter(
    ({ name }) => name !== entity && name !== plural(entity) && !/^(?:it|them|true|false|list)$/.test(name),
  );
  if (named.fields.length > 0) return [];
  return node_type === "Effect"
    ? [{ method: "check_data", what: "The contract names no field, so the contents of `data` are unknown." }]
    : [{ method: "", what: "The contract names no field: the input is `data`, a mapping that is not checked." }];
}

/** Returns the fields that identify a record: those it is looked up by, or its id. */
function keysOf(named: Named, entity: string, is_keyed: boolean): string[] {
  const names = named.fields.filter(({ is_optional }) => !is_optional).map(({ name }) => name);
  const by = is_keyed ? named.keys.filter((key) => names.includes(key)) : [];
  const last = entity.split("_").at(-1) ?? entity;
  const own = names.find((name) =>
    [
      "id",
      `${entity}_id`,
      `${last}_id`,
      "uuid",
      `${last}_uuid`,
      `${last}_number`,
      `${last}_code`,
      "sku",
      "key",
      `${last}_key`,
    ].includes(name),
  );
  // If every field is an id, together they identify the record.
  if (names.length > 1 && names.length === named.fields.length && names.every((name) => by.includes(name) && /_id$/.test(name)))
    return names.slice(0, 3);
  const id_of_by = by.find((key) => /(?:^|_)id$/.test(key));
  if (by.length > 0)
    return own !== undefined && id_of_by === undefined && !by.includes(own)
      ? [own]
      : id_of_by === undefined
        ? by.slice(0, 2)
        : [id_of_by];
  if (own !== undefined) return [own];
  // A lookup needs a field that identifies the record.
  const identifying = is_keyed ? (names.find((name) => /(?:^|_)id$/.test(name)) ?? names.find(isKeyName)) : undefined;
  return identifying === undefined ? [] : [identifying];
}

/** Turns a file store into one file per record, if the only fields are a path and its content. */
function asDiskStore(store: StoreDesign, fields: readonly Field[]): StoreDesign {
  const path = fields.find(({ name }) => /^(?:\w+_)?(?:path|filename|file_name)$/.test(name));
  const content = fields.find(
    ({ name, type }) => type === "bytes" || (type === "str" && /(?:^|_)(?:content|contents|body|text|data)$/.test(name)),
  );
  if (store.kind !== "file" || store.path !== undefined || path === undefined || content === undefined || fields.length !== 2)
    return store;
  return { ...store, kind: "disk", content: content.name };
}

/** Adapts operations to the node type and store: `CRUD` becomes four, and a service turns all into `send`. */
function shapeOperations(operations: readonly Operation[], node_type: NodeType, store: StoreDesign, text: string): Operation[] {
  const all = [...operations];
  if (/\bCRUD\b/.test(text)) {
    const crud = [
      ["create", "insert"],
      ["read", "find"],
      ["update", "update"],
      ["delete", "delete"],
    ] as const;
    for (const [name, effect] of crud)
      if (!all.some((one) => one.name === name)) all.push({ name, effect, object: all[0]?.object ?? "", fields: [] });
  }
  if (node_type !== "Effect") return all;
  // `stores pets; callers may add a pet`: the first verb is the node's purpose, not an operation.
  const inserts = all.filter(({ effect }) => effect === "insert");
  const purpose =
    inserts.length > 1 && all.length > 2 ? inserts.find(({ name }) => /^(?:store|save|persist|record)$/.test(name)) : undefined;
  if (purpose !== undefined) all.splice(all.indexOf(purpose), 1);
  const sends = store.kind === "http" || (store.kind === "none" && (all[0]?.effect ?? "send") === "send");
  const kept = all.length === 0 ? [{ name: "perform", effect: "send" as const, object: "", fields: [] }] : all;
  return kept.map((operation): Operation => {
    if (sends) return { ...operation, effect: "send", service_effect: operation.effect };
    const is_many = operation.effect === "find" && /\b(?:all|every|list of)\b/i.test(operation.object);
    return is_many ? { ...operation, effect: "list" } : operation;
  });
}

function titleOf(
  name: string | undefined,
  node_type: NodeType,
  about: { entity: string; operations: readonly Operation[]; text: string },
): string {
  if (name !== undefined) {
    const bare = pascal(name)
      .replace(/^Node(?=[A-Z])/, "")
      .replace(new RegExp(`(?:${node_type})?(?:Node)?$`), "")
      .replace(new RegExp(`${node_type}$`), "");
    if (/^[A-Z]\w*$/.test(bare)) return bare;
  }
  const { entity, operations, text } = about;
  const verb = operations[0]?.name;
  if (verb !== undefined)
    return pascal(
      operations.length > 1 && entity !== "" && node_type === "Effect" ? `${entity}_store` : `${entity}_${agentNoun(verb)}`,
    );
  const words = (withoutHead(text.split(/[.;:]/)[0] ?? "").match(/\b[A-Za-z]{1,40}\b/g) ?? []).filter(
    (word) => !words_not_in_titles.test(word),
  );
  const chosen = words.slice(0, 3).map((word) => singular(word.toLowerCase()));
  return chosen.length === 0 ? "Contract" : pascal(chosen.join("_"));
}

/** Returns the path of an endpoint; its parameters become fields. */
const endpointPath = (text: string): string | undefined =>
  text.match(/\b(?:GET|POST|PUT|PATCH|DELETE)\s+(\/[\w\-./{}:]*)/)?.[1] ??
  text.match(/\bhttps?:\/\/[\w.-]+(?::\d+)?(\/[^\s"'`),]*\{[^\s"'`),]*)/)?.[1];

/** Words that are left out of a node's name. */
const words_not_in_titles =
  /^(?:that|which|to|for|an?|the|of|in|on|by|per|with|and|or|from|all|each|its|are|is|implements?|keeps?|maintains?|tracks?|latest|running|current)$/i;
