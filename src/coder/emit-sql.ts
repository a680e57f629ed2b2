import type { Design } from "./design.ts";
import { method, methodsOf } from "./emit-port.ts";
import { indent } from "./python.ts";

/** Writes a Python class from its name, docstring and parts. */
export const emitClass = (name: string, doc: string, parts: readonly string[]): string =>
  `class ${name}:\n    """${doc}"""\n\n${indent(parts.filter((part) => part !== "").join("\n\n"))}`;

/** Method bodies if the contract names the columns; both drivers number their placeholders. */
function byColumns({ store, keys }: Design): Readonly<Record<string, string>> {
  const insert = `INSERT INTO "${store.table}" ({names}) VALUES ({marks})`;
  const conflict = keys.map((key) => `"${key}"`).join(", ");
  return {
    insert: `columns = _columns(record)\nnames, marks = ", ".join(columns), _marks(columns)\nsql = f'${insert} RETURNING *'\nreturn (await self._fetch(sql, record.values()))[0]`,
    upsert: `columns = _columns(record)
names, marks = ", ".join(columns), _marks(columns)
changes = ", ".join(f"{name} = excluded.{name}" for name in columns)
sql = (
    f'${insert} '
    f'ON CONFLICT (${conflict}) DO UPDATE SET {changes} RETURNING *'
)
return (await self._fetch(sql, record.values()))[0]`,
    find: `sql = f'SELECT * FROM "${store.table}" WHERE {_where(criteria)}'\nreturn await self._fetch(sql, criteria.values())`,
    update: `where = _where(criteria, first=len(changes) + 1)
sql = f'UPDATE "${store.table}" SET {_pairs(changes, ", ")} WHERE {where} RETURNING *'
return await self._fetch(sql, [*changes.values(), *criteria.values()])`,
    delete: `sql = f'DELETE FROM "${store.table}" WHERE {_where(criteria)} RETURNING *'\nreturn await self._fetch(sql, criteria.values())`,
  };
}

/** Method bodies without known columns: the table selects its own, so no name is spliced into a statement. */
function byJson({ store }: Design): Readonly<Record<string, string>> {
  const insert = `sql = (
    'INSERT INTO "${store.table}" '
    'SELECT * FROM jsonb_populate_record(NULL::"${store.table}", $1::jsonb) '
    'RETURNING *'
)
return (await self._fetch(sql, [_json(record)]))[0]`;
  return {
    insert,
    upsert: insert,
    find: `sql = 'SELECT * FROM "${store.table}" AS t WHERE to_jsonb(t) @> $1::jsonb'\nreturn await self._fetch(sql, [_json(criteria)])`,
    delete: `sql = 'DELETE FROM "${store.table}" AS t WHERE to_jsonb(t) @> $1::jsonb RETURNING *'\nreturn await self._fetch(sql, [_json(criteria)])`,
  };
}

const check_columns = `def _columns(names: Iterable[str]) -> list[str]:
    """Quote the columns, which must be those of the contract."""
    quoted = []
    for name in names:
        if name not in COLUMNS:
            raise InvalidInputError(f"Unknown column {name!r}.")
        quoted.append(f'"{name}"')
    return quoted`;

const check_names = check_columns
  .replace("which must be those of the contract", "which must be plain names")
  .replace("if name not in COLUMNS:", "if not name.isidentifier():")
  .replace("Unknown column {name!r}.", "{name!r} is not a column name.");

/** Returns the functions that build statements; `mark` comes before a placeholder's number. */
function helpers(methods: readonly string[], mark: "$" | "?", check: string): string[] {
  const marks = `def _marks(columns: list[str]) -> str:
    return ", ".join(f"${mark}{nth}" for nth in range(1, len(columns) + 1))`;
  const pairs = `def _pairs(values: dict[str, Any], separator: str, first: int = 1) -> str:
    columns = enumerate(_columns(values), first)
    return separator.join(f"{name} = ${mark}{nth}" for nth, name in columns)`;
  const where = `def _where(criteria: dict[str, Any], first: int = 1) -> str:
    return _pairs(criteria, " AND ", first) or "TRUE"`;
  const writes = methods.some((name) => name === "insert" || name === "upsert");
  const looks = methods.some((name) => name !== "insert" && name !== "upsert");
  return [check, ...(writes ? [marks] : []), ...(looks ? [pairs, where] : [])];
}

