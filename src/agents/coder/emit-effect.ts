import type { Design, Field, OpenPoint, Operation } from "./design.ts";
import { addressVariable, emitDriver } from "./emit-drivers.ts";
import { emitErrors, emitInput, emitOutput, isPartial } from "./emit-models.ts";
import { emitAttempts, emitConstants, emitLife, emitReady, openMethod } from "./emit-node.ts";
import { emitMemoryStore, emitPort, type PortKind, portOf } from "./emit-port.ts";
import { assignTuple, call, docText, indent, literal, tuple, wrap } from "./python.ts";
import { checkEffect } from "./self-check.ts";
import { identifier, withArticle } from "./words.ts";

/** A module as its parts, and what stays open in it. */
export interface Emitted {
  sections: readonly string[];
  open_points: readonly OpenPoint[];
}

const paging = new Set(["limit", "offset", "page", "page_size", "per_page"]);

/** How an effect node does what its contract says. */
export interface EffectPlan {
  design: Design;
  port: Exclude<PortKind, "none">;
  /** Operations whose way is open: the port cannot do them. */
  open_operations: ReadonlySet<string>;
  /** Whether the key of a value has to be told by a method that is open. */
  key_is_open: boolean;
  has_driver: boolean;
  columns: readonly Field[];
}

/** Decides how each operation is done. */
export function planEffect(design: Design): EffectPlan {
  const port = portOf(design) as Exclude<PortKind, "none">; // an effect node always has one
  const { operations, fields, keys } = design;
  const open_operations = new Set(
    operations
      .filter(
        ({ effect }) =>
          port !== "messages" &&
          (effect === "send" || (port === "table" && effect === "update" && (fields.length === 0 || keys.length === 0))),
      )
      .map(({ name }) => name),
  );
  const is_keyless = keys.length === 0 && fields.length > 0;
  const key_is_open = port === "values" && is_keyless;
  // A key that nobody names leaves only which one open, not how it is done.
  const with_identify = port === "table" && is_keyless && operations.some(({ effect }) => effect === "update");
  if (with_identify) for (const { name, effect } of operations) if (effect === "update") open_operations.delete(name);
  const driver = emitDriver(design, port);
  return {
    design,
    port,
    open_operations,
    key_is_open: key_is_open || with_identify,
    has_driver: driver !== undefined,
    columns: fields,
  };
}

/** The whole module of an effect node. */
export function emitEffect(given: Design): Emitted {
  // Without a key there is nothing to conflict with.
  const design: Design =
    given.keys.length > 0 || portOf(given) !== "table"
      ? given
      : { ...given, operations: given.operations.map((one) => (one.effect === "upsert" ? { ...one, effect: "insert" } : one)) };
  const plan = planEffect(design);
  const { port, open_operations } = plan;
  const driver = emitDriver(design, port);
  const { name, store, entity } = design;
  const open_points: OpenPoint[] = [...design.open_points];
  if (driver === undefined)
    open_points.push({
      method: "default_store",
      what:
        store.label === ""
          ? "The contract names no store or service."
          : `The contract names ${store.label}, for which no driver is written.`,
    });
  if (driver?.class_name === "HttpStore" && store.http?.url === undefined)
    open_points.push({
      method: "",
      what: `The contract names no address: HttpStore takes it from ${addressVariable(design)}.`,
    });
  if (plan.key_is_open)
    open_points.push({
      method: "identify",
      what: `The contract does not say what identifies ${withArticle(entity === "" ? "record" : entity.replaceAll("_", " "))}.`,
    });
  for (const operation of design.operations)
    if (open_operations.has(operation.name))
      open_points.push({
        method: methodName(operation),
        what: `The contract does not say how to ${operation.name}${operation.object === "" ? "" : ` ${operation.object.replaceAll("_", " ")}`}.`,
      });
  const selecting =
    port === "table"
      ? design.fields
          .filter(({ name }) => /^(?:min|max|minimum|maximum)_|^(?:keyword|query|search_term|search|term)s?$/.test(name))
          .map(({ name }) => name)
      : [];
  if (selecting.length > 0 && design.operations.some(({ effect }) => effect === "list" || effect === "find"))
    open_points.push({
      method: "",
      what: `The contract does not say how ${selecting.join(", ")} select records: they are compared as columns.`,
    });
  const needs_open = open_points.some(({ method }) => method !== "");
  const has_columns = port === "table" && design.fields.length > 0;
  const constants = [
    ...emitConstants(design),
    ...(has_columns || (port !== "messages" && design.fields.length > 0)
      ? [
          assignTuple(
            "COLUMNS",
            dataFields(design).map((field) => identifier(field.name)),
          ),
        ]
      : []),
    ...(usesKeys(plan) ? [assignTuple("KEYS", design.keys.map(identifier))] : []),
    ...(port === "values" ? [`KEY_PREFIX = ${literal(`${entity === "" ? name.toLowerCase() : entity}:`)}`] : []),
  ];
  const own = port === "messages" ? ["    response: dict[str, Any]"] : ["    records: list[dict[str, Any]]"];
  const doc = port === "messages" ? "What the service answered." : "The records that were written, found, changed or removed.";
  const sections = [
    ...(constants.length === 0 ? [] : [constants.join("\n")]),
    emitErrors(design, { store: true, open: needs_open }),
    emitInput(design),
    emitOutput(design, doc, own),
    emitPort(withoutOpen(design, open_operations), port),
    emitMemoryStore(withoutOpen(design, open_operations), port),
    ...(driver === undefined ? [] : [emitDriver(withoutOpen(design, open_operations), port)?.text ?? ""]),
    ...(needsGiven(plan) ? [given_function(design)] : []),
    emitClass(design, plan, driver?.class_name, open_points),
    checkEffect(plan, open_points),
  ];
  return { sections, open_points };
}

