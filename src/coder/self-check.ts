import type { Field, OpenPoint, Operation } from "./design.ts";
import { dataFields, type EffectPlan, methodName } from "./effect-plan.ts";
import { isPartial } from "./emit-models.ts";
import { methodsOf } from "./emit-port.ts";
import { call, indent, literal, sample } from "./python.ts";
import { identifier } from "./words.ts";

/** Functions that self-checks use. */
export const check_helpers = `def _expect(condition: bool, message: str) -> None:
    if not condition:
        raise AssertionError(message)


async def _raises(kind: type[Exception], work: Awaitable[Any]) -> bool:
    try:
        await work
    except kind:
        return True
    return False`;

/** Writes the end of a module: the self-check, and the code that runs it for `python3 FILE`. */
export function emitCheck(
  class_name: string,
  what: string,
  lines: readonly string[],
  open_points: readonly OpenPoint[],
): string {
  const open = open_points.flatMap(({ method }) => (method === "" ? [] : [method]));
  const which = open.length > 3 ? `${open.length} methods` : open.join(", ");
  const passed = `${class_name}: self-check passed${open.length === 0 ? "" : `; open: ${which}`}`;
  const helpers = lines.some((line) => line.includes("_raises(")) ? check_helpers : check_helpers.split("\n\n\n")[0];
  return `${helpers}\n\n\nasync def self_check() -> None:\n    """${what}"""\n${indent(lines.join("\n"))}\n\n\nif __name__ == "__main__":\n    asyncio.run(self_check())\n    print(${literal(passed)})`;
}

const dict = (fields: readonly Field[], nth: number): string => {
  const items = fields.map((field) => `${literal(identifier(field.name))}: ${sample(field, nth)}`);
  const line = `{${items.join(", ")}}`;
  return line.length <= 70 ? line : `{\n${items.map((item) => `    ${item},`).join("\n")}\n}`;
};

const order = ["insert", "upsert", "find", "list", "update", "delete", "send"];

