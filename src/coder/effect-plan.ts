import type { Design, Field, Operation } from "./design.ts";
import { emitDriver } from "./emit-drivers.ts";
import { isPartial } from "./emit-models.ts";
import { type PortKind, portOf } from "./emit-port.ts";
import { tuple } from "./python.ts";
import { identifier } from "./words.ts";

const paging = new Set(["limit", "offset", "page", "page_size", "per_page"]);

/** How an Effect node carries out its operations. */
export interface EffectPlan {
  design: Design;
  port: Exclude<PortKind, "none">;
  /** Names of the operations that the port cannot carry out, which stay open. */
  open_operations: ReadonlySet<string>;
  /** Whether an open method must return the key of a value. */
  key_is_open: boolean;
  has_driver: boolean;
  columns: readonly Field[];
}

/** Decides how each operation is carried out. */
export function planEffect(design: Design): EffectPlan {
  const port = portOf(design) as Exclude<PortKind, "none">; // an Effect node always has one
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
  // A missing key leaves open which record to update, but not how.
  const needs_identify = port === "table" && is_keyless && operations.some(({ effect }) => effect === "update");
  if (needs_identify) for (const { name, effect } of operations) if (effect === "update") open_operations.delete(name);
  const driver = emitDriver(design, port);
  return {
    design,
    port,
    open_operations,
    key_is_open: key_is_open || needs_identify,
    has_driver: driver !== undefined,
    columns: fields,
  };
}

/** Returns the fields that become columns; paging fields do not. */
export const dataFields = ({ fields }: Design): Field[] => fields.filter(({ name }) => !paging.has(name));

/** Returns the name of an operation's method, which must not clash with the node's own methods. */
export const methodName = ({ name, object }: Operation): string =>
  /^(?:execute|initialize|shutdown)$/.test(name) ? `${name}_${object === "" ? "operation" : object}` : identifier(name);

const tupleOf = (names: readonly string[]): string => tuple(names);

/** Returns `, required=(…)` with an operation's required fields, if the model itself requires none. */
export function requiredArgument(operation: Operation, design: Design, more: readonly string[]): string {
  const names = requiredNames(operation, design, more);
  return names.length === 0 ? "" : `, required=${tupleOf(names)}`;
}

/** Returns the fields that an operation requires. */
export function requiredNames(operation: Operation, design: Design, more: readonly string[] = []): string[] {
  if (!isPartial(design)) return more.map(identifier);
  const named = dataFields(design).filter(({ name, is_optional }) => operation.fields.includes(name) && !is_optional);
  return [...new Set([...named.map(({ name }) => identifier(name)), ...more.map(identifier)])];
}
