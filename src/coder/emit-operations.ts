import type { Operation } from "./design.ts";
import { dataFields, type EffectPlan, requiredArgument } from "./effect-plan.ts";
import { indent, literal, tuple } from "./python.ts";
import { identifier } from "./words.ts";

/** Writes the body of an operation's method. */
export function bodyOf(operation: Operation, plan: EffectPlan): string {
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
        : `_given(request, ${tuple(fields.map((field) => identifier(field.name)))}${requiredArgument(operation, design, [])})`;
    const line = `payload = ${payload}`;
    const text =
      line.length <= 92
        ? line
        : `payload = _given(\n    request,\n    ${tupleLines(fields.map((field) => identifier(field.name)))},${requiredArgument(operation, design, []) === "" ? "" : `\n    ${requiredArgument(operation, design, []).slice(2)},`}\n)`;
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
        ? 'if not request.data:\n    raise InvalidInputError("Nothing to delete: data is empty.")\n'
        : "";
    return `${guard}${inside(data[operation.effect] ?? "")}\nreturn self._output(records)`;
  }
  const key_names = keys.map(identifier);
  switch (operation.effect) {
    case "insert":
    case "upsert": {
      const line = `record = _given(request, COLUMNS${requiredArgument(operation, design, operation.effect === "upsert" ? keys : [])})`;
      const text =
        line.length <= 92
          ? line
          : `record = _given(\n    request,\n    COLUMNS,\n    ${requiredArgument(operation, design, []).slice(2)},\n)`;
      return `${text}\n${inside(`records = [await store.${operation.effect}(record)]`)}\nreturn self._output(records)`;
    }
    case "update": {
      const criteria = keys.length === 0 ? "self.identify(request)" : "_given(request, KEYS, required=KEYS)";
      const changes =
        keys.length === 0 ? "_given(request, COLUMNS)" : "_given(request, [name for name in COLUMNS if name not in KEYS])";
      const rest = names.some((one) => !key_names.includes(one));
      const guard = 'if not changes:\n    raise InvalidInputError("Nothing to change: only the key is set.")';
      return `criteria = ${criteria}\nchanges = ${rest ? changes : "_given(request, COLUMNS)"}\n${guard}\n${inside("records = await store.update(criteria, changes)")}\nreturn self._output(records)`;
    }
    case "find": {
      const criteria = keys.length === 0 ? "_given(request, COLUMNS)" : keyCriteria(key_names);
      return `criteria = ${criteria}\n${inside("records = await store.find(criteria)")}\nreturn self._output(records)`;
    }
    case "delete": {
      const criteria = keys.length === 0 ? "_given(request, COLUMNS)" : keyCriteria(key_names);
      const guard =
        keys.length === 0 ? 'if not criteria:\n    raise InvalidInputError("Nothing to delete: no field is set.")\n' : "";
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

const tupleLines = (names: readonly string[]): string => {
  const one = tuple(names);
  return one.length <= 84 ? one : `(\n${names.map((name) => `        ${literal(name)},`).join("\n")}\n    )`;
};

/** Writes the body of an operation on values by key. Without fields, the keys of `data` are the keys of the values. */
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
