import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatProblem } from "../../src/errors/index.ts";
import { max_depth, parseJson } from "../../src/tasks/json.ts";
import { count } from "../support/effort.ts";

async function read(text: string): Promise<unknown> {
  const parsed = await parseJson("f", text, "Give one.");
  return "value" in parsed ? parsed.value : parsed.problems.map(formatProblem);
}

describe("JSON", () => {
  test("accepts comments and trailing commas, even next to strings that look like them", async () => {
    expect(await read('{ // one\n "a": [1, 2, /* two */ ], "b": "// no /* no */ ,]", }')).toEqual({
      a: [1, 2],
      b: "// no /* no */ ,]",
    });
    expect(await read('// only\n{"a": "\\\\", }\r\n/* end */')).toEqual({ a: "\\" });
  });

  test("accepts a trailing comma only after a value", async () => {
    for (const text of ["[,]", "{,}", "[1,,]", '{"a":,}', "[1,],"]) expect(await read(text)).not.toEqual([]);
    for (const text of ["[,]", "[1,,]"]) expect(Array.isArray(await read(text)) && String(await read(text))).toMatch(/^f:1:/);
  });

  test.each([
    ["", "f: Invalid input format: the file is empty."],
    [" \n", "f: Invalid input format: the file is empty."],
    ['{"a": 1', "f:1:8: Invalid input format: not valid JSON: expected a comma or a closing brace, found the end of the file."],
    ['{\r\n  "a": x\r\n}', 'f:2:8: Invalid input format: not valid JSON: "x" is not a value.'],
    ['{\n\t"a": 1\n\t"b": 2\n}', "f:3:2: Invalid input format: not valid JSON: expected a comma, found"],
    ["{'a': 1}", "f:1:2: Invalid input format: not valid JSON: strings need double quotes, found"],
    ['["a\n"]', "f:1:2: Invalid input format: not valid JSON: unclosed string."],
    ["[1] 2", "f:1:5: Invalid input format: not valid JSON: expected the end of the file, found"],
    ["[\u00a01]", 'f:1:2: Invalid input format: not valid JSON: "\\u00a01]"'],
    ["/* x", "f:1:1: Invalid input format: not valid JSON: unclosed comment."],
  ])("a syntax error has its line and column: %j", async (text, message) => {
    expect(((await read(text)) as string[])[0]).toContain(message);
  });

  test("reports a duplicate key at any depth", async () => {
    expect(await read('{"a": {"b": 1, "c": {"b": 2}}, "b": 3}')).toEqual({ a: { b: 1, c: { b: 2 } }, b: 3 });
    expect(await read('{\n  "a": 1,\n  "\\u0061" : 2\n}')).toEqual([
      'f:3:3: Invalid input format: duplicate key "a", first used at 2:3. Remove one of them.',
    ]);
    expect(await read('{"a": 1, /* x */ "a": 2,}')).toHaveLength(1);
  });

  test("rejects __proto__, escaped or not", async () => {
    for (const text of ['{"__proto__": 1}', '[{"a": {"\\u005f_proto__": {}}}]', '{"__proto__": 1,}'])
      expect(await read(text)).toEqual([expect.stringContaining('the key "__proto__" is not allowed. Rename it.')]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  test("rejects nesting beyond the limit, but ignores brackets in strings and comments", async () => {
    const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
    expect(await read(nested(max_depth))).toBeInstanceOf(Array);
    expect(await read(nested(max_depth + 1))).toEqual([
      expect.stringContaining(`f:1:${max_depth + 1}: Invalid input format: nested`),
    ]);
    expect(await read(nested(60_000))).toHaveLength(1);
    expect(await read('{"a":'.repeat(60_000))).toEqual([expect.stringContaining("nested more than 200")]);
    expect(await read(`{"a": "${"[".repeat(500)}", /* ${"[".repeat(500)} */ }`)).toEqual({ a: "[".repeat(500) });
    expect(await read(`["${"]".repeat(5000)}", ${"[".repeat(5000)}`)).toEqual([
      expect.stringContaining("nested more than 200"),
    ]);
  });

  test("parses every value as JSON.parse does, with or without comments and trailing commas", async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue({ depthSize: "small" }), fc.boolean(), async (value, indented) => {
        const text = JSON.stringify(value, undefined, indented ? 2 : 0);
        if (text.includes('"__proto__"')) return;
        expect(await parseJson("f", text, "Give one.")).toEqual({ value: JSON.parse(text) });
        const commented = indented
          ? text.replaceAll(/\n/g, " // x\n").replaceAll(/([\w"\]}]) (\/\/ x\n\s*[\]}])/g, "$1, $2")
          : text;
        expect(await parseJson("f", commented, "Give one.")).toEqual({ value: JSON.parse(text) });
      }),
      { numRuns: count(3000) },
    );
  });

  test("never throws, for any text", async () => {
    const unit = fc.constantFrom(..."[]{},:\"'\\/*\n 1-eE.tnu\u2028\u0000".split(""), "null", "true", '"a"', "//", "/*", "*/");
    await fc.assert(
      fc.asyncProperty(fc.string({ unit, maxLength: 40 }), async (text) => {
        const parsed = await parseJson("f", text, "Give one.");
        if ("problems" in parsed) expect(parsed.problems.length).toBeGreaterThan(0);
        else expect(parsed.value).toBeDefined();
      }),
      { numRuns: count(20_000) },
    );
  });
});
