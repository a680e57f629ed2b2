import type { Design } from "./design.ts";
import { method, methodsOf } from "./emit-port.ts";
import { emitClass, emitPostgres, emitSqlite } from "./emit-sql.ts";
import { indent, literal } from "./python.ts";
import { identifier, snake } from "./words.ts";

/** Writes the driver class for the contract's store; returns undefined if there is no driver for it. */
export function emitDriver(
  design: Design,
  port: "table" | "values" | "messages",
): { class_name: string; text: string } | undefined {
  switch (design.store.kind) {
    case "postgres":
      return { class_name: "PostgresStore", text: emitPostgres(design) };
    case "sqlite":
      return { class_name: "SqliteStore", text: emitSqlite(design) };
    case "redis":
      return port === "values" ? { class_name: "RedisStore", text: redis(design) } : undefined;
    case "http":
      return port === "messages" ? { class_name: "HttpStore", text: http(design) } : undefined;
    case "disk":
      return port === "values" ? { class_name: "DiskStore", text: disk(design) } : undefined;
    case "file":
      return port === "table" ? { class_name: "FileStore", text: file(design) } : undefined;
    default:
      return undefined;
  }
}

function redis(design: Design): string {
  const ttl = design.ttl_seconds !== undefined || design.open_points.some(({ what }) => what.includes("TTL_SECONDS"));
  const bodies: Readonly<Record<string, string>> = {
    get: "text = await self._connected().get(KEY_PREFIX + key)\nreturn None if text is None else json.loads(text)",
    set: ttl
      ? "milliseconds = None if TTL_SECONDS is None else round(TTL_SECONDS * 1000)\nawait self._connected().set(KEY_PREFIX + key, json.dumps(value, default=str), px=milliseconds)"
      : "await self._connected().set(KEY_PREFIX + key, json.dumps(value, default=str))",
    delete: "return await self._connected().delete(KEY_PREFIX + key) > 0",
    keys: 'found = [key async for key in self._connected().scan_iter(match=f"{KEY_PREFIX}*")]\nreturn sorted(key.removeprefix(KEY_PREFIX) for key in found)',
  };
  const init = `def __init__(self, url: str | None = None) -> None:
    self._url = url or os.environ.get("REDIS_URL")
    self._client: Any = None`;
  const connect = `async def connect(self) -> None:
    """Create the client."""
    if not self._url:
        raise StoreError("Set REDIS_URL, or pass a url.")
    try:
        from redis.asyncio import Redis
    except ImportError as error:
        raise StoreError("Redis needs a driver: pip install redis") from error
    self._client = Redis.from_url(self._url, decode_responses=True)`;
  const close = `async def close(self) -> None:
    """Close the client."""
    if self._client is not None:
        await self._client.aclose()
        self._client = None`;
  const connected = `def _connected(self) -> Any:
    if self._client is None:
        raise StoreError("The store is not connected.")
    return self._client`;
  return emitClass("RedisStore", "Stores values as JSON in Redis; imports redis-py when it connects.", [
    init,
    connect,
    close,
    ...methodsOf(design, "values").map((name) => method("values", name, bodies[name] ?? "")),
    connected,
  ]);
}

/** Returns the environment variable that holds an HttpStore's address. */
export const addressVariable = ({ name }: Design): string => `${snake(name).toUpperCase()}_URL`;

/** Returns the HTTP method of each operation. A method in the contract counts only if there is just one operation. */
export function methodsByOperation({ operations, store, contract }: Design): Map<string, string> {
  const verb = store.http?.method;
  const [, ...more] = operations;
  return new Map(
    operations.map(({ name, effect, service_effect }) => {
      if (more.length === 0 && verb !== undefined) return [name, verb];
      switch (service_effect ?? effect) {
        case "find":
        case "list":
          return [name, "GET"];
        case "delete":
          return [name, "DELETE"];
        case "update":
          return [name, /\bPUT\b/.test(contract) || name === "replace" ? "PUT" : "PATCH"];
        case "upsert":
          return [name, "PUT"];
        default:
          return [name, /^check$/.test(name) ? "GET" : "POST"];
      }
    }),
  );
}