const withoutOpen = (design: Design, open: ReadonlySet<string>): Design => ({
  ...design,
  operations: design.operations.filter(({ name }) => !open.has(name)),
});

/** Fields that become columns: what only says which part of a list is wanted is none. */
export const dataFields = ({ fields }: Design): Field[] => fields.filter(({ name }) => !paging.has(name));

/** The operation's method: a name that the node does not use itself. */
export const methodName = ({ name, object }: Operation): string =>
  /^(?:execute|initialize|shutdown)$/.test(name) ? `${name}_${object === "" ? "operation" : object}` : identifier(name);

const usesKeys = ({ port, design, open_operations }: EffectPlan): boolean =>
  design.keys.length > 0 &&
  port !== "messages" &&
  (port === "values" ||
    design.operations.some(({ name, effect }) => !open_operations.has(name) && (effect === "update" || effect === "upsert")));

const needsGiven = ({ port, design, open_operations }: EffectPlan): boolean =>
  design.fields.length > 0 && (port === "messages" || design.operations.some(({ name }) => !open_operations.has(name)));

const given_function = ({
  name,
}: Design): string => `def _given(request: Model${name}Input, names: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    """Take the fields that are set; those in \`required\` have to be."""
    missing = [name for name in required if getattr(request, name) is None]
    if missing:
        raise InvalidInputError(f"Missing: {', '.join(missing)}.")
    return {name: getattr(request, name) for name in names if getattr(request, name) is not None}`;

function emitClass(design: Design, plan: EffectPlan, driver: string | undefined, open_points: readonly OpenPoint[]): string {
  const { name, class_name, operations } = design;
  const signature = `request: Model${name}Input) -> Model${name}Output`;
  const methods = operations.map((operation) => {
    const method = methodName(operation);
    const title = `${method.slice(0, 1).toUpperCase()}${method.slice(1).replaceAll("_", " ").trim()}`;
    const what = operation.object === "" ? "" : ` ${withArticle(operation.object.replaceAll("_", " "))}`;
    if (plan.open_operations.has(operation.name)) {
      const point = open_points.find((one) => one.method === method);
      return openMethod(method, `self, ${signature}`, point?.what ?? "", true);
    }
    return `async def ${method}(self, ${signature}:\n    """${title}${what}."""\n${indent(bodyOf(operation, plan))}`;
  });
  const dispatch =
    operations.length === 1
      ? `self._ready_store()\nreturn await self._attempt(lambda: self.${methodName(operations[0] as Operation)}(request))` // the one that there is
      : `self._ready_store()
handlers = {
${operations.map((operation) => `    ${literal(operation.name)}: self.${methodName(operation)},`).join("\n")}
}
handler = handlers.get(request.operation)
if handler is None:
    known = ", ".join(handlers)
    raise InvalidInputError(f"operation must be one of {known}, not {request.operation!r}.")
return await self._attempt(lambda: handler(request))`;
  const execute = `async def execute(self, ${signature}:\n    """${operations.length === 1 ? "Carry out the contract's operation." : "Carry out the operation that the input names."}"""\n${indent(dispatch)}`;
  const outputs = design.outputs
    .filter(({ name: one }) => one !== "records" && one !== "response")
    .map(({ name: one }) => identifier(one));
  const source = plan.port === "messages" ? "response" : "first";
  const built = call(
    `Model${name}Output`,
    [
      plan.port === "messages" ? "response=response" : "records=records",
      ...outputs.map((one) => `${one}=${source}.get(${literal(one)})`),
    ],
    8,
    "return ",
  );
  const makes_output = operations.some(({ name: one }) => !plan.open_operations.has(one));
  const output = !makes_output
    ? ""
    : plan.port === "messages"
      ? `def _output(self, response: dict[str, Any]) -> Model${name}Output:\n${indent(built)}`
      : `def _output(self, records: list[dict[str, Any]]) -> Model${name}Output:\n${indent(outputs.length === 0 ? built : `first = records[0] if records else {}\n${built}`)}`;
  const opens: string[] = [];
  for (const point of open_points) {
    if (point.method === "default_store") opens.push(openMethod("default_store", "self) -> Store", point.what));
    if (point.method === "identify") {
      const returns = plan.port === "values" ? "str" : "dict[str, Any]";
      opens.push(openMethod("identify", `self, request: Model${name}Input) -> ${returns}`, point.what));
    }
  }
  const parts = [
    ...emitLife(design, driver, true),
    execute,
    ...methods,
    ...opens,
    output,
    emitAttempts(design),
    emitReady(design, true),
  ];
  const doc = wrap(docText(design.contract), 92);
  const head = doc.length === 1 && (doc[0]?.length ?? 0) < 86 ? `    """${doc[0]}"""` : `    """${doc.join("\n    ")}\n    """`;
  return `class ${class_name}:\n${head}\n\n${indent(parts.filter((part) => part !== "").join("\n\n"))}`;
}

