import { expect, test } from "vitest";
import { definitionsIn } from "../../src/coder/context.ts";

const shown = (text: string, name: string, extension: string) =>
  definitionsIn(text, name, extension).map(({ entity, fields }) => [
    entity,
    fields.map(({ name, type, is_optional }) => `${name}: ${type}${is_optional ? "?" : ""}`),
  ]);

test("reads a Python class", () => {
  const text = `from dataclasses import dataclass

@dataclass
class User:
    """A user."""

    id: int
    email: str
    tags: list[str]
    born: Optional[date] = None

    def name(self) -> str:
        local: int = 1
        return "x"
`;
  expect(shown(text, "user.py", ".py")).toEqual([["user", ["id: int", "email: str", "tags: list[str]", "born: date?"]]]);
});

test("reads a table", () => {
  const text = `CREATE TABLE IF NOT EXISTS public.orders (
  id BIGSERIAL PRIMARY KEY, -- the key
  total NUMERIC(10, 2) NOT NULL,
  placed_at TIMESTAMPTZ DEFAULT now(),
  CONSTRAINT total_positive CHECK (total > 0)
);`;
  expect(shown(text, "schema.sql", ".sql")).toEqual([["order", ["id: int?", "total: Decimal", "placed_at: datetime?"]]]);
});

test("reads a TypeScript interface", () => {
  const text = "export interface ProductModel {\n  sku: string;\n  price?: number;\n  tags: string[];\n}\n";
  expect(shown(text, "product.ts", ".ts")).toEqual([["product", ["sku: str", "price: float?", "tags: list[str]"]]]);
});

test("reads a JSON Schema", () => {
  const schema = {
    title: "Invoice",
    properties: { number: { type: "string" }, lines: { type: "array", items: { type: "object" } } },
    required: ["number"],
  };
  expect(shown(JSON.stringify(schema), "invoice.json", ".json")).toEqual([
    ["invoice", ["number: str", "lines: list[dict[str, Any]]?"]],
  ]);
});

test("finds no definition in prose", () => {
  expect(shown("Users have a class of their own: they like tables (a lot).", "note", "")).toEqual([]);
  expect(shown("{ not json", "a.json", ".json")).toEqual([]);
});
