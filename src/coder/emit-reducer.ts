import type { Design, Emitted, Field, Fold, OpenPoint } from "./design.ts";
import { emitDriver } from "./emit-drivers.ts";
import { emitErrors, emitInput, emitOutput } from "./emit-models.ts";
import { emitAttempt, emitConstants, emitLifecycle, emitReadyCheck, openMethod } from "./emit-node.ts";
import { emitMemoryStore, emitPort, portOf } from "./emit-port.ts";
import type { Shape } from "./fold-shape.ts";
import { shapeOf } from "./fold-shapes.ts";
import { call, docText, indent, keyword, literal, tuple, wrap } from "./python.ts";
import { emitCheck, expectRaises, retryCheck } from "./self-check.ts";
import { identifier, snake } from "./words.ts";

/** Writes the module of a Reducer: a pure fold, and a node that keeps the state. */
export function emitReducer(given: Design): Emitted {
  const port = portOf(given);
  const is_open = given.fold.kind === "open";
  const design: Design = is_open
    ? {
        ...given,
        open_points: given.open_points.map((point) => (point.method === "fold" ? { ...point, method: "reduce" } : point)),
      }
    : given;
  const { name, class_name, fold, store, entity } = design;
  const model = `Model${name}Input`;
  const shape = shapeOf(design);
  const has_store = port === "values";
  const driver = has_store ? emitDriver({ ...design }, "values") : undefined;
  const driver_of_values = store.kind === "redis" ? driver : undefined;
  const open_points: OpenPoint[] = [...design.open_points];
  if (has_store && driver_of_values === undefined)
    open_points.push({
      method: "default_store",
      what: `The contract names ${store.label} for the state, but does not say how to store it there.`,
    });
  const needs_open = open_points.some(({ method }) => method !== "");
  const is_cache = fold.kind === "cache";
  const state = `${shape.before === undefined ? "" : `${shape.before}\n\n\n`}@dataclass(frozen=True)\nclass State:\n    """The state after the events so far."""\n\n${shape.state.join("\n")}\n\n\nINITIAL_STATE = State()`;
  const point = open_points.find(({ method }) => method === "reduce");
  const reduce =
    point === undefined
      ? `def reduce(state: State, event: ${model}) -> State:\n    """${shape.doc}"""\n${indent(shape.body)}`
      : openMethod("reduce", `state: State, event: ${model}) -> State`, point.what);
  const load =
    !has_store || is_cache
      ? ""
      : `saved = await self._attempt(lambda: store.get("state"))\nif saved is not None:\n    self._state = ${shape.restore}\n`;
  const save = !has_store
    ? ""
    : is_cache
      ? fold.key === undefined
        ? "for key, value in event.data.items():\n    await self._attempt(lambda key=key, value=value: store.set(key, value))\n"
        : `key = str(event.${identifier(fold.key)})\nawait self._attempt(lambda: store.set(key, state.entries[key]))\n`
      : 'await self._attempt(lambda: store.set("state", asdict(state)))\n';
  const ready = has_store ? "store = self._ready_store()\n" : "self._require_ready()\n";
  const execute = `async def execute(self, event: ${model}) -> Model${name}Output:
    """Fold one event into the state and return the state."""
${indent(`${ready}state = reduce(self._state, event)\n${save}self._state = state\nreturn Model${name}Output(state=state)`)}`;
  const lookup = is_cache
    ? has_store
      ? 'async def get(self, key: str) -> Any:\n    """Return the value cached under a key or None."""\n    store = self._ready_store()\n    return await self._attempt(lambda: store.get(key))'
      : 'async def get(self, key: str) -> Any:\n    """Return the value cached under a key or None."""\n    self._require_ready()\n    return self._state.entries.get(key)'
    : "";
  const life = emitLifecycle(design, driver_of_values?.class_name, has_store).map((part, i) => {
    if (i === 0) return `${part}\n    self._state = INITIAL_STATE`;
    return i === 1 && load !== ""
      ? `${part.replace("    self._is_ready = True", `    store = self._store\n${indent(load)}    self._is_ready = True`)}`
      : part;
  });
  const opens = open_points.some(({ method }) => method === "default_store")
    ? openMethod("default_store", "self) -> Store", open_points.find(({ method }) => method === "default_store")?.what ?? "")
    : "";
  const doc = wrap(docText(design.contract), 92);
  const head = doc.length === 1 && (doc[0]?.length ?? 0) < 86 ? `    """${doc[0]}"""` : `    """${doc.join("\n    ")}\n    """`;
  const parts = [
    ...life,
    "reduce = staticmethod(reduce)",
    execute,
    lookup,
    opens,
    ...(has_store || design.retry !== undefined ? [emitAttempt(design)] : []),
    emitReadyCheck(design, has_store),
  ];
  const constants = [
    ...emitConstants(design),
    ...(has_store ? [`KEY_PREFIX = ${literal(`${entity === "" ? snake(name) : entity}:`)}`] : []),
    ...moves(fold),
    ...(fold.kind === "latest" && fold.final !== undefined
      ? [`# Events after one of these values are ignored.\nFINAL = ${tuple(fold.final.values)}`]
      : []),
    ...(shape.signs === undefined
      ? []
      : [
          `# Which values add and which subtract.\nSIGNS = {${[...shape.signs.plus.map((one) => `${literal(one)}: 1`), ...shape.signs.minus.map((one) => `${literal(one)}: -1`)].join(", ")}}`,
        ]),
  ];
  const node = `class ${class_name}:\n${head}\n\n${indent(parts.filter((part) => part !== "").join("\n\n"))}`
    .replace("    reduce = staticmethod(reduce)\n\n", "")
    .replace(`\n\n    def __init__`, `\n\n    reduce = staticmethod(reduce)\n\n    def __init__`);
  const sections = [
    ...(constants.length === 0 ? [] : [constants.join("\n")]),
    emitErrors(design, { store: has_store || design.retry !== undefined, open: needs_open }),
    emitInput(design),
    state,
    emitOutput({ ...design, outputs: [] }, "The state after the event.", ["    state: State"]),
    reduce,
    ...(has_store ? [emitPort(design, "values"), emitMemoryStore(design, "values")] : []),
    ...(driver_of_values === undefined ? [] : [driver_of_values.text]),
    node,
    check(design, shape, open_points, has_store),
  ];
  return { sections, open_points };
}