/** What an operation's method does. */
function bodyOf(operation: Operation, plan: EffectPlan): string {
  const { design, port } = plan;
  const { fields, keys, in_transaction } = design;
  const names = dataFields(design).map((field) => identifier(field.name));
  const inside = (work: string): string =>
    in_transaction && port === "table"
      ? `store = self._ready_store()\nasync with store.transaction():\n${indent(work)}`
      : `store = self._ready_store()\n${work}`;
  if (port === "messages") {
    const payload =
      fields.length === 0
        ? "request.data"
        : `_given(request, ${tupleOf(fields.map((field) => identifier(field.name)))}${requiredOf(operation, design, [])})`;
    const line = `payload = ${payload}`;
    const text =
      line.length <= 92
        ? line
        : `payload = _given(\n    request,\n    ${tupleLines(fields.map((field) => identifier(field.name)))},${requiredOf(operation, design, []) === "" ? "" : `\n    ${requiredOf(operation, design, []).slice(2)},`}\n)`;
    return `${fields.length === 0 ? "" : `${text}\n`}response = await self._ready_store().send(${literal(operation.name)}, ${fields.length === 0 ? "dict(request.data)" : "payload"})\nreturn self._output(response)`;
  }
  if (port === "values") return valuesBody(operation, plan);
  if (fields.length === 0) {
    const data: Readonly<Record<string, string>> = {
      insert: "records = [await store.insert(dict(request.data))]",
      find: "records = await store.find(dict(request.data))",
      list: "records = await store.find(dict(request.data))",
      delete: "records = await store.delete(dict(request.data))",
    };
    const guard =
      operation.effect === "delete"
        ? 'if not request.data:\n    raise InvalidInputError("Say what to delete: data is empty.")\n'
        : "";
    return `${guard}${inside(data[operation.effect] ?? "")}\nreturn self._output(records)`;
  }
  const key_names = keys.map(identifier);
  switch (operation.effect) {
    case "insert":
    case "upsert": {
      const line = `record = _given(request, COLUMNS${requiredOf(operation, design, operation.effect === "upsert" ? keys : [])})`;
      const text =
        line.length <= 92
          ? line
          : `record = _given(\n    request,\n    COLUMNS,\n    ${requiredOf(operation, design, []).slice(2)},\n)`;
      return `${text}\n${inside(`records = [await store.${operation.effect}(record)]`)}\nreturn self._output(records)`;
    }
    case "update": {
      const criteria = keys.length === 0 ? "self.identify(request)" : "_given(request, KEYS, required=KEYS)";
      const changes =
        keys.length === 0 ? "_given(request, COLUMNS)" : "_given(request, [name for name in COLUMNS if name not in KEYS])";
      const rest = names.some((one) => !key_names.includes(one));
      const guard =
        'if not changes:\n    raise InvalidInputError("There is nothing to change: no field is set beside the key.")';
      return `criteria = ${criteria}\nchanges = ${rest ? changes : "_given(request, COLUMNS)"}\n${guard}\n${inside("records = await store.update(criteria, changes)")}\nreturn self._output(records)`;
    }
    case "find": {
      const criteria = keys.length === 0 ? "_given(request, COLUMNS)" : keyCriteria(key_names);
      return `criteria = ${criteria}\n${inside("records = await store.find(criteria)")}\nreturn self._output(records)`;
    }
    case "delete": {
      const criteria = keys.length === 0 ? "_given(request, COLUMNS)" : keyCriteria(key_names);
      const guard =
        keys.length === 0 ? 'if not criteria:\n    raise InvalidInputError("Say what to delete: no field is set.")\n' : "";
      return `criteria = ${criteria}\n${guard}${inside("records = await store.delete(criteria)")}\nreturn self._output(records)`;
    }
    default: {
      const given = new Set(fields.map(({ name }) => name));
      const page =
        given.has("limit") || given.has("offset")
          ? pageOf(given.has("offset") ? "request.offset or 0" : "0", given.has("limit") ? "request.limit" : undefined)
          : given.has("page") && (given.has("page_size") || given.has("per_page"))
            ? numberedPage(given.has("page_size") ? "page_size" : "per_page")
            : "";
      return `criteria = _given(request, COLUMNS)\n${inside("records = await store.find(criteria)")}\n${page}return self._output(records)`;
    }
  }
}