function http(design: Design): string {
  const { url, path } = design.store.http ?? {};
  const methods = methodsByOperation(design);
  const distinct = [...new Set(methods.values())];
  const [only_one, ...others] = distinct;
  const chosen = others.length === 0 ? (only_one ?? "POST") : undefined;
  const has_parameters = path?.includes("{") === true || url?.includes("{") === true || /\/:\w/.test(path ?? "");
  const template = (path ?? "").replaceAll(/\/:(\w+)/g, "/{$1}");
  const many = design.operations.length > 1 && path === undefined;
  const has_token = /\b(?:bearer|api[- ]key|access token|authori[sz]ation header)\b/i.test(design.contract);
  const variable = addressVariable(design);
  const init = `def __init__(self, url: str | None = None${has_token ? ", token: str | None = None" : ""}) -> None:
    self._url = url or os.environ.get(${literal(variable)})${url === undefined ? "" : ` or ${literal(url)}`}${has_token ? `\n    self._token = token or os.environ.get(${literal(variable.replace(/_URL$/, "_TOKEN"))})` : ""}`;
  const connect = `async def connect(self) -> None:
    """Check that an address is set."""
    if not self._url:
        raise StoreError("Set ${variable}, or pass a url.")`;
  const close = 'async def close(self) -> None:\n    """Do nothing: no connection stays open."""';
  const send = method("messages", "send", "return await asyncio.to_thread(self._request, operation, payload)");
  const target = [
    'url = self._url or ""',
    ...(template === "" ? [] : [`url = url.rstrip("/") + ${literal(template)}`]),
    ...(many ? ["url = f\"{url.rstrip('/')}/{operation}\""] : []),
  ];
  if (has_parameters)
    target.push(
      'for name in [name for name in payload if f"{{{name}}}" in url]:\n    url = url.replace(f"{{{name}}}", urllib.parse.quote(str(payload[name]), safe=""))',
    );
  const in_query = (one: string): boolean => /^(?:GET|DELETE)$/.test(one);
  const named = chosen === undefined ? "method" : literal(chosen);
  const query_request = `query = urllib.parse.urlencode(payload, doseq=True)\nrequest = urllib.request.Request(f"{url}?{query}" if query else url, method=${named})`;
  const body_request = `body = json.dumps(payload, default=str).encode()\nrequest = urllib.request.Request(url, data=body, method=${named})\nrequest.add_header("Content-Type", "application/json")`;
  const body =
    chosen !== undefined
      ? [in_query(chosen) ? query_request : body_request]
      : [
          `method = {\n${[...methods].map(([name, one]) => `    ${literal(name)}: ${literal(one)},`).join("\n")}\n}[operation]`,
          ...(distinct.every(in_query)
            ? [query_request]
            : distinct.some(in_query)
              ? [`if method in ("GET", "DELETE"):\n${indent(query_request)}\nelse:\n${indent(body_request)}`]
              : [body_request]),
        ];
  const timeout = design.timeout_seconds === undefined ? "" : ", timeout=TIMEOUT_SECONDS";
  const request_body = [
    ...target,
    ...body,
    'request.add_header("Accept", "application/json")',
    ...(has_token ? ['if self._token:\n    request.add_header("Authorization", f"Bearer {self._token}")'] : []),
    `try:\n    with urllib.request.urlopen(request${timeout}) as response:\n        text = response.read().decode()\nexcept urllib.error.URLError as error:\n    raise StoreError(f"{operation} failed: {error}") from error`,
    'answer = json.loads(text) if text else {}\nreturn answer if isinstance(answer, dict) else {"items": answer}',
  ].join("\n");
  const request = `def _request(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:\n${indent(request_body)}`;
  return emitClass("HttpStore", `Sends each operation over HTTP (${distinct.join(", ")}), using only the standard library.`, [
    init,
    connect,
    close,
    send,
    request,
  ]);
}

