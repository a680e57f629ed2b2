import { type Clause, operationByNoun, readClauses } from "./clauses.ts";
import { readComputations } from "./computations.ts";
import type { Computation, Design, Field, Fold, NodeType, OpenPoint, Operation, Step, StoreDesign } from "./design.ts";
import { node_types } from "./design.ts";
import { readField } from "./fields.ts";
import { readFold } from "./folds.ts";
import { foldedFields, qualifiedFields, readExplicit, readOperands } from "./named-fields.ts";
import { addFields, type Named, nothingNamed, readNamed, readObject, segmentsOf } from "./phrases.ts";
import { sentencesOf, withoutHead, withoutPolicies } from "./sentences.ts";
import { readSteps } from "./steps.ts";
import { asksForTransaction, readRetry, readStore, readTimeout, readTtl, tableOf } from "./store.ts";
import { doer, pascal, singular, snake } from "./words.ts";

/** What a node is designed from. */
export interface Contract {
  text: string;
  /** A name that the contract or the file has for it, in any form. */
  name: string | undefined;
  node_type: NodeType;
  /** Fields that files of the context define, by the thing that they belong to. */
  known_fields(entity: string, table: string): readonly Field[];
}

/** The type that a text speaks of: the first of the four words in it. */
export function nodeTypeIn(text: string): NodeType | undefined {
  const found = text.match(/(?:^|[^a-z])(effect|compute|reducer|orchestrator)(?:s|node)?(?![a-z])/i)?.[1]?.toLowerCase();
  return node_types.find((type) => type.toLowerCase() === found);
}

