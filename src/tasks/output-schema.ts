import type { Ajv } from "ajv";
import { messageOf } from "#errors";

/** Checks a value; the answer is what does not fit, a phrase each, empty where all does. */
export type OutputCheck = (value: unknown) => string[];

let ajv: Ajv | undefined;
const compiled = new Map<string, OutputCheck>();

/** Compiles a JSON Schema (2020-12, and what it shares with its elders). Equal schemas are compiled once. */
export async function compileOutputSchema(
  schema: Record<string, unknown> | boolean,
): Promise<{ check: OutputCheck } | { problem: string }> {
  const key = JSON.stringify(schema);
  const known = compiled.get(key);
  if (known !== undefined) return { check: known };
  try {
    ajv ??= await createAjv();
    const validate = ajv.compile(typeof schema === "boolean" ? schema : withoutOldDialect(schema));
    const check: OutputCheck = (value) => {
      if (validate(value)) return [];
      return (validate.errors ?? []).map(({ instancePath, message, params }) => {
        const extra = "additionalProperty" in params ? ` (${params["additionalProperty"]})` : "";
        return `output${instancePath.replaceAll("/", ".")} ${message ?? "does not fit"}${extra}`;
      });
    };
    compiled.set(key, check);
    return { check };
  } catch (error) {
    return { problem: messageOf(error).replace(/^schema is invalid: /, "") };
  }
}

async function createAjv(): Promise<Ajv> {
  // By way of `default`: in a bundle a CommonJS module has no other export.
  const { default: ajv2020 } = await import("ajv/dist/2020.js");
  const { default: formats } = await import("ajv-formats");
  // An unknown keyword is most often a misspelt one, and would check nothing: it is refused, like any unknown key.
  const instance = new ajv2020.Ajv2020({
    allErrors: true,
    strict: true,
    strictTypes: false,
    strictTuples: false,
    strictRequired: false,
  });
  formats.default(instance);
  return instance;
}

/** `$schema` of an older draft names a meta-schema that is not loaded; what the drafts share is read the same way. */
function withoutOldDialect(schema: Record<string, unknown>): Record<string, unknown> {
  const { $schema, ...rest } = schema;
  return typeof $schema === "string" && /draft-0[467]|2019-09/.test($schema) ? rest : schema;
}
