import { expect, test } from "vitest";
import { compileOutputSchema } from "../../src/tasks/index.ts";

type Schema = Record<string, unknown> | boolean;

async function mismatches(schema: Schema, value: unknown): Promise<string[]> {
  const compiled = await compileOutputSchema(schema);
  if (!("check" in compiled)) throw new Error(compiled.problem);
  return compiled.check(value);
}

async function problem(schema: Schema): Promise<string> {
  const compiled = await compileOutputSchema(schema);
  return "problem" in compiled ? compiled.problem : "";
}

test("reports every mismatch with its place and reason", async () => {
  const schema = {
    type: "object",
    required: ["name"],
    properties: {
      files: { type: "array", items: { type: "object", properties: { "a/b": { type: "string" } } } },
      level: { enum: ["low", "high"] },
      kind: { const: 3 },
    },
    additionalProperties: false,
  };
  expect(await mismatches(schema, { name: 1 })).toEqual(['output must NOT have additional properties: "name"']);
  expect(await mismatches(schema, { files: [{}, { "a/b": 1 }], level: "x", kind: 4 })).toEqual([
    "output must have required property 'name'",
    'output.files[1]["a/b"] must be string',
    'output.level must be equal to one of the allowed values: "low", "high"',
    "output.kind must be equal to constant: 3",
  ]);
});

test("true accepts everything and false nothing", async () => {
  expect(await mismatches(true, 1)).toEqual([]);
  expect(await mismatches(false, 1)).toEqual(["output boolean schema is false"]);
});

test("each edition has its own rules", async () => {
  const tuple = { items: [{ type: "string" }, { type: "number" }] };
  expect(await mismatches({ $schema: "http://json-schema.org/draft-07/schema#", ...tuple }, [1, 1])).toEqual([
    "output[0] must be string",
  ]);
  expect(await mismatches({ $schema: "https://json-schema.org/draft/2019-09/schema", ...tuple }, [1, 1])).toEqual([
    "output[0] must be string",
  ]);
  expect(await problem(tuple)).toContain("output_schema.items");
  const prefix = { $schema: "https://json-schema.org/draft/2020-12/schema", prefixItems: [{ type: "string" }] };
  expect(await mismatches(prefix, [1])).toEqual(["output[0] must be string"]);
  expect(await problem({ $schema: "http://example.com/schema" })).toContain("$schema names an unknown edition");
});

test("formats are checked and references followed", async () => {
  expect(await mismatches({ type: "string", format: "email" }, "ada")).toEqual(['output must match format "email"']);
  const tree = { $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } }, $ref: "#/$defs/node" };
  expect(await mismatches(tree, { next: { next: 1 } })).toEqual(["output.next.next must be object"]);
});

test("two schemas may share an $id", async () => {
  expect(await mismatches({ $id: "https://example.com/x", type: "string" }, "a")).toEqual([]);
  expect(await mismatches({ $id: "https://example.com/x", type: "number" }, "a")).toEqual(["output must be number"]);
});

test.each<[Schema, string]>([
  [{ type: "strng" }, 'output_schema.type must be equal to one of the allowed values: "array"'],
  [{ typ: "string" }, 'unknown keyword: "typ"'],
  [{ properties: { a: { requird: [] } } }, 'unknown keyword: "requird"'],
  [{ $ref: "#/nope" }, "can't resolve reference #/nope"],
  [{ $ref: "https://example.com/other.json" }, "can't resolve reference"],
  [{ pattern: "(" }, "Invalid regular expression"],
  [{ type: "string", format: "emial" }, 'unknown format "emial" at "#"'],
  [{ required: "a" }, "output_schema.required must be array"],
  [{ $async: true, type: "string" }, "$async is not allowed"],
])("rejects an invalid JSON Schema with the reason: %j", async (schema, why) => {
  expect(await problem(schema)).toContain(why);
});
