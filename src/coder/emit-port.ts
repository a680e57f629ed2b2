import type { Design, Effect } from "./design.ts";
import { indent, literal, tuple } from "./python.ts";
import { identifier } from "./words.ts";

/** The kind of interface between a node and its store or service. */
export type PortKind = "table" | "values" | "messages" | "none";

/** Returns the port of a design. */
export function portOf({ node_type, store, operations }: Design): PortKind {
  if (node_type === "Compute") return "none";
  if (node_type === "Reducer") return store.kind === "none" ? "none" : "values";
  if (node_type === "Orchestrator") return "messages";
  if (store.kind === "http" || (store.kind === "none" && operations.every(({ effect }) => effect === "send")))
    return "messages";
  return store.kind === "redis" || store.kind === "disk" ? "values" : "table";
}

/** Returns the port's methods that the operations call, in the port's order. */
export function methodsOf({ node_type, operations }: Design, port: PortKind): readonly string[] {
  const used = new Set<Effect>(operations.map(({ effect }) => effect));
  switch (port) {
    case "messages":
      return ["send"];
    case "values":
      if (node_type === "Reducer") return ["get", "set"];
      return [
        ...(used.has("find") || used.has("update") || used.has("list") ? ["get"] : []),
        ...(used.has("insert") || used.has("upsert") || used.has("update") ? ["set"] : []),
        ...(used.has("delete") ? ["delete"] : []),
        ...(used.has("list") ? ["keys"] : []),
      ];
    case "table":
      return [
        ...(used.has("insert") ? ["insert"] : []),
        ...(used.has("upsert") ? ["upsert"] : []),
        ...(used.has("find") || used.has("list") ? ["find"] : []),
        ...(used.has("update") ? ["update"] : []),
        ...(used.has("delete") ? ["delete"] : []),
      ];
    default:
      return [];
  }
}

const record = "dict[str, Any]";

/** Signatures and docs of a port's methods. */
const signatures: Readonly<Record<PortKind, Readonly<Record<string, readonly [signature: string, doc: string]>>>> = {
  none: {},
  table: {
    insert: [`async def insert(self, record: ${record}) -> ${record}:`, "Add a record and return it as stored."],
    upsert: [`async def upsert(self, record: ${record}) -> ${record}:`, "Add a record or replace the one with the same key."],
    find: [`async def find(self, criteria: ${record}) -> list[${record}]:`, "Return the records that have these values."],
    update: [
      `async def update(self, criteria: ${record}, changes: ${record}) -> list[${record}]:`,
      "Change the records that match and return them.",
    ],
    delete: [
      `async def delete(self, criteria: ${record}) -> list[${record}]:`,
      "Remove the records that match and return them.",
    ],
  },
  values: {
    get: ["async def get(self, key: str) -> Any:", "Return the value of a key or None."],
    set: ["async def set(self, key: str, value: Any) -> None:", "Store a value under a key."],
    delete: ["async def delete(self, key: str) -> bool:", "Delete a key; return False if it did not exist."],
    keys: ["async def keys(self) -> list[str]:", "Return every key."],
  },
  messages: {
    send: [
      `async def send(self, operation: str, payload: ${record}) -> ${record}:`,
      "Send an operation and return the response.",
    ],
  },
};

/** Writes one method of a port: its signature, docstring and body. */
export function method(port: PortKind, name: string, body: string): string {
  const [signature, doc] = signatures[port][name] ?? ["", ""];
  return `${signature}\n    """${doc}"""\n${indent(body)}`;
}

/** Writes the protocol that every store of the module implements. */
export function emitPort(design: Design, port: PortKind): string {
  const parts = methodsOf(design, port).map((name) => {
    const [signature, doc] = signatures[port][name] ?? ["", ""];
    return `${signature}\n    """${doc}"""`;
  });
  if (design.in_transaction && port === "table")
    parts.push(
      'def transaction(self) -> AbstractAsyncContextManager[None]:\n    """Apply all changes made inside, or none."""',
    );
  const what = {
    table: "A store of records.",
    values: "A store of values by key.",
    messages: "The service that carries out the operations.",
    none: "",
  }[port];
  const open = 'async def connect(self) -> None:\n    """Get ready."""';
  const close = 'async def close(self) -> None:\n    """Release all resources."""';
  return `class Store(Protocol):\n    """${what}"""\n\n${indent([open, close, ...parts].join("\n\n"))}`;
}

const memory_bodies: Readonly<Record<string, string>> = {
  insert: "self.records.append(dict(record))\nreturn dict(record)",
  find: "return [dict(one) for one in self.records if _matches(one, criteria)]",
  update:
    "found = [one for one in self.records if _matches(one, criteria)]\nfor one in found:\n    one.update(changes)\nreturn [dict(one) for one in found]",
  delete:
    "found = [one for one in self.records if _matches(one, criteria)]\nself.records = [one for one in self.records if not _matches(one, criteria)]\nreturn found",
  upsert:
    "self.records = [one for one in self.records if not _matches(one, _key_of(record))]\nself.records.append(dict(record))\nreturn dict(record)",
};

