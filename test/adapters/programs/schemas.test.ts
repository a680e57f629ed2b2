import { expect, test } from "vitest";
import { claude } from "../../../src/adapters/programs/claude.ts";
import { codex } from "../../../src/adapters/programs/codex.ts";

const closed = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false };

test.each([
  ["a closed object", closed, true, true],
  ["an open object", { type: "object", properties: { n: { type: "integer" } } }, true, false],
  ["an object with an optional property", { ...closed, required: [] }, true, false],
  ["a list", { type: "array", items: closed }, false, false],
  ["a list in an object", { ...closed, properties: { n: { type: "array", items: { type: "string" } } } }, true, true],
  ["a string", { type: "string" }, false, false],
  ["a choice", { ...closed, anyOf: [{ required: ["n"] }] }, false, false],
  ["the schema `true`", true, false, false],
  ["a schema too long for an argument", { ...closed, description: "x".repeat(200_000) }, false, true],
])("a program enforces only schemas in the dialect that it supports: %s", (_, schema, by_claude, by_codex) => {
  expect([claude.enforces(schema), codex.enforces(schema)]).toEqual([by_claude, by_codex]);
});
