/** Tables of the keys that a JSON Schema names: of the task file, the configuration, an agent's settings and input. */
import { adapters, agentConfigSchema, options } from "#config";
import { inputFields } from "../../src/cli/input-fields.ts";
import { type JsonSchema, schemas } from "../../src/cli/schemas.ts";
import { further_flags } from "./about.ts";
import { code, type Row, table } from "./markdown.ts";

/** The JSON Schema of this name, as `dispatch schema` prints it. */
export function schemaOf(name: string): JsonSchema {
  const schema = schemas.find((one) => one.name === name)?.make();
  if (schema === undefined) throw new Error(`There is no schema ${name}.`);
  return schema;
}

/** One of the definitions of a schema. */
export function definitionIn(name: string, id: string): JsonSchema {
  const schema = schemaOf(name);
  return resolved({ $ref: `#/$defs/${id}` }, schema);
}

/** The keys of an object: what each holds, its default, and whether it is required. */
export function keyTable(schema: JsonSchema): string {
  const rows = inputFields(schema)
    .filter(({ name }) => name !== "$schema")
    .map(({ name, type, required, description, default: value }) => [
      code(name),
      `${typeText(type)}${boundsOf(propertyOf(schema, name))}`,
      required ? "required" : defaultText(value),
      description,
    ]);
  return table(["key", "type", "default", "meaning"], rows);
}

/** Every key of the configuration, inner ones as `context.strict`, with the flags that set it. */
export function configTable(): string {
  const flags = new Map([...options.map(({ name, flag }) => [name as string, [longFlag(flag)]] as const), ...further_flags]);
  const rowsOf = (schema: JsonSchema, prefix: string, defaults: unknown): Row[] =>
    inputFields(schema).flatMap(({ name, type, description, default: own }) => {
      const target = propertyOf(schema, name);
      const value = own ?? valueAt(defaults, name);
      const path = `${prefix}${name}`;
      if (target.properties !== undefined) return rowsOf(target, `${path}.`, value);
      const named = (flags.get(path) ?? []).map(code).join(", ");
      return [[code(path), `${typeText(type)}${boundsOf(target)}`, defaultText(value), named, description]];
    });
  return table(["key", "type", "default", "flag", "meaning"], rowsOf(schemaOf("config"), "", {}));
}

/** The keys of `config.agents.NAME`, with the adapters that take each. */
export function settingsTable(): string {
  const schema = definitionIn("config", "AgentConfig");
  const rows = inputFields(schema).map(({ name, type, description }) => [
    code(name),
    takers(name, sampleOf(propertyOf(schema, name))),
    typeText(type),
    description,
  ]);
  return table(["key", "adapters", "type", "meaning"], rows);
}

/** The adapters whose settings may have a key, as the schema's own checks say. */
function takers(name: string, sample: unknown): string {
  if (name === "adapter") return "all; required";
  const refuses = (adapter: string, settings: object): boolean =>
    agentConfigSchema()
      .safeParse({ adapter, ...settings })
      .error?.issues.some(({ path, code }) => path[0] === name && code === "custom") ?? false;
  const taking = adapters.filter((adapter) => !refuses(adapter, { [name]: sample }));
  const others = adapters.filter((adapter) => !taking.includes(adapter));
  const needing = taking.filter((adapter) => refuses(adapter, {})).map(code);
  const needed = needing.length === 0 ? "" : `; required for ${needing.join(", ")}`;
  if (others.length === 0) return `all${needed}`;
  return `${others.length < taking.length ? `all but ${others.map(code).join(", ")}` : taking.map(code).join(", ")}${needed}`;
}

/** A value that a property's schema allows. */
function sampleOf({ type, enum: choices, properties }: JsonSchema): unknown {
  if (choices !== undefined) return choices[0];
  if (type === "array") return ["sample"];
  if (type === "object") return Object.fromEntries(Object.keys(properties ?? {}).map((name) => [name, 1]));
  return type === "boolean" ? true : type === "string" ? "https://example.com" : 1;
}

/** The long form of a flag: `--max-workers` of `-w, --max-workers <n>`. */
export const longFlag = (flag: string): string => flag.match(/--[a-z-]+/)?.[0] ?? flag;

function propertyOf(schema: JsonSchema, name: string): JsonSchema {
  const property = resolved(schema, schema).properties?.[name];
  return typeof property === "object" ? resolved(property, schema) : {};
}

function resolved(schema: JsonSchema, whole: JsonSchema): JsonSchema {
  const name = schema.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
  return { ...(name === undefined ? schema : whole.$defs?.[name]), $defs: whole.$defs ?? {} };
}

const valueAt = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Object.entries(value).find(([key]) => key === name)?.[1] : undefined;

/** A type in words: `list of strings`, `low` or `high`. */
function typeText(type: string): string {
  // Any name is allowed; those that the schema lists are for editors.
  if (type.endsWith(" or anything")) return "string";
  if (type === "list of string or list of string") return "list of commands";
  if (type.includes(" | ")) return type.split(" | ").map(code).join(", ");
  return type.replaceAll(/\b(list|object) of (string|number|object)\b/g, "$1 of $2s");
}

/** `, 1 to 1,024` for a number with bounds. */
function boundsOf({ type, minimum, exclusiveMinimum, maximum }: JsonSchema): string {
  if (type !== "integer" && type !== "number") return "";
  // zod bounds every integer by what a double can hold.
  const least = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const most = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum.toLocaleString("en");
  if (least !== undefined && most !== undefined) return `, ${least} to ${most}`;
  const bounds = [
    ...(exclusiveMinimum === undefined ? [] : [`above ${exclusiveMinimum}`]),
    ...(least === undefined ? [] : [`at least ${least}`]),
    ...(most === undefined ? [] : [`at most ${most}`]),
  ];
  return bounds.map((bound) => `, ${bound}`).join("");
}

function defaultText(value: unknown): string {
  const is_empty = value === undefined || ['""', "[]", "{}"].includes(JSON.stringify(value));
  return is_empty ? "" : code(typeof value === "string" ? value : JSON.stringify(value));
}