/** Writes the self-check of an Effect node: its lifecycle, each operation on a store in memory, and its open points. */
export function checkEffect(plan: EffectPlan, open_points: readonly OpenPoint[]): string {
  const { design, port, open_operations } = plan;
  const { name, class_name, operations, keys, retry } = design;
  const model = `Model${name}Input`;
  const is_partial = isPartial(design);
  const has_fields = design.fields.length > 0;
  const data = port === "messages" ? design.fields : dataFields(design);
  const rest = port === "messages" ? [] : design.fields.filter((field) => !data.includes(field));
  const lines: string[] = [];
  const add = (...more: string[]): number => lines.push(...more);
  const done = [...operations]
    .filter((one) => !open_operations.has(one.name))
    .sort((a, b) => order.indexOf(a.effect) - order.indexOf(b.effect));
  const writes = done.some(({ effect }) => effect === "insert" || effect === "upsert");
  const writes_first = done.some(({ service_effect }) => /^(?:insert|upsert|update|send)$/.test(service_effect ?? ""));
  const opens = new Set(open_points.map(({ method }) => method));
  add(`record: dict[str, Any] = ${has_fields ? dict(data, 1) : '{"sample": 1}'}`);
  const make = (operation: Operation, record = "record"): string => {
    const operation_arg = is_partial ? [`operation=${literal(operation.name)}`] : [];
    const args = has_fields
      ? [
          ...operation_arg,
          `**${record}`,
          ...rest.map((field) => `${identifier(field.name)}=${field.name === "offset" ? 0 : 1}`),
        ]
      : [...operation_arg, `data=${record}`];
    return `${model}(${args.join(", ")})`;
  };
  let node_class = class_name;
  if (opens.has("identify")) {
    const [returns, value] = port === "values" ? ["str", '"sample"'] : ["dict[str, Any]", '{"key": 1}'];
    add(
      "",
      `class Identified(${class_name}):`,
      `    def identify(self, request: ${model}) -> ${returns}:`,
      `        return ${value}`,
      "",
    );
    node_class = "Identified";
  }
  if (opens.has("check_data")) {
    add(
      "",
      `class Checked(${class_name}):`,
      "    def check_data(self, data: dict[str, Any]) -> None:",
      '        """Accept anything."""',
      "",
    );
    node_class = "Checked";
  }
  const key = opens.has("identify")
    ? '"sample"'
    : keys.length === 1
      ? `str(record[${literal(identifier(keys[0] ?? ""))}])`
      : `":".join(str(record[name]) for name in KEYS)`;
  const existing =
    port === "table"
      ? opens.has("identify")
        ? '[{**record, "key": 1}]'
        : "[record]"
      : has_fields
        ? `{${key}: record}`
        : "record";
  const refill = has_fields
    ? `await store.set(${key}, record)`
    : "await store.set(next(iter(record)), next(iter(record.values())))";
  const seeds = port !== "messages" && !writes && done.length > 0;
  add(`store = MemoryStore(${seeds ? existing : ""})`, `node = ${node_class}(store=store)`);
  const first = operations[0];
  if (first === undefined) return "";
  add(`request = ${make(first)}`);
  add(expectRaises("NodeStateError", "node.execute(request)", "execute ran before initialize"));
  add("await node.initialize()", "await node.initialize()");
  for (const [i, operation] of done.entries()) {
    // Undo what an earlier operation of the same kind stored or removed.
    if (/^(?:insert|delete)$/.test(operation.effect) && done.slice(0, i).some(({ effect }) => effect === operation.effect)) {
      if (operation.effect === "insert" && port === "table") add("store.records.clear()");
      if (operation.effect === "delete") add(port === "table" ? `store.records.extend(${existing})` : refill);
    }
    add(`request = ${make(operation, operation.effect === "update" ? "changed" : "record")}`);
    const wrong = literal(`${operation.name} is wrong`);
    switch (operation.effect) {
      case "send":
        if (writes_first && /^(?:find|list|delete)$/.test(operation.service_effect ?? "")) {
          // What the service returns depends on earlier messages, so it is not checked.
          lines.pop();
          break;
        }
        add("await node.execute(request)", `_expect(store.sent[-1] == (${literal(operation.name)}, record), ${wrong})`);
        break;
      case "insert":
      case "upsert":
        add("result = await node.execute(request)", `_expect(result.records == [record], ${wrong})`);
        if (port === "table") add(`_expect(record in store.records, ${literal(`${operation.name} did not store the record`)})`);
        break;
      case "update":
        lines.pop();
        if (has_fields) {
          const changed = data.filter((field) => !keys.includes(field.name));
          add(
            `changed: dict[str, Any] = ${changed.length === 0 ? "dict(record)" : `{**record, ${changed.map((field) => `${literal(identifier(field.name))}: ${sample(field, 2)}`).join(", ")}}`}`.replace(
              /^(.{97}).*$/s,
              (all) =>
                all.length <= 94
                  ? all
                  : `changed: dict[str, Any] = {\n    **record,\n${changed.map((field) => `    ${literal(identifier(field.name))}: ${sample(field, 2)},`).join("\n")}\n}`,
            ),
          );
          add(`request = ${make(operation, "changed")}`);
          if (port === "table" && opens.has("identify") && !seeds) add('store.records[0]["key"] = 1');
          if (port === "table" && opens.has("identify")) {
            add("result = await node.execute(request)", `_expect(result.records == [{**changed, "key": 1}], ${wrong})`);
          } else add("result = await node.execute(request)", `_expect(result.records == [changed], ${wrong})`);
          add("record = changed");
        } else {
          add(
            `request = ${make(operation)}`,
            "result = await node.execute(request)",
            `_expect(result.records == [record], ${wrong})`,
          );
        }
        break;
      case "delete":
        add(
          "result = await node.execute(request)",
          `_expect(len(result.records) == 1, ${wrong})`,
          "result = await node.execute(request)",
          `_expect(result.records == [], ${literal(`${operation.name} did not delete the record`)})`,
        );
        break;
      default:
        if (port === "values" && !has_fields && operation.effect === "list")
          add("result = await node.execute(request)", `_expect(result.records != [], ${wrong})`);
        else add("result = await node.execute(request)", `_expect(result.records == [record], ${wrong})`);
        break;
    }
  }
  if (
    design.ttl_seconds !== undefined &&
    port === "values" &&
    methodsOf(design, "values").includes("get") &&
    methodsOf(design, "values").includes("set")
  ) {
    add(
      "now = [0.0]",
      "aging = MemoryStore(clock=lambda: now[0])",
      'await aging.set("key", "value")',
      '_expect(await aging.get("key") == "value", "a value expired too early")',
      `now[0] = float(TTL_SECONDS or 0)`,
      '_expect(await aging.get("key") is None, "a value did not expire")',
    );
  }
  if (is_partial)
    add(expectRaises("InvalidInputError", `node.execute(${model}(operation="?"))`, "an unknown operation was accepted"));
  for (const operation of operations) {
    if (!open_operations.has(operation.name)) continue;
    add(
      `request = ${make(operation)}`,
      expectRaises("OpenPointError", `node.${methodName(operation)}(request)`, `${operation.name} must raise OpenPointError`),
    );
  }
  if (opens.has("identify")) {
    const user = done.find(({ effect }) => (port === "values" ? effect !== "list" : effect === "update"));
    if (user !== undefined) {
      add(
        `unidentified = ${class_name}(store=store)`,
        "await unidentified.initialize()",
        `request = ${make(user)}`,
        expectRaises("OpenPointError", "unidentified.execute(request)", "identify must raise OpenPointError"),
      );
    }
  }
  if (opens.has("check_data")) {
    add(`unchecked = ${class_name}(store=store)`, "await unchecked.initialize()", `request = ${make(first)}`);
    add(expectRaises("OpenPointError", "unchecked.execute(request)", "check_data must raise OpenPointError"));
  }
  if (opens.has("default_store")) {
    add(`alone = ${node_class}()`, "await alone.initialize()", `request = ${make(first)}`);
    add(expectRaises("OpenPointError", "alone.execute(request)", "default_store must raise OpenPointError"));
  }
  if (design.in_transaction && port === "table")
    add(
      "try:",
      "    async with store.transaction():",
      '        store.records.append({"half": True})',
      '        raise StoreError("The second half failed.")',
      "except StoreError:",
      `    _expect({"half": True} not in store.records, "a failed transaction left changes behind")`,
    );
  if (port === "messages" && retry === undefined) {
    add(`refusing = ${node_class}(store=MemoryStore(failing=[${literal(first.name)}]))`, "await refusing.initialize()");
    add(
      `request = ${make(first)}`,
      expectRaises("StoreError", "refusing.execute(request)", "a refused operation must raise StoreError"),
    );
  }
  if (retry !== undefined) add(...retryCheck(class_name));
  add("await node.shutdown()", expectRaises("NodeStateError", "node.execute(request)", "execute ran after shutdown"));
  return emitCheck(class_name, "Run the node on a store in memory.", lines, open_points);
}

/** Writes a check that retries work which fails RETRIES times and then succeeds. */
export function retryCheck(class_name: string): string[] {
  return [
    "failures = iter([True] * RETRIES)",
    "naps: list[float] = []",
    "",
    "async def flaky() -> str:",
    "    if next(failures, False):",
    '        raise ConnectionError("Not now.")',
    '    return "done"',
    "",
    "async def nap(seconds: float) -> None:",
    "    naps.append(seconds)",
    "",
    `patient = ${class_name}(store=MemoryStore(), sleep=nap)`,
    '_expect(await patient._attempt(flaky) == "done", "too few attempts")',
    '_expect(len(naps) == RETRIES, "no wait between attempts")',
  ];
}

/** Writes a check that work raises an error, on one line or three. */
export function expectRaises(kind: string, work: string, message: string): string {
  return call("_expect", [`await _raises(${kind}, ${work})`, literal(message)], 4);
}