/** Writes a driver that keeps each record as a file below a folder. */
function disk(design: Design): string {
  const content = design.store.content ?? "";
  const is_bytes = design.fields.some(({ name, type }) => name === content && type === "bytes");
  const key = literal(identifier(design.keys[0] ?? "path"));
  const bodies: Readonly<Record<string, string>> = {
    get: `path = self._path(key)\nif not path.is_file():\n    return None\nreturn {${key}: key, ${literal(identifier(content))}: ${is_bytes ? "path.read_bytes()" : 'path.read_text(encoding="utf-8")'}}`,
    set: `path = self._path(key)
path.parent.mkdir(parents=True, exist_ok=True)
beside = path.with_name(f"{path.name}.tmp")
${is_bytes ? `beside.write_bytes(value[${literal(identifier(content))}])` : `beside.write_text(value[${literal(identifier(content))}], encoding="utf-8")`}
os.replace(beside, path)`,
    delete: "path = self._path(key)\nif not path.is_file():\n    return False\npath.unlink()\nreturn True",
    keys: 'found = (path for path in self._folder.rglob("*") if path.is_file())\nreturn sorted(path.relative_to(self._folder).as_posix() for path in found)',
  };
  const init = `def __init__(self, folder: str | None = None) -> None:
    self._folder = Path(folder or os.environ.get("FILES_FOLDER") or ".").resolve()`;
  const idle =
    'async def connect(self) -> None:\n    """Check that the folder exists."""\n    if not self._folder.is_dir():\n        raise StoreError(f"The folder {self._folder} does not exist.")\n\nasync def close(self) -> None:\n    """Do nothing: no file stays open."""';
  const path = `def _path(self, key: str) -> Path:
    path = (self._folder / key).resolve()
    if not path.is_relative_to(self._folder):
        raise InvalidInputError(f"{key} is outside the folder.")
    return path`;
  return emitClass("DiskStore", "Keeps files below a folder and replaces each one atomically.", [
    init,
    idle,
    ...methodsOf(design, "values").map((name) => method("values", name, bodies[name] ?? "")),
    path,
  ]);
}

function file(design: Design): string {
  const { path, format } = design.store;
  const changing = methodsOf(design, "table").filter((name) => name !== "find");
  const init = `def __init__(self, path: str | None = None) -> None:
    super().__init__()
    chosen = path or os.environ.get("FILE_PATH")${path === undefined ? "" : ` or ${literal(path)}`}
    self._path = None if chosen is None else Path(chosen)`;
  const load =
    format === "csv"
      ? 'with self._path.open(newline="", encoding="utf-8") as lines:\n    self.records = [dict(row) for row in csv.DictReader(lines)]'
      : 'lines = self._path.read_text(encoding="utf-8").splitlines()\nself.records = [json.loads(line) for line in lines if line]';
  const connect = `async def connect(self) -> None:
    """Read the records in the file."""
    if self._path is None:
        raise StoreError("Set FILE_PATH, or pass a path.")
    if self._path.exists():
${indent(load, 8)}`;
  const calls: Readonly<Record<string, string>> = {
    insert: "record",
    upsert: "record",
    update: "criteria, changes",
    delete: "criteria",
  };
  const methods = changing.map((name) =>
    method("table", name, `result = await super().${name}(${calls[name]})\nself._save()\nreturn result`),
  );
  const write =
    format === "csv"
      ? 'names = list(dict.fromkeys(name for one in self.records for name in one))\nwith beside.open("w", newline="", encoding="utf-8") as lines:\n    writer = csv.DictWriter(lines, names)\n    writer.writeheader()\n    writer.writerows(self.records)'
      : 'lines = [json.dumps(one, default=str) + "\\n" for one in self.records]\nbeside.write_text("".join(lines), encoding="utf-8")';
  const save = `def _save(self) -> None:
    """Replace the file atomically, so that no reader sees half of it."""
    if self._path is None:
        raise StoreError("The store is not connected.")
    beside = self._path.with_name(f"{self._path.name}.tmp")
${indent(write)}
    os.replace(beside, self._path)`;
  const text = emitClass(
    "FileStore",
    `Keeps records in a ${format === "csv" ? "CSV file" : "file, one JSON object per line"}.`,
    [init, connect, ...methods, ...(changing.length > 0 ? [save] : [])],
  );
  return text.replace("class FileStore:", "class FileStore(MemoryStore):");
}
