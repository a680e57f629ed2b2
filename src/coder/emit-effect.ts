import type { Design, Emitted, OpenPoint, Operation } from "./design.ts";
import { dataFields, type EffectPlan, methodName, planEffect } from "./effect-plan.ts";
import { addressVariable, emitDriver } from "./emit-drivers.ts";
import { emitErrors, emitInput, emitOutput } from "./emit-models.ts";
import { emitAttempt, emitConstants, emitLifecycle, emitReadyCheck, openMethod } from "./emit-node.ts";
import { bodyOf } from "./emit-operations.ts";
import { emitMemoryStore, emitPort, portOf } from "./emit-port.ts";
import { assignTuple, call, docText, indent, literal, wrap } from "./python.ts";
import { checkEffect } from "./self-check.ts";
import { identifier, withArticle } from "./words.ts";

/** Writes the module of an Effect node. */
export function emitEffect(given: Design): Emitted {
  // Without a key, an upsert cannot conflict, so it is an insert.
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
          : `The contract names ${store.label}, but there is no driver for it.`,
    });
  if (driver?.class_name === "HttpStore" && store.http?.url === undefined)
    open_points.push({
      method: "",
      what: `The contract names no address: HttpStore reads it from ${addressVariable(design)}.`,
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
      what: `The contract does not say how ${selecting.join(", ")} select records, so they are compared for equality.`,
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
  const doc =
    port === "messages" ? "The response of the service." : "The records that were written, found, changed or removed.";
  const sections = [
    ...(constants.length === 0 ? [] : [constants.join("\n")]),
    emitErrors(design, { store: true, open: needs_open }),
    emitInput(design),
    emitOutput(design, doc, own),
    emitPort(withoutOpen(design, open_operations), port),
    emitMemoryStore(withoutOpen(design, open_operations), port),
    ...(driver === undefined ? [] : [emitDriver(withoutOpen(design, open_operations), port)?.text ?? ""]),
    ...(needsGiven(plan) ? [emitGiven(design)] : []),
    emitClass(design, plan, driver?.class_name, open_points),
    checkEffect(plan, open_points),
  ];
  // If the contract names no store, the operations go to a service.
  const named =
    design.store.kind === "none"
      ? sections.map((section) =>
          section
            .replaceAll(/\bMemoryStore\b/g, "MemoryService")
            .replaceAll(/\bStore\b(?!\()/g, "Service")
            .replaceAll("class Store(", "class Service("),
        )
      : sections;
  return { sections: named, open_points };
}

const withoutOpen = (design: Design, open: ReadonlySet<string>): Design => ({
  ...design,
  operations: design.operations.filter(({ name }) => !open.has(name)),
});

const usesKeys = ({ port, design, open_operations }: EffectPlan): boolean =>
  design.keys.length > 0 &&
  port !== "messages" &&
  (port === "values" ||
    design.operations.some(({ name, effect }) => !open_operations.has(name) && (effect === "update" || effect === "upsert")));

const needsGiven = ({ port, design, open_operations }: EffectPlan): boolean =>
  design.fields.length > 0 && (port === "messages" || design.operations.some(({ name }) => !open_operations.has(name)));

const emitGiven = ({
  name,
}: Design): string => `def _given(request: Model${name}Input, names: Iterable[str], required: Iterable[str] = ()) -> dict[str, Any]:
    """Return the fields that are set; those in \`required\` must be."""
    missing = [name for name in required if getattr(request, name) is None]
    if missing:
        raise InvalidInputError(f"Missing required fields: {', '.join(missing)}.")
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
  const checked = open_points.some(({ method }) => method === "check_data") ? "self.check_data(request.data)\n" : "";
  const dispatch =
    operations.length === 1
      ? `self._ready_store()\n${checked}return await self._attempt(lambda: self.${methodName(operations[0] as Operation)}(request))` // the only one
      : `self._ready_store()
${checked}handlers = {
${operations.map((operation) => `    ${literal(operation.name)}: self.${methodName(operation)},`).join("\n")}
}
handler = handlers.get(request.operation)
if handler is None:
    known = ", ".join(handlers)
    raise InvalidInputError(f"operation must be one of {known}, not {request.operation!r}.")
return await self._attempt(lambda: handler(request))`;
  const execute = `async def execute(self, ${signature}:\n    """${operations.length === 1 ? "Carry out the operation." : "Carry out the operation that the input names."}"""\n${indent(dispatch)}`;
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
    if (point.method === "check_data") opens.push(openMethod("check_data", "self, data: dict[str, Any]) -> None", point.what));
    if (point.method === "identify") {
      const returns = plan.port === "values" ? "str" : "dict[str, Any]";
      opens.push(openMethod("identify", `self, request: Model${name}Input) -> ${returns}`, point.what));
    }
  }
  const parts = [
    ...emitLifecycle(design, driver, true),
    execute,
    ...methods,
    ...opens,
    output,
    emitAttempt(design),
    emitReadyCheck(design, true, driver !== undefined),
  ];
  const doc = wrap(docText(design.contract), 92);
  const head = doc.length === 1 && (doc[0]?.length ?? 0) < 86 ? `    """${doc[0]}"""` : `    """${doc.join("\n    ")}\n    """`;
  return `class ${class_name}:\n${head}\n\n${indent(parts.filter((part) => part !== "").join("\n\n"))}`;
}
