import { describe, expect, test } from "vitest";
import { checkCode, failuresAt, readFileName } from "../../src/coder/checks.ts";
import { generate } from "../../src/coder/generate.ts";
import { findingsIn } from "../../src/coder/python-names.ts";

const { code } = generate({
  text: "Effect node that writes user data to PostgreSQL users table",
  name: undefined,
  node_type: "Effect",
  known_fields: () => [],
});

const failed = (text: string, output_path?: string) =>
  checkCode(text, { name: "UserWriter", node_type: "Effect", output_path }).filter(({ passed }) => !passed);

describe("the checks find", () => {
  test("nothing in generated code", () => expect(failed(code)).toEqual([]));

  test("broken syntax, with its line", () => {
    expect(failed("def broken(:\n    pass\n")).toEqual([expect.objectContaining({ name: "syntax", level: "syntax", line: 1 })]);
    expect(failed(code.replace("async def write(self, request", "async def write(self request"))[0]).toMatchObject({
      name: "syntax",
    });
  });

  test("an undefined name", () => {
    const broken = failed(code.replace("await store.insert(dict(request.data))", "await store.insert(dict(requested.data))"));
    expect(broken).toEqual([
      expect.objectContaining({ name: "undefined_names", level: "error", message: "requested is not defined." }),
    ]);
  });

  test("an unused import", () => {
    const broken = failed(code.replace("import json\n", "import json\nimport shutil\n"));
    expect(broken).toEqual([
      expect.objectContaining({ name: "unused_imports", level: "warning", message: "shutil is imported but not used." }),
    ]);
  });

  test("a wrong class name, a missing method, a missing model", () => {
    expect(failed(code.replaceAll("NodeUserWriterEffect", "UserWriter")).map(({ name }) => name)).toContain("class_name");
    expect(failed(code.replace("async def shutdown", "async def stop"))).toEqual([
      expect.objectContaining({ name: "structure" }),
    ]);
    expect(failed(code.replaceAll("ModelUserWriterInput", "UserInput"))).toEqual([expect.objectContaining({ name: "models" })]);
  });

  test("a line that is too long", () => {
    expect(failed(`${code}\n# ${"x".repeat(120)}\n`)).toEqual([
      expect.objectContaining({ name: "line_length", level: "warning" }),
    ]);
  });

  test("a file name that does not follow the pattern, or has another type", () => {
    expect(failed(code, "/x/writer.py")).toEqual([expect.objectContaining({ name: "file_name", level: "warning" })]);
    expect(failed(code, "/x/node_user_writer_reducer.py")).toEqual([
      expect.objectContaining({ name: "file_name", level: "error" }),
    ]);
    expect(failed(code, "/x/node_user_writer_effect.py")).toEqual([]);
  });
});

test("strict fails on any finding, moderate on errors, lenient on syntax", () => {
  const with_warning = failed(code, "/x/writer.py");
  const with_error = failed(code, "/x/node_user_writer_reducer.py");
  const with_syntax = failed("def broken(:\n");
  const counts = (checks: typeof with_error) =>
    (["strict", "moderate", "lenient"] as const).map((level) => failuresAt(checks, level).length > 0);
  expect(counts(with_warning)).toEqual([true, false, false]);
  expect(counts(with_error)).toEqual([true, true, false]);
  expect(counts(with_syntax)).toEqual([true, true, true]);
});

test.each([
  ["node_authenticator_effect_v2.py", { name: "Authenticator", node_type: "Effect" }],
  ["/a/b/node_api_cache_reducer.py", { name: "ApiCache", node_type: "Reducer" }],
  ["node_effect.py", undefined],
  ["Node_User_effect.py", undefined],
  ["node_user_effect.txt", undefined],
  ["../..", undefined],
])("reads the file name %s", (name, read) => expect(readFileName(name)).toEqual(read));

describe("names are resolved as in Python", () => {
  const names = (text: string) => findingsIn(text).map(({ kind, name }) => `${kind} ${name}`);

  test.each([
    "import os\n\ndef f(a, *args, b=1, **kw):\n    return [x + y for x in a if x for y in args] + [b, kw, os]\n",
    "from a import (\n    b,\n    c as d,\n)\nprint(b, d)\n",
    "import a.b.c\nprint(a.b.c)\n",
    "class A:\n    x = 1\n    y = x\n    def f(self):\n        return self.x\n\nprint(A)\n",
    "def f():\n    return g()\n\ndef g():\n    return 1\n",
    "with open('x') as f, open('y') as g:\n    print(f, g)\n",
    "try:\n    pass\nexcept ValueError as error:\n    print(error)\n",
    "for i, (a, b) in enumerate([]):\n    print(i, a, b)\n",
    "if (n := 1) > 0:\n    print(n)\n",
    "f = lambda a, b=1, *c: (a, b, c)\nprint(f(1, b=2))\n",
    "def f(x: 'Later') -> 'Later':\n    return x\n\nclass Later:\n    pass\n",
    "import typing\n\ndef f(x: 'typing.Any'):\n    return x\n",
    "x = 1\nprint(f'{x!r:>{x}} {x=}')\n",
    "match 1:\n    case {'a': b}:\n        print(b)\n    case [c, *d]:\n        print(c, d)\n",
    "def f():\n    global n\n    n = 1\n\nn = 0\nprint(f, n)\n",
    "a, *b = [1, 2]\na += 1\ndel a\nprint(b)\n",
    "print(sum(x for x in [1]), {k: v for k, v in {}.items()})\n",
    "class A:\n    def f(self):\n        return A, __name__\n",
    "def f():\n    yield\n    x = yield\n    return x\n",
  ])("accepts %j", (text) => expect(names(text)).toEqual([]));

  test.each([
    ["print(nothing)\n", ["undefined_name nothing"]],
    ["import os\n", ["unused_import os"]],
    ["def f():\n    import os\n    return 1\n", ["unused_import os"]],
    ["from os import path as p\n", ["unused_import p"]],
    ["class A:\n    x = 1\n    def f(self):\n        return x\n", ["undefined_name x"]],
    ["[x for x in []]\nprint(x)\n", ["undefined_name x"]],
    ["def f(a):\n    return a\n\nprint(a)\n", ["undefined_name a"]],
    ["print(f'{missing}')\n", ["undefined_name missing"]],
    ["f(key=value)\n", ["undefined_name f", "undefined_name value"]],
    ["missing.attribute = 1\n", ["undefined_name missing"]],
    ["missing += 1\n", ["undefined_name missing"]],
    ["@missing\ndef f():\n    pass\n", ["undefined_name missing"]],
    ["import os\n\ndef f(os):\n    return os\n", ["unused_import os"]],
  ])("rejects %j", (text, found) => expect(names(text)).toEqual(found));
});
