import type { JsonSchema } from "./schemas.ts";

/** A key of an agent's `input_data`, for display. */
export interface InputField {
  name: string;
  /** `string`, `list of string`, `strict | lenient`. */
  type: string;
  required: boolean;
  description: string;
  default?: unknown;
}

/** Lists the keys of an object's JSON Schema, in its order. */
export function inputFields(schema: JsonSchema): InputField[] {
  const { properties = {}, required = [] } = resolved(schema, schema);
  return Object.entries(properties).map(([name, value]) => {
    const property = asSchema(value);
    const target = resolved(property, schema);
    const fallback = property.default ?? target.default;
    return {
      name,
      type: typeText(property, schema),
      required: required.includes(name),
      description: property.description ?? target.description ?? "",
      ...(fallback === undefined ? {} : { default: fallback }),
    };
  });
}

function typeText(value: JsonSchema, root: JsonSchema): string {
  const { type, anyOf, items, additionalProperties, const: constant, enum: choices } = resolved(value, root);
  if (choices !== undefined) return choices.map(String).join(" | ");
  if (constant !== undefined) return String(constant);
  if (anyOf !== undefined) return [...new Set(anyOf.map((one) => typeText(asSchema(one), root)))].join(" or ");
  if (type === "array") return `list of ${typeText(asSchema(Array.isArray(items) ? undefined : items), root)}`;
  if (type === "object" && typeof additionalProperties === "object" && additionalProperties.type !== undefined) {
    return `object of ${typeText(additionalProperties, root)}`;
  }
  return type === undefined ? "anything" : [type].flat().join(" or ");
}

/** Follows a `$ref` inside the schema. */
function resolved(schema: JsonSchema, root: JsonSchema): JsonSchema {
  const name = schema.$ref?.match(/^#\/\$defs\/(.+)$/)?.[1];
  return name === undefined ? schema : (root.$defs?.[name] ?? {});
}

/** Converts a boolean or missing schema to `{}`, which allows everything. */
const asSchema = (value: JsonSchema | boolean | undefined): JsonSchema => (typeof value === "object" ? value : {});