const moves = (fold: Fold): string[] =>
  fold.kind !== "transitions"
    ? []
    : [
        `# The allowed status changes.\nMOVES = {${fold.moves.map(([from, to]) => `(${literal(from)}, ${literal(to)})`).join(", ")}}`,
      ].map((line) =>
        (line.split("\n")[1]?.length ?? 0) <= 100
          ? line
          : `# The allowed status changes.\nMOVES = {\n${fold.moves.map(([from, to]) => `    (${literal(from)}, ${literal(to)}),`).join("\n")}\n}`,
      );

function check(design: Design, shape: Shape, open_points: readonly OpenPoint[], has_store: boolean): string {
  const { name, class_name, fields, fold, retry } = design;
  const is_open = fold.kind === "open";
  const first_status = (field: Field): string | undefined => {
    if (fold.kind !== "transitions" || field.name !== fold.field) return undefined;
    const targets = new Set(fold.moves.map(([, to]) => to));
    return `${identifier(field.name)}=${literal(fold.moves.find(([from]) => !targets.has(from))?.[0] ?? fold.moves[0]?.[0] ?? "")}`;
  };
  const args = fields.length === 0 ? ['data={"sample": 1}'] : fields.map((field) => first_status(field) ?? keyword(field));
  const lines = [call(`Model${name}Input`, args, 4, "event = ")];
  if (!is_open) {
    if (fold.kind !== "transitions")
      lines.push(
        "first = reduce(INITIAL_STATE, event)",
        "second = reduce(first, event)",
        '_expect(second == reduce(first, event), "equal events gave different states")',
      );
    lines.push(...shape.checks, '_expect(INITIAL_STATE == State(), "the initial state was changed")');
  }
  lines.push(has_store ? "store = MemoryStore()" : "", `node = ${class_name}(${has_store ? "store=store" : ""})`);
  lines.push(expectRaises("NodeStateError", "node.execute(event)", "execute ran before initialize"), "await node.initialize()");
  if (is_open) lines.push(expectRaises("OpenPointError", "node.execute(event)", "reduce must raise OpenPointError"));
  else {
    lines.push(
      "result = await node.execute(event)",
      '_expect(result.state == reduce(INITIAL_STATE, event), "the node and reduce disagree")',
    );
    if (fold.kind === "cache") {
      const key = fold.key === undefined && fields.length === 0 ? '"sample"' : `next(iter(result.state.entries))`;
      lines.push(`_expect(await node.get(${key}) is not None, "a cached value is missing")`);
    }
  }
  if (design.ttl_seconds !== undefined && has_store)
    lines.push(
      "now = [0.0]",
      "aging = MemoryStore(clock=lambda: now[0])",
      'await aging.set("key", "value")',
      '_expect(await aging.get("key") == "value", "a value expired too early")',
      "now[0] = float(TTL_SECONDS or 0)",
      '_expect(await aging.get("key") is None, "a value did not expire")',
    );
  if (retry !== undefined && has_store) lines.push(...retryCheck(class_name));
  if (open_points.some(({ method }) => method === "default_store"))
    lines.push(expectRaises("OpenPointError", `${class_name}().initialize()`, "default_store must raise OpenPointError"));
  lines.push("await node.shutdown()", expectRaises("NodeStateError", "node.execute(event)", "execute ran after shutdown"));
  return emitCheck(
    class_name,
    "Fold sample events, directly and in the node.",
    lines.filter((line) => line !== ""),
    open_points,
  );
}