/** Reads a contract: what it names becomes the design, what it leaves open an open point, and nothing is added. */
export function readContract({ text, name, node_type, known_fields }: Contract): Design {
  // No word is that long; what has no blanks is no name either.
  const sentences = sentencesOf(withoutPolicies(text.replaceAll(/\S{61,}/g, " ")));
  const table = tableOf(text);
  const named = nothingNamed();
  const operations: Operation[] = [];
  const entities: string[] = [];
  const is_pure = node_type === "Compute" || node_type === "Reducer";
  /** Fields that only some operations speak of. */
  for (const [position, sentence] of sentences.entries()) {
    if (readExplicit(sentence, named)) continue;
    const { before, clauses } = readClauses(withoutHead(sentence), position === 0 && !is_pure);
    const options = {
      is_pure,
      is_compute: node_type === "Compute",
      is_sending: clauses.some(({ effect }) => effect === "send"),
    };
    readNamed(segmentsOf(before), named, options);
    for (const clause of clauses) readClause(clause, { named, operations, entities, table, options });
  }
  if (operations.length === 0 && node_type === "Effect") {
    const noun = operationByNoun(text);
    if (noun !== undefined) operations.push({ name: noun.verb, effect: noun.effect, object: "", fields: [] });
  }
  for (const [, parameter = ""] of (store_path(text) ?? "").matchAll(/[{:](\w+)\}?/g)) {
    const field = readField(parameter);
    if (field !== undefined) addFields(named.fields, [field]);
  }
  for (const field of qualifiedFields(text)) addFields(named.fields, [field]);
  if (node_type === "Reducer" && !named.fields.some(({ type }) => /^(?:int|float|Decimal)$/.test(type)))
    addFields(named.fields, foldedFields(text));
  const entity = entityOf(entities, table, text);
  const store = readStore(text, plural(entity === "" ? (operations[0]?.name ?? "record") : entity));
  if (named.fields.length === 0 || /\bdata\b/i.test(text)) addFields(named.fields, known_fields(entity, store.table));
  const ends_open = finishFields(named, is_pure ? "" : entity);
  const title = titleOf(name, node_type, { entity, operations, text });
  const shaped = shapeOperations(operations, node_type, store, text);
  const open_points: OpenPoint[] = [...ends_open];
  const retry = readRetry(text);
  const ttl = readTtl(text);
  if (retry?.is_counted === false)
    open_points.push({
      method: "",
      what: `The contract asks for retries and does not say how many: RETRIES is ${retry.retries}.`,
    });
  if (ttl !== undefined && ttl.seconds === undefined)
    open_points.push({
      method: "",
      what: "The contract asks for a TTL and does not say how long: entries do not expire until TTL_SECONDS is set.",
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
  if (node_type === "Compute") return readComputations(draft);
  return draft;
}

interface ClauseContext {
  named: Named;
  operations: Operation[];
  entities: string[];
  table: string | undefined;
  options: { is_pure: boolean; is_compute: boolean; is_sending: boolean };
}

function readClause({ verb, effect, text }: Clause, { named, operations, entities, table, options }: ClauseContext): void {
  const [object = { marker: "", text: "" }, ...others] = segmentsOf(text.replace(/(?:\s|,|;|\b(?:and|or|then|but)\b)+$/i, ""));
  const { entity, attributes } = readObject(object.text, table, effect === "update");
  if (options.is_compute) readOperands(verb, object.text, named);
  if (!/^(?:it|them|this|that|those|result|results|)$/.test(entity)) entities.push(entity);
  const own = nothingNamed();
  if (effect !== "delete" && !options.is_pure) addFields(own.fields, attributes);
  readNamed(others, own, options);
  const fields = own.fields.map(({ name }) => name);
  addFields(named.fields, own.fields);
  addFields(named.outputs, own.outputs);
  named.keys.push(...own.keys);
  named.groups.push(...own.groups);
  const known = operations.find(({ name }) => name === verb);
  if (known === undefined) operations.push({ name: verb, effect, object: entity, fields });
  else Object.assign(known, { fields: [...known.fields, ...fields] });
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

/** Drops what stands in the model already, and names `data` where the contract names nothing. */
function finishFields(named: Named, entity: string): OpenPoint[] {
  // `to a channel with a channel id`: the id stands for it.
  named.fields = named.fields.filter(
    ({ name }) => !named.fields.some((other) => other.name === `${name.split("_").at(-1)}_id` && other.name !== name),
  );
  // The thing itself is no field of itself.
  named.fields = named.fields.filter(({ name }) => name !== entity && name !== plural(entity));
  for (const field of named.fields) {
    if (field.name === "id" || field.name === "operation") continue;
    field.is_optional = field.is_optional === true;
  }
  named.outputs = named.outputs.filter(
    ({ name }) => name !== entity && name !== plural(entity) && !/^(?:it|them|true|false|list)$/.test(name),
  );
  if (named.fields.length > 0) return [];
  return [{ method: "", what: "The contract names no field: the input is `data`, a mapping that is taken as it comes." }];
}

/** The fields that tell one thing from another: those that it is looked up by, or its id. */
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
  const id_of_by = by.find((key) => /(?:^|_)id$/.test(key));
  if (by.length > 0)
    return own !== undefined && id_of_by === undefined && !by.includes(own)
      ? [own]
      : id_of_by === undefined
        ? by.slice(0, 2)
        : [id_of_by];
  return own === undefined ? [] : [own];
}

/** The operations of a node by its type and store: `CRUD` means four, and a store that only sends turns all into requests. */
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
  const sends = store.kind === "http" || (store.kind === "none" && (all[0]?.effect ?? "send") === "send");
  const kept = all.length === 0 ? [{ name: "perform", effect: "send" as const, object: "", fields: [] }] : all;
  return kept.map((operation): Operation => {
    if (sends) return { ...operation, effect: "send" };
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
      operations.length > 1 && entity !== "" && node_type === "Effect" ? `${entity}_store` : `${entity}_${doer(verb)}`,
    );
  const words = (withoutHead(text.split(/[.;:]/)[0] ?? "").match(/\b[A-Za-z]{1,40}\b/g) ?? []).filter(
    (word) => !of_no_title.test(word),
  );
  const chosen = words.slice(0, 3).map((word) => singular(word.toLowerCase()));
  return chosen.length === 0 ? "Contract" : pascal(chosen.join("_"));
}

/** The path of an endpoint, whose parameters are values too. */
const store_path = (text: string): string | undefined => text.match(/\b(?:GET|POST|PUT|PATCH|DELETE)\s+(\/[\w\-./{}:]*)/)?.[1];

/** Words that a node is not called by. */
const of_no_title =
  /^(?:that|which|to|for|an?|the|of|in|on|by|per|with|and|or|from|all|each|its|are|is|implements?|keeps?|maintains?|tracks?|latest|running|current)$/i;
