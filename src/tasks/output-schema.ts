import type { Ajv, ErrorObject } from "ajv";
import { messageOf } from "#errors";
import type { Dialect } from "./ajv.ts";
import { describeValue } from "./describe-value.ts";

/** Checks a value; returns a phrase for each mismatch. */
export type OutputCheck = (value: unknown) => string[];

const compilers = new Map<Dialect, Ajv>();
const compiled = new Map<string, OutputCheck>();

/** Compiles a JSON Schema: 2020-12, or the edition named by its `$schema`. Compiles equal schemas once. */
export async function compileOutputSchema(
  schema: Record<string, unknown> | boolean,
): Promise<{ check: OutputCheck } | { problem: string }> {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known !== undefined) return { check: known };
  const dialect = dialectOf(schema);
  if (dialect === undefined) return { problem: "$schema names an unknown edition; without $schema, 2020-12 applies" };
  // An asynchronous check would return a promise, which is always truthy.
  if (typeof schema === "object" && "$async" in schema) return { problem: "$async is not allowed" };
  try {
    const ajv = compilers.get(dialect) ?? (await import("./ajv.ts")).createAjv(dialect);
    compilers.set(dialect, ajv);
    const plain = withoutDialect(schema);
    // The first error against the meta-schema is the mistake; the others follow from it.
    const [mistake] = ajv.validateSchema(plain) === true ? [] : (ajv.errors ?? []);
    if (mistake !== undefined && mistake !== null) return { problem: describeError(mistake, "output_schema") };
    const validate = ajv.compile(plain);
    const check: OutputCheck = (value) =>
      validate(value) ? [] : [...new Set((validate.errors ?? []).map((error) => describeError(error, "output")))];
    compiled.set(key, check);
    return { check };
  } catch (error) {
    return {
      problem: messageOf(error)
        .replace(/^strict mode: /, "")
        .replace(' ignored in schema at path "#', ' at "#'),
    };
  }
}

function dialectOf(schema: Record<string, unknown> | boolean): Dialect | undefined {
  const named = typeof schema === "object" ? schema["$schema"] : undefined;
  if (named === undefined) return "2020-12";
  if (typeof named !== "string") return undefined;
  const edition = /^https?:\/\/json-schema\.org\/(?:draft\/)?(draft-0[467]|2019-09|2020-12)\/schema#?$/.exec(named)?.[1];
  if (edition === undefined) return undefined;
  return edition === "2019-09" || edition === "2020-12" ? edition : "draft-07";
}

/** Drops `$schema`: the compiler is chosen already, and has no meta-schema of drafts before 7. */
function withoutDialect(schema: Record<string, unknown> | boolean): Record<string, unknown> | boolean {
  if (typeof schema === "boolean") return schema;
  const { $schema, ...rest } = schema;
  return rest;
}

/** Describes a mismatch, such as `output.files[0].name must be string`. */
function describeError({ instancePath, keyword, message, params }: ErrorObject, root: string): string {
  const steps = instancePath.split("/").slice(1);
  const place = steps.map((step) => {
    const name = step.replaceAll("~1", "/").replaceAll("~0", "~");
    if (/^\d+$/.test(name)) return `[${name}]`;
    return /^[\w-]+$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
  });
  return `${root}${place.join("")} ${message ?? "does not match"}${errorDetail(keyword, params)}`;
}

function errorDetail(keyword: string, params: Record<string, unknown>): string {
  switch (keyword) {
    case "additionalProperties":
    case "unevaluatedProperties":
      return `: ${describeValue(params["additionalProperty"] ?? params["unevaluatedProperty"])}`;
    case "enum":
      return `: ${describeValues(params["allowedValues"])}`;
    case "const":
      return `: ${describeValue(params["allowedValue"])}`;
    default:
      return "";
  }
}

const describeValues = (values: unknown): string => (Array.isArray(values) ? values.map(describeValue).join(", ") : "");