const pageOf = (offset: string, limit: string | undefined): string =>
  limit === undefined
    ? `records = records[${offset}:]\n`
    : `first = ${offset}\nlast = None if ${limit} is None else first + ${limit}\nrecords = records[first:last]\n`;

const numberedPage = (size: string): string =>
  `if request.${size} is not None:\n    first = ((request.page or 1) - 1) * request.${size}\n    records = records[first : first + request.${size}]\n`;

const keyCriteria = (keys: readonly string[]): string => `_given(request, ${tuple(keys)}, required=${tuple(keys)})`;

const tupleOf = (names: readonly string[]): string => tuple(names);

const tupleLines = (names: readonly string[]): string => {
  const one = tuple(names);
  return one.length <= 84 ? one : `(\n${names.map((name) => `        ${literal(name)},`).join("\n")}\n    )`;
};

/** `, required=(…)`: what the operation cannot do without, where the model itself requires nothing. */
function requiredOf(operation: Operation, design: Design, more: readonly string[]): string {
  const names = requiredNames(operation, design, more);
  return names.length === 0 ? "" : `, required=${tupleOf(names)}`;
}

/** The fields that an operation cannot do without. */
export function requiredNames(operation: Operation, design: Design, more: readonly string[] = []): string[] {
  if (!isPartial(design)) return more.map(identifier);
  const named = dataFields(design).filter(({ name, is_optional }) => operation.fields.includes(name) && !is_optional);
  return [...new Set([...named.map(({ name }) => identifier(name)), ...more.map(identifier)])];
}

/** Operations on values by key: of the fields, or of `data`, whose keys are those of the values. */
function valuesBody({ effect }: Operation, { design, key_is_open }: EffectPlan): string {
  const { fields, keys } = design;
  const store = "store = self._ready_store()\n";
  if (effect === "list")
    return `${store}found = [await store.get(key) for key in await store.keys()]\nrecords = [one for one in found if one is not None]\nreturn self._output(records)`;
  if (fields.length === 0) {
    const bodies: Readonly<Record<string, string>> = {
      find: "found = {key: await store.get(key) for key in request.data}\nrecords = [{key: value} for key, value in found.items() if value is not None]",
      delete:
        "removed = {key: await store.delete(key) for key in request.data}\nrecords = [{key: True} for key, done in removed.items() if done]",
    };
    return `${store}${bodies[effect] ?? "for key, value in request.data.items():\n    await store.set(key, value)\nrecords = [dict(request.data)]"}\nreturn self._output(records)`;
  }
  const key = key_is_open
    ? "self.identify(request)"
    : `":".join(str(one) for one in _given(request, KEYS, required=KEYS).values())`;
  const record = `_given(request, COLUMNS)`;
  const single = keys.length === 1 && !key_is_open;
  const lines = single
    ? `key = str(_given(request, KEYS, required=KEYS)[${literal(identifier(keys[0] ?? ""))}])`
    : `key = ${key}`;
  switch (effect) {
    case "find":
      return `${lines}\nrecord = await self._ready_store().get(key)\nreturn self._output([] if record is None else [record])`;
    case "delete":
      return `${lines}\nis_removed = await self._ready_store().delete(key)\nreturn self._output([_given(request, KEYS)] if is_removed else [])`.replace(
        "_given(request, KEYS)] if",
        key_is_open ? '{"key": key}] if' : "_given(request, KEYS)] if",
      );
    case "update":
      return `${store}${lines}\nbefore = await store.get(key)\nif before is None:\n    return self._output([])\nrecord = {**before, **${record}}\nawait store.set(key, record)\nreturn self._output([record])`;
    default:
      return `${lines}\nrecord = ${record}\nawait self._ready_store().set(key, record)\nreturn self._output([record])`;
  }
}
