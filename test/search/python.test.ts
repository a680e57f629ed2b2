import { describe, expect, test } from "vitest";
import { type Definition, definitionsOf } from "../../src/search/definitions.ts";
import { pythonDefinitions } from "../../src/search/python.ts";
import { createSourceParser } from "../../src/workspace/parser.ts";

const parser = createSourceParser();

const named = (definitions: readonly Definition[], above = ""): string[] =>
  definitions.flatMap(({ name, last, inner }) => [`${above}${name} ends at ${last}`, ...named(inner, `${above}${name}.`)]);

async function byGrammar(text: string): Promise<string[]> {
  const tree = await parser.parse(text, "python");
  if (tree === undefined) throw new Error("The Python grammar is missing.");
  try {
    return named(definitionsOf(tree.rootNode));
  } finally {
    tree.delete();
  }
}

const byIndentation = (text: string): string[] => named(pythonDefinitions(text.split("\n")));

describe("Python definitions found by indentation equal those of the grammar", () => {
  test.each<[string, string]>([
    [
      "functions and classes",
      "def a():\n    pass\n\n\nclass B(A):\n    x = 1\n\n    async def c(self):\n        return 1\n\n\nd = 2\n",
    ],
    ["a class in a class", "class A:\n    class B:\n        def c(self):\n            pass\n    def d(self): pass\n"],
    ["functions inside functions, which do not count", "def a():\n    def b():\n        pass\n    return b\n"],
    ["parameters on lines of their own", "def a(\n    x,\n    y,\n):\n    return x\n\ndef b(): return 1\n"],
    [
      "strings that look like code",
      'def a():\n    """\ndef not_me():\n    pass\n"""\n    return \'def nor_me():\'\n\ndef b():\n    pass\n',
    ],
    [
      "quotes in strings and in comments",
      "def a():\n    x = \"it's\"  # isn't it\n    y = '\"\\\\'\n    return r'\\''\n\ndef b():\n    pass\n",
    ],
    ["brackets that go back to the margin", "def a():\n    return [\n1,\n]\n\ndef b():\n    pass\n"],
    ["a backslash at the end of a line", "def a():\n    x = 1 + \\\n2\n    return x\n\ndef b():\n    pass\n"],
    ["comments at the margin", "def a():\n    x = 1\n# a word\n    return x\n\n# another\ndef b():\n    pass\n"],
    [
      "decorators",
      "@one\n@two(\n    3,\n)\ndef a():\n    pass\n\nclass B:\n    @property\n    def c(self):\n        return 1\n",
    ],
    ["names in other scripts", "def größe():\n    pass\nclass Übung:\n    pass\n"],
    ["nothing", "x = 1\n"],
  ])("%s", async (_, text) => {
    expect(byIndentation(text)).toEqual(await byGrammar(text));
  });

  test("both branches of a conditional definition are found", () => {
    const text = "if x:\n    def a():\n        pass\nelse:\n    def a():\n        return 1\n";
    expect(byIndentation(text)).toEqual(["a ends at 2", "a ends at 5"]);
  });

  test("a file with syntax errors does no harm", () => {
    expect(byIndentation("def a(:\n  (((\ndef b\n'''\n")).toEqual(["a ends at 3"]);
    expect(byIndentation('class\n\tdef\n)))\n"\n\\')).toEqual([]);
  });
});