/** Writes the driver for a PostgreSQL table. */
export function emitPostgres(design: Design): string {
  const methods = methodsOf(design, "table");
  const has_columns = design.fields.length > 0;
  const bodies = has_columns ? byColumns(design) : byJson(design);
  const beside = has_columns
    ? helpers(methods, "$", check_columns)
    : ["def _json(value: dict[str, Any]) -> str:\n    return json.dumps(value, default=str)"];
  const has_dicts = design.fields.some(({ type }) => type.includes("dict"));
  const values =
    has_columns && has_dicts ? "*(json.dumps(one) if isinstance(one, dict) else one for one in values)" : "*values";
  const init = `def __init__(self, dsn: str | None = None) -> None:
    self._dsn = dsn or os.environ.get("DATABASE_URL")
    self._pool: Any = None${design.in_transaction ? '\n    self._connection: ContextVar[Any] = ContextVar("connection", default=None)' : ""}`;
  const connect = `async def connect(self) -> None:
    """Open a pool of connections."""
    if not self._dsn:
        raise StoreError("Set DATABASE_URL, or pass a dsn.")
    try:
        import asyncpg
    except ImportError as error:
        raise StoreError("PostgreSQL needs a driver: pip install asyncpg") from error
    self._pool = await asyncpg.create_pool(self._dsn)`;
  const close = `async def close(self) -> None:
    """Close the pool."""
    if self._pool is not None:
        await self._pool.close()
        self._pool = None`;
  const transaction = `@asynccontextmanager
async def transaction(self) -> AsyncIterator[None]:
    """All changes made inside happen, or none."""
    if self._pool is None:
        raise StoreError("The store is not connected.")
    async with self._pool.acquire() as connection, connection.transaction():
        token = self._connection.set(connection)
        try:
            yield
        finally:
            self._connection.reset(token)`;
  const fetch = `async def _fetch(self, sql: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    if self._pool is None:
        raise StoreError("The store is not connected.")
${design.in_transaction ? `    target = self._connection.get() or self._pool\n    rows = await target.fetch(sql, ${values})` : `    rows = await self._pool.fetch(sql, ${values})`}
    return [dict(row) for row in rows]`;
  const parts = [
    init,
    connect,
    close,
    ...methods.map((name) => method("table", name, bodies[name] ?? "")),
    design.in_transaction ? transaction : "",
    fetch,
  ];
  const doc = `Keeps records in the PostgreSQL table ${design.store.table}; imports asyncpg when it connects.`;
  return [...beside, emitClass("PostgresStore", doc, parts)].join("\n\n\n");
}

/** Writes the driver for a SQLite table. */
export function emitSqlite(design: Design): string {
  const methods = methodsOf(design, "table");
  const bodies = byColumns(design);
  const is_open = design.fields.length === 0;
  const converts = is_open || design.fields.some(({ type }) => /Decimal|date|list|dict/.test(type));
  const adapt = `def _adapt(value: Any) -> Any:
    """Convert a value that SQLite cannot store to text."""
    if isinstance(value, (list, dict)):
        return json.dumps(value, default=str)
    return value if isinstance(value, (int, float, str, bytes, type(None))) else str(value)`;
  const init = `def __init__(self, path: str | None = None) -> None:
    self._path = path or os.environ.get("SQLITE_PATH")
    self._connection: sqlite3.Connection | None = None`;
  const connect = `async def connect(self) -> None:
    """Open the database file."""
    if not self._path:
        raise StoreError("Set SQLITE_PATH, or pass a path.")
    self._connection = sqlite3.connect(
        self._path, check_same_thread=False, isolation_level=None
    )
    self._connection.row_factory = sqlite3.Row`;
  const close = `async def close(self) -> None:
    """Close the database file."""
    if self._connection is not None:
        self._connection.close()
        self._connection = None`;
  const transaction = `@asynccontextmanager
async def transaction(self) -> AsyncIterator[None]:
    """All changes made inside happen, or none."""
    await self._fetch("BEGIN", [])
    try:
        yield
    except BaseException:
        await self._fetch("ROLLBACK", [])
        raise
    await self._fetch("COMMIT", [])`;
  const fetch = `async def _fetch(self, sql: str, values: Iterable[Any]) -> list[dict[str, Any]]:
    connection = self._connection
    if connection is None:
        raise StoreError("The store is not connected.")
    bound = ${converts ? "[_adapt(one) for one in values]" : "list(values)"}
    rows = await asyncio.to_thread(lambda: connection.execute(sql, bound).fetchall())
    return [dict(row) for row in rows]`;
  const parts = [
    init,
    connect,
    close,
    ...methods.map((name) => method("table", name, bodies[name] ?? "")),
    design.in_transaction ? transaction : "",
    fetch,
  ];
  const beside = [...helpers(methods, "?", is_open ? check_names : check_columns), ...(converts ? [adapt] : [])];
  return [...beside, emitClass("SqliteStore", `Keeps records in the SQLite table ${design.store.table}.`, parts)].join(
    "\n\n\n",
  );
}
