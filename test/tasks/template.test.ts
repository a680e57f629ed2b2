import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { mapStrings, type Piece, splitTemplate, valueAt } from "../../src/tasks/template.ts";

const known = new Set(["a", "a.b", "c.output", "build-1"]);
const split = (text: string): Piece[] => splitTemplate(text, (id) => known.has(id));
const reference = (text: string) => {
  const [piece] = split(text);
  return piece?.type === "reference" ? piece.reference : undefined;
};

describe("references", () => {
  test.each([
    ["${tasks.a.output}", "a", []],
    ["${tasks.a.b.output.c}", "a.b", ["c"]],
    ["${tasks.c.output.output.x}", "c.output", ["x"]],
    ["${tasks.build-1.output.files[0].name}", "build-1", ["files", "0", "name"]],
    ["${tasks.a.output[0][1]}", "a", ["0", "1"]],
    ["${tasks.a.output.with space.x-y}", "a", ["with space", "x-y"]],
    ["${tasks.unknown.output.x}", "unknown", ["x"]],
  ])("%s refers to an output; the id ends where it names a task", (text, task_id, path) => {
    expect(reference(text)).toEqual({ type: "output", task_id, path });
  });

  test.each(["${tasks.a}", "${tasks.a.outputs}", "${tasks.a.output[x]}", "${tasks.a.output.}", "${tasks.a.output"])(
    "%s is malformed, not literal text",
    (text) => {
      expect(reference(text)?.type).toBe("malformed");
    },
  );

  test.each(["${X:-y}", "${X#a}", "${#X}", "${1}", "$X", "$(x)", "${ X }", "${X", "$${X}", "${}", "{X}"])(
    "%s is left to the shell",
    (text) => {
      expect(split(text).every((piece) => piece.type === "text")).toBe(true);
    },
  );

  test("$${ is a literal ${", () => {
    expect(split("a $${X} b ${X}")).toEqual([
      { type: "text", text: "a " },
      { type: "text", text: "${" },
      { type: "text", text: "X} b " },
      { type: "reference", reference: { type: "variable", name: "X" }, written: "${X}", offset: 10 },
    ]);
  });

  test("the pieces of a text without $${ join to the text", () => {
    const unit = fc.constantFrom("$", "{", "}", "X", "tasks.", "a", ".output", "[0]", " ");
    fc.assert(
      fc.property(fc.string({ unit }), (text) => {
        if (text.includes("$${")) return;
        const joined = split(text).map((piece) => (piece.type === "text" ? piece.text : piece.written));
        expect(joined.join("")).toBe(text);
      }),
    );
  });
});

describe("values at a path", () => {
  test("finds only the output's own values, not those that JavaScript adds", () => {
    const output = { a: [{ b: null }], "x.y": 1 };
    expect(valueAt(output, ["a", "0", "b"])).toBeNull();
    expect(valueAt(output, [])).toBe(output);
    for (const path of [["a", "length"], ["constructor"], ["a", "1"], ["a", "0", "b", "c"], ["__proto__"], ["toString"]])
      expect(valueAt(output, path)).toBeUndefined();
    expect(valueAt("text", ["length"])).toBeUndefined();
  });
});

describe("strings in a value", () => {
  test("returns unchanged parts themselves and never modifies the original", () => {
    const value = { a: ["x", { b: "y" }], c: { d: 1 }, e: null };
    expect(mapStrings(value, (text) => text)).toBe(value);
    const mapped = mapStrings(value, (text) => (text === "y" ? "z" : text));
    expect(mapped).toEqual({ a: ["x", { b: "z" }], c: { d: 1 }, e: null });
    expect(value.a[1]).toEqual({ b: "y" });
    expect(mapped.c).toBe(value.c);
  });

  test("passes each string with its path", () => {
    const seen: string[] = [];
    mapStrings({ a: ["x", { b: "y" }], c: "z" }, (text, path) => {
      seen.push(`${path.join("/")}=${text}`);
      return text;
    });
    expect(seen).toEqual(["a/0=x", "a/1/b=y", "c=z"]);
  });
});