/** Writes a service in memory. It returns the preset replies, or else answers from earlier messages. */
function messagesParts(design: Design, idle: string): string[] {
  const acting = (...acts: readonly string[]): string[] =>
    design.operations.flatMap((one) => (acts.includes(one.service_effect ?? "") ? [one.name] : []));
  const has_writes = acting("insert", "upsert", "update", "send").length > 0;
  const ones = has_writes ? acting("find") : [];
  const many = has_writes ? acting("list") : [];
  const removing = has_writes ? acting("delete") : [];
  const init =
    "def __init__(\n    self,\n    replies: Mapping[str, dict[str, Any]] | None = None,\n    failing: Iterable[str] = (),\n) -> None:\n" +
    "    self.replies = dict(replies or {})\n    self.failing = set(failing)\n    self.sent: list[tuple[str, dict[str, Any]]] = []";
  const answers = [
    'if operation in self.failing:\n    raise StoreError(f"{operation} was refused.")',
    "if operation in self.replies:\n    self.sent.append((operation, payload))\n    return dict(self.replies[operation])",
    ...(ones.length === 0
      ? []
      : [
          `if operation in ${tuple(ones)}:\n    known = self._like(payload)\n    if not known:\n        raise StoreError(f"{operation} found nothing.")\n    return dict(known[-1])`,
        ]),
    ...(many.length === 0 ? [] : [`if operation in ${tuple(many)}:\n    return {"items": self._like(payload)}`]),
    ...(removing.length === 0
      ? []
      : [
          `if operation in ${tuple(removing)}:\n    gone = self._like(payload)\n    self.sent = [one for one in self.sent if one[1] not in gone]\n    return {"removed": len(gone)}`,
        ]),
    "self.sent.append((operation, payload))\nreturn {}",
  ];
  const like = `def _like(self, payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return earlier messages that share their values with the payload, oldest first."""
    keys = [${design.keys.map((key) => literal(identifier(key))).join(", ")}]
    names = [name for name in keys if name in payload] or list(payload)
    return [
        sent
        for _, sent in self.sent
        if any(name in sent for name in names)
        and all(sent.get(name, payload[name]) == payload[name] for name in names)
    ]`;
  const uses_like = ones.length + many.length + removing.length > 0;
  return [init, idle, method("messages", "send", answers.join("\n")), ...(uses_like ? [like] : [])];
}

/** Writes the port in memory, for tests and the self-check. */
export function emitMemoryStore(design: Design, port: PortKind): string {
  const idle =
    'async def connect(self) -> None:\n    """Do nothing."""\n\nasync def close(self) -> None:\n    """Do nothing."""';
  const methods = methodsOf(design, port);
  const head = 'class MemoryStore:\n    """The store in memory, for tests and the self-check."""\n\n';
  if (port === "messages") return head + indent([...messagesParts(design, idle)].join("\n\n"));
  if (port === "values") {
    const ttl = design.ttl_seconds !== undefined || design.open_points.some(({ what }) => what.includes("TTL_SECONDS"));
    const init = ttl
      ? "def __init__(\n    self,\n    values: Mapping[str, Any] | None = None,\n    clock: Callable[[], float] = time.monotonic,\n) -> None:\n    self._clock = clock\n    self._values: dict[str, tuple[Any, float | None]] = {\n        key: (value, None) for key, value in (values or {}).items()\n    }"
      : "def __init__(self, values: Mapping[str, Any] | None = None) -> None:\n    self._values = dict(values or {})";
    const live = ttl
      ? "def _expire(self) -> None:\n    now = self._clock()\n    self._values = {\n        key: (value, end)\n        for key, (value, end) in self._values.items()\n        if end is None or now < end\n    }"
      : "";
    const bodies: Readonly<Record<string, string>> = ttl
      ? {
          get: "self._expire()\nvalue, _ = self._values.get(key, (None, None))\nreturn value",
          set: "end = None if TTL_SECONDS is None else self._clock() + TTL_SECONDS\nself._values[key] = (value, end)",
          delete: "self._expire()\nreturn self._values.pop(key, None) is not None",
          keys: "self._expire()\nreturn sorted(self._values)",
        }
      : {
          get: "return self._values.get(key)",
          set: "self._values[key] = value",
          delete: "return self._values.pop(key, None) is not None",
          keys: "return sorted(self._values)",
        };
    const uses_expire = methods.some((name) => bodies[name]?.includes("_expire"));
    const parts = [
      init,
      idle,
      ...methods.map((name) => method(port, name, bodies[name] ?? "")),
      ...(ttl && uses_expire ? [live] : []),
    ];
    return head + indent(parts.join("\n\n"));
  }
  const init =
    "def __init__(self, records: Iterable[dict[str, Any]] = ()) -> None:\n    self.records = [dict(one) for one in records]";
  const parts = [init, idle, ...methods.map((name) => method(port, name, memory_bodies[name] ?? ""))];
  if (design.in_transaction)
    parts.push(
      '@asynccontextmanager\nasync def transaction(self) -> AsyncIterator[None]:\n    """Apply all changes made inside, or none."""\n' +
        "    before = [dict(one) for one in self.records]\n    try:\n        yield\n    except BaseException:\n        self.records = before\n        raise",
    );
  const needs_match = methods.some((name) => name !== "insert");
  const matches = needs_match
    ? "def _matches(record: dict[str, Any], criteria: dict[str, Any]) -> bool:\n    return all(record.get(name) == value for name, value in criteria.items())\n\n\n"
    : "";
  const key = methods.includes("upsert")
    ? "def _key_of(record: dict[str, Any]) -> dict[str, Any]:\n    return {name: record.get(name) for name in KEYS}\n\n\n"
    : "";
  return matches + key + head + indent(parts.join("\n\n"));
}
