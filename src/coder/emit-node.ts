import type { Design } from "./design.ts";
import { docstring } from "./emit-models.ts";
import { indent, literal, wrap } from "./python.ts";

/** Writes `__init__`, `initialize` and `shutdown`. `driver` is the class to use if the caller passes no store. */
export function emitLifecycle(design: Design, driver: string | undefined, has_store: boolean): string[] {
  const { retry } = design;
  const sleep = retry === undefined ? "" : ", sleep: Callable[[float], Awaitable[None]] = asyncio.sleep";
  const args = `self${has_store ? ", store: Store | None = None" : ""}${sleep}`;
  const signature =
    `def __init__(${args}) -> None:`.length <= 92
      ? `def __init__(${args}) -> None:`
      : `def __init__(\n    ${args.replaceAll(", ", ",\n    ").replaceAll("[[float],\n    ", "[[float], ")},\n) -> None:`;
  const init = `${signature}\n${has_store ? "    self._store = store\n" : ""}${retry === undefined ? "" : "    self._sleep = sleep\n"}    self._is_ready = False`;
  const opening = has_store
    ? driver === undefined && design.node_type === "Effect"
      ? "    # Without a store, execute calls default_store.\n    if self._store is not None:\n        await self._store.connect()\n"
      : `    if self._store is None:\n        self._store = ${driver === undefined ? "self.default_store()" : `${driver}()`}\n    await self._store.connect()\n`
    : "";
  const initialize = `async def initialize(self) -> None:\n    """${has_store ? "Open the store; a second call does nothing." : "Get ready; a second call does nothing."}"""\n    if self._is_ready:\n        return\n${opening}    self._is_ready = True`;
  const shutdown = has_store
    ? driver === undefined && design.node_type === "Effect"
      ? `async def shutdown(self) -> None:\n    """Close the store; a second call does nothing."""\n    if self._is_ready and self._store is not None:\n        await self._store.close()\n    self._is_ready = False`
      : `async def shutdown(self) -> None:\n    """Close the store; a second call does nothing."""\n    if self._is_ready and self._store is not None:\n        self._is_ready = False\n        await self._store.close()`
    : 'async def shutdown(self) -> None:\n    """Stop accepting work; a second call does nothing."""\n    self._is_ready = False';
  return [init, initialize, shutdown];
}

/** Writes the method that returns the store, or raises if the node is not ready. */
export function emitReadyCheck({ class_name }: Design, has_store: boolean, has_driver = true): string {
  const message =
    `raise NodeStateError("Call initialize first: ${class_name} is not ready.")`.length <= 84
      ? `raise NodeStateError("Call initialize first: ${class_name} is not ready.")`
      : `raise NodeStateError(\n    "Call initialize first: ${class_name} is not ready."\n)`;
  if (has_store && !has_driver)
    return `def _ready_store(self) -> Store:\n    if not self._is_ready:\n${indent(message, 8)}\n    return self.default_store() if self._store is None else self._store`;
  return has_store
    ? `def _ready_store(self) -> Store:\n    if not self._is_ready or self._store is None:\n${indent(message, 8)}\n    return self._store`
    : `def _require_ready(self) -> None:\n    if not self._is_ready:\n${indent(message, 8)}`;
}

/** Writes a method for something that the contract leaves open: it raises until it is overridden. */
export function openMethod(name: string, signature: string, what: string, is_async = false): string {
  const raise = `raise OpenPointError("${what} Override ${name}.")`;
  const pieces = wrap(`${what} Override ${name}.`, 80).map((piece, i, all) =>
    literal(i < all.length - 1 ? `${piece} ` : piece),
  );
  const body = raise.length <= 88 ? raise : `raise OpenPointError(\n${indent(pieces.join("\n"))}\n)`;
  return `${is_async ? "async " : ""}def ${name}(${signature}:\n${docstring(`Open: ${what.charAt(0).toLowerCase()}${what.slice(1)}`)}\n${indent(body)}`;
}

/** Writes `_attempt`, which runs work under the contract's timeout and retries and converts its errors. */
export function emitAttempt({ name, retry, timeout_seconds }: Design): string {
  const awaited = timeout_seconds === undefined ? "await work()" : "await asyncio.wait_for(work(), TIMEOUT_SECONDS)";
  const head = "async def _attempt(self, work: Callable[[], Awaitable[Any]]) -> Any:";
  const typed = `except (InvalidInputError, NodeStateError, NotImplementedError):\n    raise`;
  if (retry === undefined) {
    return `${head}
    """Run the work and convert driver errors to errors of this module."""
    try:
        return ${awaited}
    except ${name}Error:
        raise
    except Exception as error:
        raise StoreError(f"The store failed: {error!r}") from error`;
  }
  const factor = {
    exponential: "RETRY_DELAY_SECONDS * 2**attempt",
    linear: "RETRY_DELAY_SECONDS * (attempt + 1)",
    constant: "RETRY_DELAY_SECONDS",
  }[retry.backoff];
  return `${head}
    """Run the work and retry a failure up to RETRIES times."""
    attempt = 0
    while True:
        try:
            return ${awaited}
${indent(typed, 8)}
        except Exception as error:
            if attempt == RETRIES:
                raise StoreError(f"Gave up after {RETRIES + 1} attempts: {error!r}") from error
        await self._sleep(${factor})
        attempt += 1`;
}

/** Writes constants for the contract's numbers. */
export function emitConstants(design: Design): string[] {
  const { retry, ttl_seconds, timeout_seconds, open_points } = design;
  const has_ttl = ttl_seconds !== undefined || open_points.some(({ what }) => what.includes("TTL_SECONDS"));
  return [
    ...(retry === undefined ? [] : [`RETRIES = ${retry.retries}`, `RETRY_DELAY_SECONDS = ${retry.delay_seconds}`]),
    ...(has_ttl ? [`TTL_SECONDS: float | None = ${ttl_seconds ?? "None"}`] : []),
    ...(timeout_seconds === undefined ? [] : [`TIMEOUT_SECONDS = ${timeout_seconds}`]),
  ];
}
